// expect: minnow: pools have no groups
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<2, groups<3>>::output({8, 8, 3});
