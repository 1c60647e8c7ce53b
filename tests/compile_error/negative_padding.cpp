// expect: minnow: padding is not negative
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, sign, padding<-1>>::output({8, 8, 3});
