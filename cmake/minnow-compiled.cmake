# Adds minnow::compiled: minnow::minnow, and a static library of the code that depends on no model. Each program that
# uses the library then compiles only the code that depends on its models. The library is built only if something links
# it. Programs that link it define MINNOW_COMPILED.
#
#   set(MINNOW_COMPILED_OPTIONS -march=native)             # before find_package or add_subdirectory
#   find_package(minnow REQUIRED)
#   target_link_libraries(my_program PRIVATE minnow::compiled)
#
# The library and its programs must have the same flags for the processor (-march, -m<feature>), OpenMP, exceptions and
# MINNOW_BLAS; otherwise the program does not link. minnow::compiled therefore passes MINNOW_COMPILED_OPTIONS and
# OpenMP::OpenMP_CXX, if that target exists, to the programs that link it. Flags in CMAKE_CXX_FLAGS, and flags of
# add_compile_options before this file is included, apply to the library and to its programs.
#
# requires  minnow_compiled_include, the folder that contains minnow/compiled
if(NOT TARGET minnow::compiled)
  file(GLOB minnow_compiled_sources ${minnow_compiled_include}/minnow/compiled/*.cpp)
  add_library(minnow_compiled STATIC EXCLUDE_FROM_ALL ${minnow_compiled_sources})
  add_library(minnow::compiled ALIAS minnow_compiled)
  target_compile_features(minnow_compiled PUBLIC cxx_std_20)
  target_compile_definitions(minnow_compiled PUBLIC MINNOW_COMPILED)
  target_compile_options(minnow_compiled PUBLIC ${MINNOW_COMPILED_OPTIONS})
  target_link_libraries(minnow_compiled PUBLIC minnow::minnow $<TARGET_NAME_IF_EXISTS:OpenMP::OpenMP_CXX>)
  set_target_properties(minnow_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(CMAKE_CXX_COMPILER_ID MATCHES "^(GNU|Clang)$")
    # Lets a program link only the functions that it uses, not whole object files.
    target_compile_options(minnow_compiled PRIVATE -ffunction-sections -fdata-sections -fno-semantic-interposition)
    if(CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF")
      target_link_options(minnow_compiled INTERFACE -Wl,--gc-sections)
    endif()
  endif()
  unset(minnow_compiled_sources)
endif()
