// expect: minnow: an option of a signal's layer is one number along the length: kernel<5>, not kernel<1, 5>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv_1d<8, sign, kernel<1, 5>>::output({1, 100, 3});
