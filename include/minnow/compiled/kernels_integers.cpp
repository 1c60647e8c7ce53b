// The kernels of integer inputs and weights, except the kernels in kernels_bits.cpp.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_FOR_BITS(MINNOW_PRODUCTS_WITH_INTEGERS, false)
MINNOW_FOR_INTEGERS(MINNOW_PRODUCTS_WITH_CODES, false)

}  // namespace minnow::kernels::detail
