// The kernels of products in which the inputs, the weights or both are floats.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_PRODUCTS_WITH_CODES(false, real)
MINNOW_FOR_ALL(MINNOW_PRODUCT_WITH_FLOATS, false)

}  // namespace minnow::kernels::detail
