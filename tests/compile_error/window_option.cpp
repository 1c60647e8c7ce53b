// expect: minnow: the options of a window are kernel<>, stride<>, padding<> or same, and a convolution's groups<>
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = conv<4, minw<1, 1>, sign>::output({8, 8, 3});
