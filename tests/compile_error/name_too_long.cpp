// A text holds 191 characters and their terminating zero. Constructing a longer text is not a constant expression.
// expect-gcc: array subscript value '192' is outside the bounds
// expect-clang: dereferenced one-past-the-end pointer
#include <minnow/core/text.hpp>

constexpr char sixteen[] = "0123456789abcdef";

constexpr minnow::text repeat(int count) {
  minnow::text result;
  for (int i = 0; i < count; ++i) result << sixteen;
  return result;
}

constexpr auto fits = repeat(11) << "0123456789abcde";
constexpr auto too_long = repeat(12);
