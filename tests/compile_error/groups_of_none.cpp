// expect: minnow: a convolution has at least one group
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, groups<0>>::output({8, 8, 3});
