// expect: minnow: no padding keeps a signal's length under an even kernel: give padding<> or same, or an odd kernel
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv_1d<8, sign, kernel<4>>::output({1, 100, 3});
