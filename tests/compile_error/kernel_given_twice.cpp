// expect: minnow: each of kernel<>, stride<>, padding<> or same, and groups<> is given at most once
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, kernel<3>, kernel<5>>::output({8, 8, 3});
