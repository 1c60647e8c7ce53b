# Finds xsimd, xtl and xtensor: uses an installed package if there is one, otherwise fetches the library's git tag. The
# names of the targets have no namespace: xsimd, not xsimd::xsimd.
#
# Tested with xsimd 14.3, xtl 0.8.2, xtensor 0.27.1 and doctest 2.5.3 as installed packages. Fetching is tested only
# with local copies of the sources (FETCHCONTENT_SOURCE_DIR_XSIMD and so on), not over a network.

include(FetchContent)

# Use xsimd without its optional support for xtl, as if its headers were included directly.
if(NOT DEFINED XSIMD_ENABLE_XTL_COMPLEX)
  set(XSIMD_ENABLE_XTL_COMPLEX OFF)
endif()

if(NOT TARGET xsimd)
  # xsimd's package accepts only one major version, so this file compares the version itself.
  find_package(xsimd CONFIG QUIET)
  if(xsimd_FOUND AND xsimd_VERSION VERSION_LESS 13.2)
    message(FATAL_ERROR "minnow: found xsimd ${xsimd_VERSION} in ${xsimd_DIR}, but 13.2 or later is needed; "
                        "scripts/setup unpacks one into build/deps, where the presets find it")
  elseif(NOT xsimd_FOUND)
    FetchContent_Declare(
      xsimd
      GIT_REPOSITORY https://github.com/xtensor-stack/xsimd.git
      GIT_TAG 14.3.0
      GIT_SHALLOW ON
      SYSTEM)
    FetchContent_MakeAvailable(xsimd)
  endif()
endif()

if(NOT TARGET xtl)
  find_package(xtl 0.8.1 CONFIG QUIET)
  if(NOT xtl_FOUND)
    FetchContent_Declare(
      xtl
      GIT_REPOSITORY https://github.com/xtensor-stack/xtl.git
      GIT_TAG 0.8.2
      GIT_SHALLOW ON
      SYSTEM)
    FetchContent_MakeAvailable(xtl)
  endif()
endif()

if(NOT TARGET xtensor)
  find_package(xtensor 0.27.1 CONFIG QUIET)
  if(NOT xtensor_FOUND)
    FetchContent_Declare(
      xtensor
      GIT_REPOSITORY https://github.com/xtensor-stack/xtensor.git
      GIT_TAG 0.27.1
      GIT_SHALLOW ON
      SYSTEM)
    FetchContent_MakeAvailable(xtensor)
  endif()
endif()

if(MINNOW_TESTS AND NOT TARGET doctest::doctest)
  find_package(doctest 2.4.11 CONFIG QUIET)
  if(NOT doctest_FOUND)
    FetchContent_Declare(
      doctest
      GIT_REPOSITORY https://github.com/doctest/doctest.git
      GIT_TAG v2.5.2
      GIT_SHALLOW ON
      SYSTEM)
    set(DOCTEST_WITH_TESTS OFF)
    FetchContent_MakeAvailable(doctest)
  endif()
endif()

find_package(ZLIB QUIET)
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3.8 CONFIG QUIET)
endif()

# Omit the C++ bindings that MPI had before version 3.
if(NOT TARGET MPI::MPI_CXX)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS CXX)
endif()

# Find a BLAS with a C interface, for the option MINNOW_BLAS and for its tests.
if(MINNOW_BLAS OR MINNOW_TESTS)
  find_package(BLAS QUIET)
  find_path(minnow_cblas_directory cblas.h PATH_SUFFIXES openblas cblas)
  mark_as_advanced(minnow_cblas_directory)
  if(BLAS_FOUND AND minnow_cblas_directory)
    set(minnow_cblas_FOUND ON)
    set(minnow_cblas_directories ${minnow_cblas_directory})
    list(REMOVE_ITEM minnow_cblas_directories ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
  endif()
endif()
