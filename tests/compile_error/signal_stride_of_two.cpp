// expect: minnow: an option of a signal's layer is one number along the length: stride<2>, not stride<1, 2>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool_1d<2, stride<1, 2>>::output({1, 100, 3});
