# Selects a clang that compiles xtensor 0.27.1. clang 14 and 15 cannot compile it. clang 19 compiles in 7/8 of the time
# of clang 16.
find_program(MINNOW_CLANG NAMES clang++-19 clang++-20 clang++-18 clang++-17 clang++-16 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER "${MINNOW_CLANG}")
