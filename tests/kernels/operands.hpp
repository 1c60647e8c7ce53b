#pragma once

// Short names for the operands of products in tests.

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/operand.hpp>

namespace minnow::test::operands {

template <encoding E, int Bits = 3>
using operand = kernels::operand<E, Bits>;

using bit = operand<encoding::bit>;
using ternary = operand<encoding::ternary>;
using power2 = operand<encoding::power_of_two, 2>;
using power3 = operand<encoding::power_of_two, 3>;
using power4 = operand<encoding::power_of_two, 4>;
using nibble = operand<encoding::nibble>;
using byte_codes = operand<encoding::byte>;
using unsigned_nibble = operand<encoding::unsigned_nibble>;
using unsigned_byte = operand<encoding::unsigned_byte>;
using pixel = operand<encoding::pixel>;
using half_floats = operand<encoding::half>;
using real_floats = operand<encoding::real>;

}  // namespace minnow::test::operands
