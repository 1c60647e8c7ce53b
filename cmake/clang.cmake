# A clang that compiles xtensor 0.27.1: clang 14 and 15 do not.
find_program(MINNOW_CLANG NAMES clang++-16 clang++-17 clang++-18 clang++-19 clang++-20 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER "${MINNOW_CLANG}")
