#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/tflite.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// The integers with which a stage computes as TensorFlow Lite does.
///
/// a product   a multiplier, a shift and a bias for each channel
/// a sum       three multipliers and shifts: of the first input, of the second, and of their sum
/// an average  none
struct tflite_constants {
  std::vector<std::int32_t> multiplier;
  std::vector<std::int32_t> shift;
  std::vector<std::int32_t> bias;         ///< added to a product's sums; empty for other stages
  std::array<std::int32_t, 2> limits{};   ///< the lowest and the highest code
  std::vector<std::int32_t> no_smallest;  ///< [sum_stride] zeros: max pools keep the largest code

  tflite_constants(std::size_t factors, bool has_bias, int channels)
      : multiplier(factors),
        shift(factors),
        bias(has_bias ? factors : 0),
        no_smallest(has_bias ? index(kernels::sum_stride(channels)) : 0) {}

  [[nodiscard]] tflite_factor factor(std::size_t i) const noexcept { return {multiplier[i], shift[i]}; }
  void set(std::size_t i, tflite_factor f) noexcept {
    multiplier[i] = f.multiplier;
    shift[i] = f.shift;
  }
  [[nodiscard]] std::int32_t limited(std::int32_t code) const noexcept {
    return code < limits[0] ? limits[0] : code > limits[1] ? limits[1] : code;
  }

  /// The code of a product's sum.
  template <bool RoundsOnce>
  [[nodiscard]] std::int32_t code(int channel, std::int32_t sum) const noexcept {
    const auto c = index(channel);
    // Sums wrap around, as they do there.
    const auto total = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) + static_cast<std::uint32_t>(bias[c]));
    if constexpr (RoundsOnce) return limited(tflite_product_rounded_once(total, factor(c)));
    else return limited(tflite_product(total, factor(c)));
  }
  /// The code of the sum of two codes.
  [[nodiscard]] std::int32_t sum_code(std::int32_t first, std::int32_t second) const noexcept {
    constexpr std::int32_t fraction = 1 << 20;
    const std::int32_t sum = tflite_product(first * fraction, factor(0)) + tflite_product(second * fraction, factor(1));
    return limited(tflite_product(sum, factor(2)));
  }

  [[nodiscard]] bool sound() const noexcept {
    return std::ranges::all_of(multiplier, [](std::int32_t m) { return m >= 0; }) &&
           std::ranges::all_of(shift, [](std::int32_t s) { return -31 <= s && s <= 30; });
  }
};

/// Returns the mean of `count` integers, rounded to nearest, ties away from 0.
[[nodiscard]] constexpr std::int32_t tflite_mean(std::int32_t total, std::int32_t count) noexcept {
  return (total > 0 ? total + count / 2 : total - count / 2) / count;
}

/// Context of `tflite_block`.
struct tflite_context {
  const tflite_constants* constants;
  int zero;
};

/// Computes the bytes of a block of sums. A `byte_sink` calls it.
template <class Plan>
void tflite_block(const void* context, const std::int32_t* sums, int, int channel, byte_code_of<Plan>* codes) noexcept {
  const auto& given = *static_cast<const tflite_context*>(context);
  const int count = std::min(kernels::block_filters, Plan::window.out.channels - channel);
  for (int f = 0; f < count; ++f)
    codes[f] = static_cast<byte_code_of<Plan>>(given.constants->template code<Plan::rounds_once>(channel + f, sums[f]) +
                                               given.zero);
}

/// The end of a stage that computes with TensorFlow Lite's arithmetic (infer/tflite.hpp).
template <class Plan>
struct end_of<Plan, stage_end::tflite> : tflite_constants, stored_zero<typename Plan::outputs> {
  static constexpr bool is_product = Plan::in_tflite == tflite_stage::product;
  static constexpr bool is_sum = Plan::in_tflite == tflite_stage::sum;
  static constexpr bool is_last = tflite_outputs<Plan>::last;

  end_of()
      : tflite_constants(is_product ? index(Plan::window.out.channels)
                         : is_sum   ? 3
                                    : 0,
                         is_product, Plan::window.out.channels) {}

  static constexpr const char* layer_word = "TensorFlow Lite";
  static constexpr const char* quantizer_word = "TensorFlow Lite";

  /// Scale of the values that a quantize layer at the end of the model returns.
  std::array<float, 1> value_scale{1.0f};

