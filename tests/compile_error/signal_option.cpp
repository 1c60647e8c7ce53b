// expect: minnow: the options of a signal's layer are kernel<>, stride<>, padding<> or same, and groups<>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv_1d<8, sign, ternary<>>::output({1, 100, 3});
