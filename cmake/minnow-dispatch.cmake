# minnow_dispatch(<target> MODEL <type> HEADER <file> [ARCHS <architecture>...])
#
# Adds a static library that contains a packed model compiled once for each architecture. The library runs the variant
# for the highest architecture that the processor supports. Its header "<target>.hpp" declares <target>::load, which
# returns a minnow::dispatched:
#
#   minnow_dispatch(digits_network MODEL app::digits HEADER digits.hpp)
#   target_link_libraries(app PRIVATE digits_network)
#
# MODEL    the struct derived from minnow::model
# HEADER   the header that defines it: a file of this folder, or a path in <target>'s include folders
# ARCHS    some of portable sse2 sse4_2 avx2 avx512bw avx512vpopcntdq; all but portable if none are given
#
# The variant for an architecture is an object that is compiled with <target>'s include folders, definitions and
# options, followed by the architecture's flags. All its symbols except one are then made local: see
# minnow-seal-object.cmake. Several variants need x86-64 Linux, g++ or clang, GNU ld and GNU objcopy. On other systems,
# and with multi-configuration generators, there is only one variant, compiled with the usual flags.
include_guard(GLOBAL)

# Defines the architectures, lowest first: the tag that the model is compiled for, the tag that the flags must select,
# and the features that a processor must have. Each feature is both a compiler flag of the variant, -m<feature>, and a
# run-time check of the processor.
macro(_minnow_dispatch_archs)
  set(arch_names)
  set(features)
  _minnow_dispatch_arch(portable minnow::kernels::portable xsimd::sse2)
  _minnow_dispatch_arch(sse2 xsimd::sse2 xsimd::sse2)
  _minnow_dispatch_arch(sse4_2 xsimd::sse4_2 xsimd::sse4_2 sse3 ssse3 sse4.1 sse4.2 popcnt)
  _minnow_dispatch_arch(avx2 xsimd::fma3<xsimd::avx2> xsimd::fma3<xsimd::avx2> avx avx2 fma f16c bmi bmi2)
  _minnow_dispatch_arch(avx512bw xsimd::avx512bw xsimd::avx512bw avx512f avx512cd avx512bw avx512dq avx512vl)
  _minnow_dispatch_arch(avx512vpopcntdq minnow::kernels::avx512_vpopcntdq minnow::kernels::avx512_vpopcntdq
                         avx512ifma avx512vbmi avx512vbmi2 avx512vnni avx512vpopcntdq)
endmacro()

# Defines an architecture. It requires its own features and the features of all architectures before it.
macro(_minnow_dispatch_arch name tag best)
  list(APPEND arch_names ${name})
  list(APPEND features ${ARGN})
  set(${name}_tag ${tag})
  set(${name}_best ${best})
  set(${name}_features ${features})
endmacro()

# Sets the result to the reason why there can be only one variant, or to the empty string if there can be several.
function(_minnow_dispatch_obstacle result)
  get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  set(${result} "" PARENT_SCOPE)
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$"
     OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(${result} "several architectures are for x86-64 Linux so far" PARENT_SCOPE)
  elseif(NOT CMAKE_CXX_COMPILER_ID MATCHES "^(GNU|Clang)$")
    set(${result} "several architectures are for g++ and clang" PARENT_SCOPE)
  elseif(several)
    set(${result} "${CMAKE_GENERATOR} has several configurations" PARENT_SCOPE)
  endif()
endfunction()

# Finds the GNU tools, even if CMake itself uses LLVM's tools.
function(_minnow_dispatch_tools)
  find_program(MINNOW_LD NAMES ld.bfd ld DOC "GNU ld, for minnow_dispatch")
  find_program(MINNOW_OBJCOPY NAMES objcopy DOC "GNU objcopy, for minnow_dispatch")
  find_program(MINNOW_OBJDUMP NAMES objdump DOC "objdump, for minnow_dispatch")
  set(help)
  if(MINNOW_LD)
    execute_process(COMMAND ${MINNOW_LD} --help OUTPUT_VARIABLE help ERROR_QUIET)
  endif()
  if(NOT MINNOW_OBJCOPY OR NOT MINNOW_OBJDUMP OR NOT help MATCHES "--force-group-allocation")
    message(FATAL_ERROR "minnow_dispatch: expected objcopy, objdump and a GNU ld that knows --force-group-allocation "
                        "(binutils 2.29), found MINNOW_OBJCOPY=${MINNOW_OBJCOPY}, MINNOW_OBJDUMP=${MINNOW_OBJDUMP}, "
                        "MINNOW_LD=${MINNOW_LD}")
  endif()