  static constexpr stage_memory memory() {
    stage_memory m;
    if constexpr (is_product) m.sums = sum_bytes<Plan>(is_last ? Plan::window.out.height : 1);
    return m;
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(Plan::begin, std::string_view("multiplier"), std::span(self.multiplier));
    visit(Plan::begin, std::string_view("shift"), std::span(self.shift));
    visit(Plan::begin, std::string_view("bias"), std::span(self.bias));
    visit(Plan::begin, std::string_view("limits"), std::span(self.limits.data(), self.limits.size()));
    visit(Plan::begin, std::string_view("value scale"), std::span(self.value_scale.data(), self.value_scale.size()));
    end_of::visit_zero(self, Plan::end - 1, visit);
  }

  template <class Refuse>
  void check(Refuse&& refuse) const {
    using out = typename tflite_outputs<Plan>::type;
    if (!sound()) refuse("multipliers of at least 0 and shifts from -31 to 30", "multiplier", "others");
    this->check_zero(refuse);
    const int lowest = is_unsigned(out::storage) ? -out::max_code : out::min_code;
    if (!(lowest <= limits[0] && limits[0] <= limits[1] && limits[1] <= out::max_code)) {
      refuse("the codes of the output's quantizer", "limits", "others");
    } else if constexpr (affine_quantizer<typename Plan::outputs>) {
      if (limits[0] + this->zero() < 0 || limits[1] + this->zero() > out::max_code)
        refuse("codes whose bytes are from 0 to the largest one", "limits", "others");
    }
  }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const noexcept {
    if constexpr (is_product && is_last) {
      values_of_product<Product>(r);
    } else if constexpr (is_product) {
      if (r.work.watcher != nullptr) watch<Product>(r.work);
      const tflite_context context{this, this->zero()};
      const kernels::byte_sink<byte_code_of<Plan>> codes{tflite_block<Plan>, &context, Plan::pool_window,
                                                         no_smallest.data(), r.output};
      multiply_into<Product>(r.work, codes);
    } else if constexpr (is_sum) {
      add_maps(r);
    } else {
      average_map(r);
    }
  }

private:
  using input_byte = kernels::byte_code<Plan::inputs::storage>;

  void write(const stage_run<Plan>& r, int at, std::int32_t code) const noexcept {
    if constexpr (is_last) reinterpret_cast<float*>(r.output)[at] = static_cast<float>(code) * value_scale[0];
    else reinterpret_cast<byte_code_of<Plan>*>(r.output)[at] = static_cast<byte_code_of<Plan>>(code + this->zero());
  }

  template <class Product>
  void values_of_product(const stage_run<Plan>& r) const noexcept {
    store_sums<Product>(r.work, 0, Plan::window.out.height);
    const auto* sums = reinterpret_cast<const std::int32_t*>(r.work.sums);
    if (r.work.watcher != nullptr) r.work.watcher->sums(r.work.layer, 0, Plan::window.out.height, sums);
    constexpr int channels = Plan::window.out.channels;
    for (int pixel = 0; pixel < Plan::window.out.pixels(); ++pixel, sums += kernels::sum_stride(channels))
      for (int c = 0; c < channels; ++c)
        write(r, pixel * channels + c, this->template code<Plan::rounds_once>(c, sums[c]));
  }

  void add_maps(const stage_run<Plan>& r) const noexcept {
    using other_byte = kernels::byte_code<Plan::template second_inputs<0>::storage>;
    const auto* first = reinterpret_cast<const input_byte*>(r.work.operands.inputs);
    const auto* second = reinterpret_cast<const other_byte*>(r.others[0]);
    for (int k = 0; k < Plan::in.size(); ++k)
      write(r, k, sum_code(first[k] - r.work.operands.zero, second[k] - r.other_zeros[0]));
  }

  /// TensorFlow Lite's integers are signed: they are the bytes, or the bytes minus half their range.
  void average_map(const stage_run<Plan>& r) const noexcept {
    constexpr geometry g = Plan::template op<0>::pool_over(Plan::in);
    constexpr int channels = g.in.channels;
    constexpr int middle = is_unsigned(Plan::inputs::storage) ? (Plan::inputs::max_code + 1) / 2 : 0;
    const auto* from = reinterpret_cast<const input_byte*>(r.work.operands.inputs);
    int at = 0;
    for (int y = 0; y < g.out.height; ++y)
      for (int x = 0; x < g.out.width; ++x)
        for (int c = 0; c < channels; ++c, ++at) {
          std::int32_t total = 0;
          for (int ky = 0; ky < g.kernel.height; ++ky)
            for (int kx = 0; kx < g.kernel.width; ++kx)
              total +=
                  from[((y * g.stride.height + ky) * g.in.width + x * g.stride.width + kx) * channels + c] - middle;
          const std::int32_t mean = tflite_mean(total, g.kernel.height * g.kernel.width);
          write(r, at, limited(mean + middle - r.work.operands.zero));
        }
  }
};

}  // namespace minnow::detail
