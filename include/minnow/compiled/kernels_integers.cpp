// The kernels of integer inputs and weights, except if both have one or two bits.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_PRODUCTS_WITH_INTEGERS(false, bit)
MINNOW_PRODUCTS_WITH_INTEGERS(false, ternary)
MINNOW_PRODUCTS_WITH_BITS(false, power_of_two)
MINNOW_PRODUCTS_WITH_INTEGERS(false, power_of_two)
MINNOW_PRODUCTS_WITH_BITS(false, nibble)
MINNOW_PRODUCTS_WITH_INTEGERS(false, nibble)
MINNOW_PRODUCTS_WITH_BITS(false, byte)
MINNOW_PRODUCTS_WITH_INTEGERS(false, byte)
MINNOW_PRODUCTS_WITH_BITS(false, pixel)
MINNOW_PRODUCTS_WITH_INTEGERS(false, pixel)
MINNOW_PRODUCTS_WITH_BITS(false, unsigned_nibble)
MINNOW_PRODUCTS_WITH_INTEGERS(false, unsigned_nibble)
MINNOW_PRODUCTS_WITH_BITS(false, unsigned_byte)
MINNOW_PRODUCTS_WITH_INTEGERS(false, unsigned_byte)

}  // namespace minnow::kernels::detail
