// expect: minnow: the window of a signal's pool is its first number: max_pool_1d<3>, not kernel<3>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool_1d<2, kernel<3>>::output({1, 100, 3});
