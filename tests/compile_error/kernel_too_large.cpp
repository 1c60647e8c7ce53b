// expect: minnow: a kernel's extents are at most 32767
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<2, kernel<2147483647>>::output({8, 8, 3});
