// expect: minnow: the options of a window are kernel<>, stride<>, padding<> or same, and a convolution's groups<>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = max_pool<2, sign>::output({8, 8, 3});
