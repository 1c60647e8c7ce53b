#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/any_visitor.hpp>
#include <minnow/infer/joins.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/channel_magnitude.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/pad_channels.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// The form that a layer between products has in a packed network: a function of a map (height, width, channels) of
/// floats. A specialization for a user's layer provides
///
///   explicit inferable(shape in)
///   void run(const float* in, float* out) const    processes one image, channels last
///
/// and, optionally,
///
///   static void arrays(auto& self, auto&& visit)   calls visit(name, std::span(self.numbers)) for every array of
///                                                  floats that is packed and stored in the file; packing copies the
///                                                  arrays of `trainable` with the same names. `self` is this object,
///                                                  const when a file is written. The function of version 0.1, void
///                                                  arrays(auto&& visit), which visits std::span<float>, is still
///                                                  accepted; saving then copies the network
///   float apply(float x, int channel) const        the layer as a function of one number
///   int direction(int channel) const               1 if `apply` increases with x in this channel, -1 if it decreases,
///                                                  0 if it is constant. If a layer has `apply` and `direction`,
///                                                  packing may fold it into thresholds (infer/thresholds.hpp)
template <class Layer>
class inferable;

/// A layer that specializes `inferable`.
template <class Layer>
concept inferable_layer = requires(const inferable<Layer> l, const float* in, float* out) {
  inferable<Layer>(shape{});
  l.run(in, out);
};

/// A layer that packing may fold into thresholds (infer/thresholds.hpp).
template <class Layer>
concept monotone_layer = inferable_layer<Layer> && requires(const inferable<Layer> l) {
  { l.apply(0.0f, 0) } -> std::convertible_to<float>;
  { l.direction(0) } -> std::convertible_to<int>;
};

namespace detail {

/// A specialization of `inferable` whose arrays can be visited. `Reading` may be const.
template <class Reading>
concept lists_arrays = requires(Reading& reading, const any_visitor& visit) { Reading::arrays(reading, visit); } ||
                       requires(Reading& reading, const any_visitor& visit) { reading.arrays(visit); };
/// True if the arrays of this `inferable`, if it has any, can be visited while it is const.
template <class Reading>
inline constexpr bool lists_const_arrays = !lists_arrays<Reading> || lists_arrays<const Reading>;

/// Calls visit(name, span of floats) for every array of an `inferable`. The floats are const if `reading` is.
template <class Reading, class Visit>
void visit_arrays(Reading& reading, Visit&& visit) {
  if constexpr (requires { Reading::arrays(reading, visit); }) Reading::arrays(reading, visit);
  else if constexpr (requires { reading.arrays(visit); }) reading.arrays(visit);
  else
    static_assert(lists_const_arrays<std::remove_const_t<Reading>>,
                  "minnow: arrays of a const network are visited, so the layer's inferable reading needs static void "
                  "arrays(auto& self, auto&& visit)");
}

/// Returns a quantizer's state as floats, const if the state is.
template <class Quantizer, class State>
[[nodiscard]] auto state_numbers(State& state) noexcept {
  using number = std::conditional_t<std::is_const_v<State>, const float, float>;
  return std::span<number>(reinterpret_cast<number*>(&state), index(state_floats<Quantizer>));
}

/// Returns the state whose floats are stored at `numbers`.
template <class Quantizer>
[[nodiscard]] typename Quantizer::state state_from(const float* numbers) noexcept {
  typename Quantizer::state state{};
  if constexpr (state_floats<Quantizer> > 0) std::memcpy(static_cast<void*>(&state), numbers, sizeof state);
  return state;
}

/// Implements run() for layers in which each output depends only on one input number and its channel.
template <class Reading>
void run_by_element(const Reading& reading, shape s, const float* in, float* out) {
  for (int pixel = 0; pixel < s.pixels(); ++pixel, in += s.channels, out += s.channels)
    for (int c = 0; c < s.channels; ++c) out[c] = reading.apply(in[c], c);
}

}  // namespace detail

template <>
class inferable<batch_norm> {
public:
  explicit inferable(shape in) : shape_(in), scale_(channels(), 1.0f), shift_(channels(), 0.0f) {}

  void set(int channel, affine a) noexcept {
    scale_[index(channel)] = a.scale;
    shift_[index(channel)] = a.shift;
  }
  [[nodiscard]] affine at(int c) const noexcept { return {scale_[index(c)], shift_[index(c)]}; }
  [[nodiscard]] float apply(float x, int c) const noexcept { return at(c)(x); }
  [[nodiscard]] int direction(int c) const noexcept {
    const float scale = scale_[index(c)];
    return (scale > 0) - (scale < 0);
  }
  void run(const float* in, float* out) const noexcept { detail::run_by_element(*this, shape_, in, out); }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(std::string_view("scale"), std::span(self.scale_));
    visit(std::string_view("shift"), std::span(self.shift_));
  }

private:
  [[nodiscard]] std::size_t channels() const noexcept { return index(shape_.channels); }
  shape shape_;
  std::vector<float> scale_;
  std::vector<float> shift_;
};

