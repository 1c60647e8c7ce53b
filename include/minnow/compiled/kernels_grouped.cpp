// The kernels of grouped convolutions.
#include <minnow/compiled/kernels.hpp>

namespace minnow::kernels::detail {

MINNOW_FOR_ALL(MINNOW_PRODUCTS_WITH_CODES, true)
MINNOW_FOR_ALL(MINNOW_PRODUCT_WITH_FLOATS, true)

}  // namespace minnow::kernels::detail
