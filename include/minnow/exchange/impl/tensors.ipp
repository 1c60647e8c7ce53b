#pragma once

#include <minnow/exchange/tensors.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <minnow/core/half.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/quoted.hpp>

namespace minnow {

namespace detail {

MINNOW_COLD bool count_elements(std::span<const std::uint64_t> shape, std::size_t width,
                                std::uint64_t& count) noexcept {
  const std::uint64_t limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / width;
  count = 1;
  bool fits = true;
  for (const std::uint64_t extent : shape) {
    if (extent == 0) {
      count = 0;
      return true;
    }
    fits = fits && count <= limit / extent;
    if (fits) count *= extent;
  }
  return fits;
}

MINNOW_COLD std::string text_of(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

/// Converts `count` numbers to floats. The numbers may be unaligned, because they may start at any byte of a file.
template <class Number, auto Value>
constexpr void (*widen)(const std::uint8_t*, std::size_t, float*) =
    [](const std::uint8_t* from, std::size_t count, float* to) {
      for (std::size_t i = 0; i < count; ++i) {
        Number n;
        std::memcpy(&n, from + i * sizeof n, sizeof n);
        to[i] = Value(n);
      }
    };
template <class Number>
inline constexpr auto as_float = [](Number n) { return static_cast<float>(n); };

inline constexpr number_kind table_of_kinds[] = {
    {"F64", "<f8", 8, widen<double, as_float<double>>},
    {"F32", "<f4", 4, widen<float, as_float<float>>},
    {"F16", "<f2", 2, widen<std::uint16_t, half_value>},
    // A BF16 number is the upper half of a float.
    {"BF16", nullptr, 2,
     widen<std::uint16_t, [](std::uint16_t n) { return std::bit_cast<float>(static_cast<std::uint32_t>(n) << 16); }>},
    {"I64", "<i8", 8, widen<std::int64_t, as_float<std::int64_t>>},
    {"I32", "<i4", 4, widen<std::int32_t, as_float<std::int32_t>>},
    {"I16", "<i2", 2, widen<std::int16_t, as_float<std::int16_t>>},
    {"I8", "|i1", 1, widen<std::int8_t, as_float<std::int8_t>>},
    {"U64", "<u8", 8, widen<std::uint64_t, as_float<std::uint64_t>>},
    {"U32", "<u4", 4, widen<std::uint32_t, as_float<std::uint32_t>>},
    {"U16", "<u2", 2, widen<std::uint16_t, as_float<std::uint16_t>>},
    {"U8", "|u1", 1, widen<std::uint8_t, as_float<std::uint8_t>>},
    {"BOOL", "|b1", 1, widen<std::uint8_t, [](std::uint8_t n) { return n != 0 ? 1.0f : 0.0f; }>},
};

MINNOW_COLD std::span<const number_kind> number_kinds() noexcept { return table_of_kinds; }

MINNOW_COLD const number_kind* find_kind(const char* number_kind::* format, std::string_view name) noexcept {
  for (const number_kind& kind : number_kinds())
    if (kind.*format != nullptr && kind.*format == name) return &kind;
  return nullptr;
}

MINNOW_COLD std::string kinds_of(const char* number_kind::* format) {
  std::string names;
  for (const number_kind& kind : number_kinds())
    if (kind.*format != nullptr) names += (names.empty() ? "" : ", ") + std::string(kind.*format);
  return names;
}

MINNOW_COLD status missing_tensor(const tensors& all, std::string_view name, const char* for_what) {
  const std::string who = in_quotes(name);
  if (const auto kind = all.unreadable.find(name); kind != all.unreadable.end())
    return status::failure("tensor %s: expected numbers of kind %s%s, found %s", who.c_str(),
                           kinds_of(&number_kind::safetensors).c_str(), for_what, in_quotes(kind->second).c_str());
  return status::failure("tensor %s: expected it%s, found none of this name among %zu", who.c_str(), for_what,
                         all.size());
}

MINNOW_COLD status read_numbers(byte_source file, const char* name, const number_kind& kind, bool swapped,
                                std::uint64_t count, bool known, std::vector<float>& to) {
  constexpr std::uint64_t piece = 1 << 16;
  std::vector<std::uint8_t> bytes(index(std::min(count, piece)) * kind.bytes);
  to.clear();
  if (known) to.reserve(index(count));
  for (std::uint64_t done = 0; done < count;) {
    const auto next = index(std::min(count - done, piece));
    std::size_t got = 0;
    if (status outcome = file.read(bytes.data(), next * kind.bytes, got); !outcome) return outcome;
    if (got < next * kind.bytes)
      return status::failure("%s: expected %llu bytes of numbers, found %llu", name,
                             static_cast<unsigned long long>(count * kind.bytes),
                             static_cast<unsigned long long>(done * kind.bytes + got));
    if (swapped)
      for (std::size_t i = 0; i < got; i += kind.bytes)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                     bytes.begin() + static_cast<std::ptrdiff_t>(i + kind.bytes));
    to.resize(index(done) + next);
    kind.widen(bytes.data(), next, to.data() + done);
    done += next;
  }
  return {};
}

}  // namespace detail

#if defined(__cpp_exceptions)
namespace detail {
template <class Tensors>
auto& tensor_at(Tensors& all, std::string_view name) {
  const auto found = all.find(name);
  if (found == all.end()) require(missing_tensor(all, name, ""));
  return found->second;
}
}  // namespace detail

MINNOW_COLD const tensor& tensors::at(std::string_view name) const { return detail::tensor_at(*this, name); }
MINNOW_COLD tensor& tensors::at(std::string_view name) { return detail::tensor_at(*this, name); }
#endif

}  // namespace minnow
