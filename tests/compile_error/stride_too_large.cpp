// expect: minnow: a stride is at most 32767
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, stride<2147483647>>::output({8, 8, 3});
