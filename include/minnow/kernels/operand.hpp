#pragma once

#include <cstddef>

#include <minnow/core/encoding.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::kernels {

/// One operand of a product: the encoding of its codes and, for power_of_two, their number of bits.
template <encoding Storage, int Bits = 3>
struct operand {
  static constexpr encoding storage = Storage;
  static constexpr int bits = Bits;
};

/// The memory of one product. Each pointer is aligned to 64 bytes. A kernel may read up to 64 bytes past the end of
/// each memory block.
struct operands {
  const std::byte* inputs;    ///< one packed input map
  const std::byte* weights;   ///< the weights in the packed layout of layout/layout.hpp
  const std::byte* prepared;  ///< data that the kernel's prepare() has written
  std::byte* scratch;
  int zero = 0;  ///< for unsigned encodings: the inputs' zero point, so that an input is byte - zero; as in prepare()
  int threads = 1;  ///< largest number of threads that may share the filters of a product of a few pixels
};

namespace detail {

// Conditions by which product.hpp and portable_product.hpp choose the kernel for a pair of operands.
template <encoding Encoding>
inline constexpr bool one_or_two_bits = Encoding == encoding::bit || Encoding == encoding::ternary;

template <class In, class Weights>
inline constexpr bool xnor_operands = one_or_two_bits<In::storage> && one_or_two_bits<Weights::storage>;

template <class In, class Weights>
inline constexpr bool shift_operands =
    In::storage == encoding::power_of_two && Weights::storage == encoding::power_of_two;

}  // namespace detail

}  // namespace minnow::kernels

namespace minnow::detail {

/// The operand type of a quantizer's codes.
template <quantizer Quantizer>
using operand_of =
    kernels::operand<Quantizer::storage, Quantizer::storage == encoding::power_of_two ? Quantizer::bits : 3>;

}  // namespace minnow::detail
