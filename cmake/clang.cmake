# Selects a clang that compiles xtensor 0.27.1. clang 14 and 15 do not; clang 19 needs seven eighths of the time of
# clang 16.
find_program(MINNOW_CLANG NAMES clang++-19 clang++-20 clang++-18 clang++-17 clang++-16 clang++ REQUIRED)
set(CMAKE_CXX_COMPILER "${MINNOW_CLANG}")
