// expect: minnow: a pool's window has extents of at most 32767
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<2147483647>::output({8, 8, 3});
