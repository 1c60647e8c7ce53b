# Cross-compiles to 32-bit ARM without NEON on any Linux; qemu runs the programs. On Debian, install
# g++-arm-linux-gnueabihf and qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
# A 64-bit kernel has inode numbers and positions in folders that do not fit in 32 bits (docs/limits.md).
set(CMAKE_CXX_FLAGS_INIT -D_FILE_OFFSET_BITS=64)