template <>
class inferable<bias> {
public:
  explicit inferable(shape in) : shape_(in), values_(index(in.channels), 0.0f) {}

  [[nodiscard]] affine at(int c) const noexcept { return {1, values_[index(c)]}; }
  [[nodiscard]] float apply(float x, int c) const noexcept { return x + values_[index(c)]; }
  [[nodiscard]] int direction(int) const noexcept { return 1; }
  void run(const float* in, float* out) const noexcept { detail::run_by_element(*this, shape_, in, out); }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(std::string_view("bias"), std::span(self.values_));
  }

private:
  shape shape_;
  std::vector<float> values_;
};

template <elementwise Layer>
class inferable<Layer> {
public:
  explicit inferable(shape in) noexcept : shape_(in) {}

  [[nodiscard]] float apply(float x, int) const noexcept(noexcept(Layer::apply(x))) { return Layer::apply(x); }
  [[nodiscard]] int direction(int) const noexcept
    requires(Layer::increasing)
  {
    return 1;
  }
  void run(const float* in, float* out) const { detail::run_by_element(*this, shape_, in, out); }

private:
  shape shape_;
};

template <int Count>
class inferable<multi_threshold<Count>> {
public:
  explicit inferable(shape in) : shape_(in), thresholds_(index(in.channels) * index(Count), 0.0f) {}

  [[nodiscard]] float apply(float x, int c) const noexcept {
    return multi_threshold<Count>::apply(thresholds_.data() + index(c) * index(Count), step_[0], offset_[0], x);
  }
  [[nodiscard]] int direction(int) const noexcept { return (step_[0] > 0) - (step_[0] < 0); }
  void run(const float* in, float* out) const noexcept { detail::run_by_element(*this, shape_, in, out); }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(std::string_view("thresholds"), std::span(self.thresholds_));
    visit(std::string_view("step"), std::span(self.step_));
    visit(std::string_view("offset"), std::span(self.offset_));
  }

private:
  shape shape_;
  std::vector<float> thresholds_;
  std::array<float, 1> step_{1.0f};
  std::array<float, 1> offset_{};
};

/// A quantize layer that is the model's last layer. It outputs values, not codes.
template <class Quantizer>
class inferable<quantize<Quantizer>> {
public:
  explicit inferable(shape in) noexcept : size_(in.size()) {}

  void run(const float* in, float* out) const noexcept {
    const float scale = Quantizer::scale(state_);
    for (int k = 0; k < size_; ++k) out[k] = static_cast<float>(Quantizer::code(in[k], state_)) * scale;
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    if constexpr (state_floats<Quantizer> > 0)
      visit(std::string_view("state"), detail::state_numbers<Quantizer>(self.state_));
  }

private:
  int size_;
  typename Quantizer::state state_{};
};

template <pool_layer Layer>
class inferable<Layer> {
public:
  explicit inferable(shape in) noexcept : geometry_(Layer::pool_over(in)) {}

  /// Visits the elements of each window row by row, with one accumulator per channel. Training adds the elements in the
  /// same order, so the sums are equal.
  void run(const float* in, float* out) const noexcept {
    const geometry& g = geometry_;
    const float share = 1.0f / static_cast<float>(g.kernel.height * g.kernel.width);
    for (int y = 0; y < g.out.height; ++y) {
      const int_range rows = g.y_axis().taps(y);
      const int top = g.y_axis().origin(y);
      for (int x = 0; x < g.out.width; ++x, out += g.out.channels) {
        const int_range columns = g.x_axis().taps(x);
        const int left = g.x_axis().origin(x);
        for (int c = 0; c < g.out.channels; ++c) {
          bool first = true;
          float result = 0;
          for (int ky = rows.first; ky < rows.last; ++ky)
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const float v = in[((top + ky) * g.in.width + left + kx) * g.in.channels + c];
              result = first ? v : Layer::averages ? result + v : (std::max)(result, v);
              first = false;
            }
          out[c] = Layer::averages ? result * share : result;
        }
      }
    }
  }

private:
  geometry geometry_;
};

template <int Channels>
class inferable<pad_channels<Channels>> {
public:
  explicit inferable(shape in) noexcept : shape_(in) {}

  void run(const float* in, float* out) const noexcept {
    for (int pixel = 0; pixel < shape_.pixels(); ++pixel, in += shape_.channels)
      out = std::fill_n(std::copy_n(in, shape_.channels, out), Channels - shape_.channels, 0.0f);
  }

private:
  shape shape_;
};

template <>
class inferable<channel_magnitude> {
public:
  explicit inferable(shape in) noexcept : shape_(in) {}

  void run(const float* in, float* out) const noexcept {
    for (int pixel = 0; pixel < shape_.pixels(); ++pixel, in += shape_.channels)
      out[pixel] = channel_magnitude::of(in, shape_.channels);
  }

private:
  shape shape_;
};

}  // namespace minnow
