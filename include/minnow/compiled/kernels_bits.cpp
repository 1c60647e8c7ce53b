// The kernels of bit and ternary inputs with bit and ternary weights.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_FOR_BITS(MINNOW_PRODUCTS_WITH_BITS, false)

}  // namespace minnow::kernels::detail
