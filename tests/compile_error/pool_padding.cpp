// expect: minnow: pools are not padded
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<3, padding<1>>::output({8, 8, 3});
