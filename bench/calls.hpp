#pragma once

// Wraps the library's kernels in calls that own their buffers. The other benchmarks use kernels only through these
// calls.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include <minnow/gemm/float_products.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/product.hpp>

#include "../tests/kernels/codes.hpp"
#include "measure.hpp"

namespace bench {

namespace kernels = minnow::kernels;
namespace test = minnow::test;
using minnow::encoding;

/// A packed feature map and packed weights, both with random codes. All calls for the same operands share one copy of
/// them.
template <encoding In, encoding Weights>
class operands {
public:
  explicit operands(const minnow::geometry& g)
      : shape_(g),
        inputs_(test::packed_inputs<In>(g.in, random_codes<In>(g.in.size(), 1))),
        weights_(test::packed_weights<In, Weights>(g, random_codes<Weights>(g.weights(), 2))) {}

  [[nodiscard]] const minnow::geometry& shape() const noexcept { return shape_; }
  [[nodiscard]] const std::byte* inputs() const noexcept { return inputs_.data(); }
  [[nodiscard]] const std::byte* weights() const noexcept { return weights_.data(); }

private:
  template <encoding E>
  static std::vector<kernels::code<E>> random_codes(int count, std::uint64_t draws) {
    minnow::random random{minnow::seed{draws}};
    return test::random_codes<E>(count, random);
  }

  minnow::geometry shape_;
  test::packed_bytes inputs_, weights_;
};

template <encoding In, encoding Weights>
using shared_operands = std::shared_ptr<const operands<In, Weights>>;

template <encoding In, encoding Weights>
[[nodiscard]] shared_operands<In, Weights> make_operands(const minnow::geometry& g) {
  return std::make_shared<const operands<In, Weights>>(g);
}

namespace detail {

template <encoding In, encoding Weights, class Arch, bool Grouped = false>
using product = kernels::product_of<Grouped, kernels::operand<In>, kernels::operand<Weights>, Arch>;

/// The memory that a product needs in addition to its operands.
template <encoding In, encoding Weights, class Arch, bool Grouped = false>
struct workspace {
  using product = detail::product<In, Weights, Arch, Grouped>;

  explicit workspace(shared_operands<In, Weights> given)
      : data(std::move(given)),
        prepared(product::prepared_bytes(data->shape())),
        scratch(product::scratch_bytes(data->shape())) {
    product::prepare(data->shape(), data->weights(), prepared.data());
  }
  /// Computes all rows of the product and passes the sums to a sink.
  template <class Sink>
  void run(const Sink& sink, int threads = 1) {
    product::rows(data->shape(), {data->inputs(), data->weights(), prepared.data(), scratch.data(), 0, threads}, 0,
                  data->shape().out.height, sink);
  }

  shared_operands<In, Weights> data;
  buffer<std::byte> prepared, scratch;
};

}  // namespace detail

/// Returns the name of the architecture whose kernel runs for `Arch`.
template <encoding In, encoding Weights, class Arch>
[[nodiscard]] const char* arch_of(const minnow::geometry& g) {
  return detail::product<In, Weights, Arch>::arch_name(g);
}

/// Returns a call that computes all sums of a layer and writes them to memory.
///
/// threads   number of threads that may share the filters of a single row
template <encoding In, encoding Weights, class Arch = kernels::best, bool Grouped = false>
[[nodiscard]] call make_sums(shared_operands<In, Weights> data, int threads = 1) {
  using sum = typename detail::product<In, Weights, Arch, Grouped>::sum_type;
  const minnow::shape out = data->shape().out;
  const int stride = kernels::sum_stride(out.channels);
  const auto work = std::make_shared<detail::workspace<In, Weights, Arch, Grouped>>(std::move(data));
  const auto sums = std::make_shared<buffer<sum>>(static_cast<std::size_t>(out.pixels() * stride));
  return [=] {
    if constexpr (std::is_floating_point_v<sum>) work->run(kernels::float_sink{sums->data()});
    else work->run(kernels::sum_sink{sums->data(), stride, out.width, 0}, threads);
  };
}

/// Returns a call that computes a layer whose inputs and outputs are both bits or both ternary codes. It compares the
/// sums with thresholds and packs the codes in the layout that the next layer reads.
template <encoding In, encoding Weights, class Arch = kernels::best>
[[nodiscard]] call make_codes(shared_operands<In, Weights> data) {
  const minnow::shape out = data->shape().out;
  const auto work = std::make_shared<detail::workspace<In, Weights, Arch>>(std::move(data));
  constexpr int codes = static_cast<int>(kernels::rising_codes<In>().size());
  const auto limits = std::make_shared<minnow::thresholds>(out.channels, codes);
  minnow::random random{minnow::seed{3}};
  for (auto& limit : limits->values) limit = random.below(101) - 50;
  const auto packed = std::make_shared<buffer<std::byte>>(kernels::input_bytes<In>(out));
  using sink = kernels::code_sink<In, kernels::operand<In>::bits, codes - 1>;
  const minnow::geometry pixels = minnow::window_over(out, out.channels, {1, 1}, {1, 1}, {0, 0});
  return [=] { work->run(sink{limits->rows(), pixels, packed->data(), nullptr}); };
}

/// Returns a call that computes a float layer from images (N,H,W,C) as training does, including packing.
[[nodiscard]] inline call make_floats(const minnow::geometry& g, int images) {
  struct state {
    minnow::geometry g;
    int images;
    minnow::detail::float_products products{g};
    buffer<float> in{static_cast<std::size_t>(images) * static_cast<std::size_t>(g.in.size()), minnow::seed{1}};
    buffer<float> weights{static_cast<std::size_t>(g.weights()), minnow::seed{2}};
    buffer<float> out{static_cast<std::size_t>(images) * static_cast<std::size_t>(g.out.size())};
  };
  const auto s = std::make_shared<state>(state{.g = g, .images = images});
  return [s] { s->products.forward(s->images, s->in.data(), s->weights.data(), s->out.data(), false); };
}

}  // namespace bench
