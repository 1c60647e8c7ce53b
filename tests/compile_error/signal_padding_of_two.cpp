// expect: minnow: an option of a signal's layer is one number along the length: padding<2>, not padding<0, 2>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = depthwise_conv_1d<sign, kernel<5>, padding<0, 2>>::output({1, 100, 3});
