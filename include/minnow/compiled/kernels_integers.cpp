// The kernels of integer inputs and weights, except if both have one or two bits.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_FOR_BITS(MINNOW_PRODUCTS_WITH_INTEGERS, false)
MINNOW_FOR_INTEGERS(MINNOW_PRODUCTS_WITH_CODES, false)

}  // namespace minnow::kernels::detail
