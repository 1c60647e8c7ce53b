// expect: minnow: quantized_gradients has 1 to 8 bits
#include <minnow/estimate/quantized_gradients.hpp>
#include <minnow/estimate/ste.hpp>

constexpr auto name = minnow::quantized_gradients<minnow::ste, 9>::name();
