// The kernels of bit and ternary inputs with bit and ternary weights.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_PRODUCTS_WITH_BITS(false, bit)
MINNOW_PRODUCTS_WITH_BITS(false, ternary)

}  // namespace minnow::kernels::detail
