#pragma once

// Lists the kernels that minnow::compiled contains: one for each pair of common operands (kernels/product.hpp).
#include <minnow/kernels/impl/product.ipp>

/// The macros instantiate the kernels of one kind of inputs: with one kind of weights, or with a list of kinds.
#define MINNOW_PRODUCT(Grouped, In, Weights) \
  template struct product_calls<Grouped, operand<encoding::In>, operand<encoding::Weights>>;
#define MINNOW_PRODUCTS_WITH_BITS(Grouped, In) MINNOW_PRODUCT(Grouped, In, bit) MINNOW_PRODUCT(Grouped, In, ternary)
#define MINNOW_PRODUCTS_WITH_INTEGERS(Grouped, In) \
  MINNOW_PRODUCT(Grouped, In, power_of_two) MINNOW_PRODUCT(Grouped, In, nibble) MINNOW_PRODUCT(Grouped, In, byte)
