// expect: minnow: a stride is at least 1
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, stride<0>>::output({8, 8, 3});
