// The kernels of grouped convolutions.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_PRODUCTS_WITH_BITS(true, bit)
MINNOW_PRODUCTS_WITH_INTEGERS(true, bit)
MINNOW_PRODUCTS_WITH_BITS(true, ternary)
MINNOW_PRODUCTS_WITH_INTEGERS(true, ternary)
MINNOW_PRODUCTS_WITH_BITS(true, power_of_two)
MINNOW_PRODUCTS_WITH_INTEGERS(true, power_of_two)
MINNOW_PRODUCTS_WITH_BITS(true, nibble)
MINNOW_PRODUCTS_WITH_INTEGERS(true, nibble)
MINNOW_PRODUCTS_WITH_BITS(true, byte)
MINNOW_PRODUCTS_WITH_INTEGERS(true, byte)
MINNOW_PRODUCTS_WITH_BITS(true, pixel)
MINNOW_PRODUCTS_WITH_INTEGERS(true, pixel)
MINNOW_PRODUCTS_WITH_BITS(true, unsigned_nibble)
MINNOW_PRODUCTS_WITH_INTEGERS(true, unsigned_nibble)
MINNOW_PRODUCTS_WITH_BITS(true, unsigned_byte)
MINNOW_PRODUCTS_WITH_INTEGERS(true, unsigned_byte)
MINNOW_PRODUCTS_WITH_BITS(true, real)
MINNOW_PRODUCTS_WITH_INTEGERS(true, real)
MINNOW_PRODUCT(true, bit, real)
MINNOW_PRODUCT(true, ternary, real)
MINNOW_PRODUCT(true, power_of_two, real)
MINNOW_PRODUCT(true, nibble, real)
MINNOW_PRODUCT(true, byte, real)
MINNOW_PRODUCT(true, pixel, real)
MINNOW_PRODUCT(true, unsigned_nibble, real)
MINNOW_PRODUCT(true, unsigned_byte, real)
MINNOW_PRODUCT(true, real, real)

}  // namespace minnow::kernels::detail
