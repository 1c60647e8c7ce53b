// expect: minnow: a kernel has at least one element
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, kernel<3, 0>>::output({8, 8, 3});
