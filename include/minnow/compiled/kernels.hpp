#pragma once

// Lists the kernels that the CMake target minnow::compiled contains: one for each common pair of an encoding of the
// inputs and an encoding of the weights (core/encoding.hpp).
#include <minnow/kernels/impl/product.ipp>

// These macros instantiate the kernels for one encoding of the inputs and for one or several encodings of the weights.
#define MINNOW_PRODUCT(Grouped, In, Weights) \
  template struct product_calls<Grouped, operand<encoding::In>, operand<encoding::Weights>>;
#define MINNOW_PRODUCTS_WITH_BITS(Grouped, In) MINNOW_PRODUCT(Grouped, In, bit) MINNOW_PRODUCT(Grouped, In, ternary)
#define MINNOW_PRODUCTS_WITH_INTEGERS(Grouped, In) \
  MINNOW_PRODUCT(Grouped, In, power_of_two) MINNOW_PRODUCT(Grouped, In, nibble) MINNOW_PRODUCT(Grouped, In, byte)
#define MINNOW_PRODUCTS_WITH_CODES(Grouped, In) \
  MINNOW_PRODUCTS_WITH_BITS(Grouped, In) MINNOW_PRODUCTS_WITH_INTEGERS(Grouped, In)
#define MINNOW_PRODUCT_WITH_FLOATS(Grouped, In) MINNOW_PRODUCT(Grouped, In, real)

// These macros apply one of the macros above to several encodings of the inputs.
#define MINNOW_FOR_BITS(Products, Grouped) Products(Grouped, bit) Products(Grouped, ternary)
#define MINNOW_FOR_INTEGERS(Products, Grouped)                                                               \
  Products(Grouped, power_of_two) Products(Grouped, nibble) Products(Grouped, byte) Products(Grouped, pixel) \
      Products(Grouped, unsigned_nibble) Products(Grouped, unsigned_byte)
#define MINNOW_FOR_ALL(Products, Grouped) \
  MINNOW_FOR_BITS(Products, Grouped) MINNOW_FOR_INTEGERS(Products, Grouped) Products(Grouped, real)