endfunction()

function(minnow_dispatch target)
  cmake_parse_arguments(PARSE_ARGV 1 given "" "MODEL;HEADER" "ARCHS;LEVELS")
  if(NOT given_MODEL OR NOT given_HEADER OR given_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "minnow_dispatch: expected <target> MODEL <type> HEADER <file> [ARCHS <architecture>...], "
                        "found ${ARGV}")
  endif()
  if(NOT target MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "minnow_dispatch: expected a target whose name can be a namespace's, found ${target}")
  endif()
  _minnow_dispatch_archs()
  # Until version 0.3, accepts two names of version 0.1: the keyword LEVELS and the architecture scalar.
  if(given_LEVELS)
    message(DEPRECATION "minnow_dispatch: LEVELS was renamed to ARCHS")
    list(APPEND given_ARCHS ${given_LEVELS})
  endif()
  if(scalar IN_LIST given_ARCHS)
    message(DEPRECATION "minnow_dispatch: scalar was renamed to portable")
    list(TRANSFORM given_ARCHS REPLACE "^scalar$" portable)
  endif()
  foreach(arch IN LISTS given_ARCHS)
    if(NOT arch IN_LIST arch_names)
      list(JOIN arch_names ", " known)
      message(FATAL_ERROR "minnow_dispatch: expected architectures out of ${known}, found ${arch}")
    endif()
  endforeach()
  if(NOT given_ARCHS)
    set(given_ARCHS ${arch_names})
    list(REMOVE_ITEM given_ARCHS portable)
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/minnow_dispatch/${target})
  set(model ${given_MODEL})
  cmake_path(ABSOLUTE_PATH given_HEADER OUTPUT_VARIABLE header)
  if(NOT EXISTS ${header})
    set(header ${given_HEADER})
  endif()

  set(sealed)
  set(objects)
  set(declarations)
  set(entries)
  _minnow_dispatch_obstacle(obstacle)
  if(obstacle)
    message(STATUS "minnow: ${target} is compiled once, with the flags of everything else: ${obstacle}")
    set(declarations "#include \"${header}\"\n#include <minnow/dispatch/variant.hpp>\n")
    set(entries "      {minnow::kernels::best::name(), true, &minnow::variant_of<${model}, minnow::kernels::best>},\n")
  else()
    _minnow_dispatch_tools()
    foreach(arch IN LISTS arch_names)
      if(arch IN_LIST given_ARCHS)
        _minnow_dispatch_variant(${target} ${arch} ${folder})
        list(APPEND sealed ${arch})
        list(APPEND objects ${folder}/${arch}.o)
        string(APPEND declarations "extern \"C\" const minnow::dispatch_variant ${target}_${arch};\n")
        list(TRANSFORM ${arch}_features REPLACE "(.+)" " &&\n           __builtin_cpu_supports(\"\\1\")" OUTPUT_VARIABLE questions)
        list(JOIN questions "" questions)
        # clang's __builtin_cpu_supports knows f16c only from version 19 on.
        string(REPLACE "__builtin_cpu_supports(\"f16c\")" "has_f16c()" questions "${questions}")
        string(APPEND entries "      {\"${arch}\", true${questions}, &${target}_${arch}},\n")
      endif()
    endforeach()
    if(entries MATCHES "has_f16c")
      string(APPEND declarations [[

#include <cpuid.h>

static bool has_f16c() noexcept {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
]])
    endif()
  endif()

  file(CONFIGURE OUTPUT ${folder}/${target}.hpp CONTENT [=[
// Made by minnow_dispatch.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <minnow/dispatch.hpp>

/// @model@, compiled for several processors.
namespace @target@ {

/// Returns the architectures that it was compiled for, lowest first.
std::span<const minnow::dispatch_arch> archs() noexcept;

/// Loads the packed network of a file, or of such a file's bytes, for the highest architecture that the processor
/// supports, or for the architecture of that name. Throws minnow::error.
minnow::dispatched load(const std::string& path, std::string_view arch = {});
minnow::dispatched load(std::span<const std::byte> file, std::string_view arch = {});

/// Name of version 0.1, until 0.3.
[[deprecated("minnow: renamed to archs")]] inline std::span<const minnow::dispatch_arch> levels() noexcept {
  return archs();
}

}  // namespace @target@
]=] @ONLY)

  file(CONFIGURE OUTPUT ${folder}/${target}.cpp CONTENT [[
// Made by minnow_dispatch.
#include "@target@.hpp"

@declarations@
namespace @target@ {

std::span<const minnow::dispatch_arch> archs() noexcept {
  static const minnow::dispatch_arch all[] = {
@entries@  };
  return all;
}

minnow::dispatched load(const std::string& path, std::string_view arch) { return {archs(), path.c_str(), arch}; }
minnow::dispatched load(std::span<const std::byte> file, std::string_view arch) { return {archs(), file, arch}; }

}  // namespace @target@
]] @ONLY)

  add_library(${target} STATIC ${folder}/${target}.cpp ${objects})
  target_include_directories(${target} PUBLIC ${folder})
  target_link_libraries(${target} PUBLIC $<IF:$<TARGET_EXISTS:minnow::minnow>,minnow::minnow,minnow::infer>)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  foreach(arch IN LISTS sealed)
    # Makefiles need this dependency to build an object that belongs to another target.
    add_dependencies(${target} ${target}_${arch})
  endforeach()
endfunction()

# Adds the rules that make <folder>/<arch>.o, whose only global symbol is <target>_<arch>.
macro(_minnow_dispatch_variant target arch folder)
  set(variant ${target}_${arch})
  set(tag ${${arch}_tag})
  set(best ${${arch}_best})
  file(CONFIGURE OUTPUT ${folder}/${arch}.cpp CONTENT [[
// Made by minnow_dispatch: @model@ for @arch@.
#include "@header@"

#include <type_traits>

#include <minnow/dispatch/variant.hpp>

static_assert(std::is_same_v<minnow::kernels::best, @best@>,
              "minnow: expected the flags of @arch@ alone; an option of the target or of the project changes them");

extern "C" const minnow::dispatch_variant @variant@;
constinit const minnow::dispatch_variant @variant@ = minnow::variant_of<@model@, @tag@>;
]] @ONLY)

  list(TRANSFORM ${arch}_features PREPEND "-m" OUTPUT_VARIABLE flags)
  add_library(${variant} OBJECT ${folder}/${arch}.cpp)
  target_link_libraries(${variant} PRIVATE $<IF:$<TARGET_EXISTS:minnow::minnow>,minnow::minnow,minnow::infer>)
  target_include_directories(${variant} PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  target_compile_definitions(${variant} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
  # GNU unique symbols cannot be made local, and an object compiled for link-time optimization contains no machine code.
  target_compile_options(${variant} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_OPTIONS> -UMINNOW_COMPILED -march=x86-64 ${flags} -fno-lto
                                         $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  set_target_properties(${variant} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF)

  set(seal ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/minnow-seal-object.cmake)
  add_custom_command(
    OUTPUT ${folder}/${arch}.o
    COMMAND ${CMAKE_COMMAND} -D LD=${MINNOW_LD} -D OBJCOPY=${MINNOW_OBJCOPY} -D OBJDUMP=${MINNOW_OBJDUMP} -D ENTRY=${variant}
            -D RAW=$<TARGET_OBJECTS:${variant}> -D SEALED=${folder}/${arch}.o -P ${seal}
    DEPENDS $<TARGET_OBJECTS:${variant}> ${seal}
    COMMENT "Sealing ${variant}"
    VERBATIM)
  set_source_files_properties(${folder}/${arch}.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
endmacro()
