// The kernels of products in which the inputs, the weights or both are floats.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_PRODUCTS_WITH_BITS(false, real)
MINNOW_PRODUCTS_WITH_INTEGERS(false, real)
MINNOW_PRODUCT(false, bit, real)
MINNOW_PRODUCT(false, ternary, real)
MINNOW_PRODUCT(false, power_of_two, real)
MINNOW_PRODUCT(false, nibble, real)
MINNOW_PRODUCT(false, byte, real)
MINNOW_PRODUCT(false, pixel, real)
MINNOW_PRODUCT(false, unsigned_nibble, real)
MINNOW_PRODUCT(false, unsigned_byte, real)
MINNOW_PRODUCT(false, real, real)

}  // namespace minnow::kernels::detail
