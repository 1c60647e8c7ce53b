# Cross-compiles to 32-bit ARM without NEON on any Linux; qemu runs the programs. On Debian, install
# g++-arm-linux-gnueabihf and qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
# Folders and files of a 64-bit kernel have numbers that 32 bits do not hold (docs/limits.md).
set(CMAKE_CXX_FLAGS_INIT -D_FILE_OFFSET_BITS=64)
