#include <cstdio>

#include <minnow/core/version.hpp>
#include <xsimd/xsimd.hpp>
#include <xtensor/containers/xtensor.hpp>

int main() {
  std::printf("minnow %d.%d.%d\n", MINNOW_VERSION_MAJOR, MINNOW_VERSION_MINOR, MINNOW_VERSION_PATCH);
}
