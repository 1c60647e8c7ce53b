// expect: minnow: the groups of a depthwise convolution are its channels
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = depthwise_conv<sign, groups<3>>::output({8, 8, 3});
