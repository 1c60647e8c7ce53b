#pragma once

// Kernels of byte dot products on every architecture, and their comparison with kernels/reference.hpp.

#include <minnow/kernels/dot/dot.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"

namespace minnow::test::dot_kernels {

/// The architectures that have their own kernel of dot products. The kernels of other products are specialized for a
/// different set of architectures.
using dot_archs = kernels::archs<kernels::portable>::add<xsimd::sse2>::add<xsimd::ssse3>::add<xsimd::avx2>::add<
    xsimd::avxvnni>::add<xsimd::avx512bw>::add<kernels::detail::widest_avx512>::add<xsimd::neon64>;

/// A kernel as function pointers, so that the checks are compiled only once for all kernels.
struct subject {
  const char* arch;
  std::size_t (*prepared_bytes)(const geometry&);
  std::size_t (*scratch_bytes)(const geometry&);
  void (*prepare)(const geometry&, const std::byte*, std::byte*);
  void (*sums)(const geometry&, const kernels::operands&, int, int, const kernels::sum_sink&);
};

template <class Product>
constexpr subject subject_of{
    nullptr, [](const geometry& g) { return Product::prepared_bytes(g); },
    [](const geometry& g) { return Product::scratch_bytes(g); },
    [](const geometry& g, const std::byte* weights, std::byte* prepared) { Product::prepare(g, weights, prepared); },
    [](const geometry& g, const kernels::operands& o, int first, int last, const kernels::sum_sink& sink) {
      Product::rows(g, o, first, last, sink);
    }};

/// Returns the kernels of all architectures.
template <class In, class Weights>
const std::vector<subject>& subjects() {
  static const std::vector<subject> all = [] {
    std::vector<subject> list;
    dot_archs::for_each([&](auto arch) {
      list.push_back(subject_of<kernels::dot_product<In, Weights, decltype(arch)>>);
      list.back().arch = kernels::arch_name<decltype(arch)>();
    });
    return list;
  }();
  return all;
}

/// Calls put(operands, first, last) for all rows, `together` at a time, and checks that nothing is written past the end
/// of any buffer.
template <class Put>
void put_rows(const subject& kernel, const geometry& g, const test::packed_bytes& inputs,
              const test::packed_bytes& weights, int together, const Put& put, int threads = 1) {
  test::packed_bytes prepared(kernel.prepared_bytes(g));
  test::packed_bytes scratch(kernel.scratch_bytes(g));
  kernel.prepare(g, weights.data(), prepared.data());
  for (int first = 0; first < g.out.height; first += together)
    put(kernels::operands{inputs.data(), weights.data(), prepared.data(), scratch.data(), 0, threads}, first,
        std::min(first + together, g.out.height));
  CHECK((scratch.untouched_behind() && prepared.untouched_behind() && inputs.untouched_behind() &&
         weights.untouched_behind()));
}

inline std::vector<std::int32_t> sums_of(const subject& kernel, const geometry& g, const test::packed_bytes& inputs,
                                         const test::packed_bytes& weights, int together, int threads = 1) {
  const int stride = kernels::sum_stride(g.out.channels);
  const auto count = static_cast<std::size_t>(g.out.pixels() * stride);
  test::packed_bytes bytes(count * sizeof(std::int32_t));
  auto* sums = reinterpret_cast<std::int32_t*>(bytes.data());
  put_rows(
      kernel, g, inputs, weights, together,
      [&](const kernels::operands& o, int first, int last) {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(g.out.width) * stride;
        kernel.sums(g, o, first, last, kernels::sum_sink{sums + first * row, stride, g.out.width, first});
      },
      threads);
  CHECK(bytes.untouched_behind());
  return {sums, sums + count};
}

inline void check_sums(const std::vector<subject>& all, const geometry& g, const test::packed_bytes& inputs,
                       const test::packed_bytes& weights, const std::vector<std::int32_t>& expected) {
  for (const subject& kernel : all) {
    const std::string arch = kernel.arch;
    CAPTURE(arch);
    CAPTURE(g.in.height);
    CAPTURE(g.in.width);
    CAPTURE(g.in.channels);
    CAPTURE(g.out.channels);
    CAPTURE(g.kernel.width);
    CHECK(sums_of(kernel, g, inputs, weights, std::max(1, g.out.height)) == expected);
    if (g.out.height > 1) CHECK(sums_of(kernel, g, inputs, weights, 1 + g.out.height / 2) == expected);
  }
}

/// A random map and random weights for one pair of encodings, and checks of their product.
template <class In, class Weights>
struct dot_operands {
  geometry g;
  test::packed_bytes inputs;
  test::packed_bytes weights;

  dot_operands(const geometry& shape, const std::vector<kernels::code<In::storage>>& input_codes,
               const std::vector<kernels::code<Weights::storage>>& weight_codes)
      : g(shape),
        inputs(test::packed_inputs<In::storage, In::bits>(g.in, input_codes)),
        weights(test::packed_weights<In::storage, Weights::storage, Weights::bits>(g, weight_codes)) {}

  dot_operands(const geometry& shape, minnow::random& random)
      : dot_operands(shape, test::random_codes<In::storage, In::bits>(shape.in.size(), random),
                     test::random_codes<Weights::storage, Weights::bits>(shape.weights(), random)) {}

  [[nodiscard]] std::vector<std::int32_t> expected() const {
    std::vector<std::int32_t> sums(static_cast<std::size_t>(g.out.pixels() * kernels::sum_stride(g.out.channels)));
    test::packed_bytes scratch(kernels::reference::scratch_bytes<In::storage, Weights::storage>(g));
    kernels::reference::product<In::storage, Weights::storage, In::bits, Weights::bits>(
        g, inputs.data(), weights.data(), sums.data(), scratch.data(), 0, g.out.height);
    return sums;
  }
  void check() const { check_sums(subjects<In, Weights>(), g, inputs, weights, expected()); }
};

}  // namespace minnow::test::dot_kernels
