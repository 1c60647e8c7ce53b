// expect: minnow: a pool's window has at least one element
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = average_pool<0>::output({8, 8, 3});
