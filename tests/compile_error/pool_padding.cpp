// expect: minnow: a pool's padding is at most half its window
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<3, padding<2>>::output({8, 8, 3});
