# Flags of our own tests, examples and benchmarks. None of them applies to users of minnow::minnow.

add_library(minnow_development INTERFACE)
target_link_libraries(minnow_development INTERFACE $<IF:$<BOOL:${MINNOW_COMPILED_TESTS}>,minnow_compiled,minnow>)
target_compile_options(minnow_development INTERFACE -Wall -Wextra -Wpedantic -Wshadow)

if(MINNOW_NATIVE)
  target_compile_options(minnow_development INTERFACE -march=native)
endif()

# The AVX-512 headers of g++ 12 use undefined registers on purpose (__Y), and -Wall reports them.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(minnow_development INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

if(MINNOW_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
endif()
if(MINNOW_OPENMP AND OpenMP_CXX_FOUND)
  target_link_libraries(minnow_development INTERFACE OpenMP::OpenMP_CXX)
else()
  target_compile_options(minnow_development INTERFACE -Wno-unknown-pragmas)
endif()
