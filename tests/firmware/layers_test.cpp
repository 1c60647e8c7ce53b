#include <minnow/firmware/layers.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/pad_channels.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/quantize/integer.hpp>

#include "random_numbers.hpp"

using namespace minnow;

namespace {

constexpr shape device_map{3, 4, 5};

/// A layer with one constant for each channel, and its form on a device.
struct gain : same_shape {
  static constexpr text name() { return "gain"; }
};
/// A layer that takes the map apart, without constants.
struct reversed_channels : same_shape {
  static constexpr text name() { return "reversed_channels"; }
};

/// Returns the constants as save_header writes them: the arrays one after the other.
template <class Layer>
std::vector<float> constants_of(inferable<Layer>& reading, std::uint64_t first) {
  std::vector<float> all;
  std::uint64_t arrays = 0;
  detail::visit_arrays(reading, [&](std::string_view, auto numbers) {
    const auto values = test::uniform(static_cast<int>(numbers.size()), first + arrays++, 0.1f, 1.5f);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = values[i];
    all.insert(all.end(), numbers.begin(), numbers.end());
  });
  return all;
}

/// Compares a layer on the device with the packed network's.
template <class Layer>
void check_layer() {
  inferable<Layer> host(device_map);
  const std::vector<float> constants = constants_of<Layer>(host, 3);
  CHECK(constants.size() == detail::firmware_constants<Layer>(device_map));
  const auto in = test::uniform(device_map.size(), 7, -3.0f, 3.0f);
  std::vector<float> expected(static_cast<std::size_t>(Layer::output(device_map).size())), found(expected);
  host.run(in.data(), expected.data());
  detail::run_on_device<Layer>(constants.data(), device_map, in.data(), found.data());
  CHECK(found == expected);
  if constexpr (detail::firmware_function<Layer>) {
    std::vector<float> in_place(in.begin(), in.end());
    detail::run_on_device<Layer>(constants.data(), device_map, in_place.data(), in_place.data());
    CHECK(in_place == expected);
  }
}

}  // namespace

template <>
class minnow::inferable<gain> {
public:
  explicit inferable(shape in) : shape_(in), gains_(static_cast<std::size_t>(in.channels)) {}
  void run(const float* in, float* out) const {
    for (int k = 0; k < shape_.size(); ++k) out[k] = in[k] * gains_[static_cast<std::size_t>(k % shape_.channels)];
  }
  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(std::string_view("gains"), std::span(self.gains_));
  }

private:
  shape shape_;
  std::vector<float> gains_;
};
template <>
struct minnow::firmware_layer<gain> {
  static constexpr std::size_t constants(shape in) { return static_cast<std::size_t>(in.channels); }
  static float apply(const float* constants, shape, float x, int channel) { return x * constants[channel]; }
};
template <>
class minnow::inferable<reversed_channels> {
public:
  explicit inferable(shape in) : shape_(in) {}
  void run(const float* in, float* out) const {
    for (int k = 0; k < shape_.size(); ++k)
      out[k] = in[k - k % shape_.channels + shape_.channels - 1 - k % shape_.channels];
  }

private:
  shape shape_;
};

static_assert(detail::firmware_function<batch_norm> && detail::firmware_function<relu6> &&
              detail::firmware_function<gain> && !detail::firmware_function<max_pool<2>> &&
              !detail::firmware_function<reversed_channels>);
static_assert(detail::has_firmware<reversed_channels> && detail::has_firmware<add> && detail::has_firmware<gain>);

TEST_SUITE("firmware/layers") {
  TEST_CASE_TEMPLATE("a layer computes the packed network's numbers, with the constants in one array", Layer,
                     batch_norm, bias, relu, relu6, hard_tanh, max_pool<2>, average_pool<3, stride<1>, padding<1>>,
                     global_average_pool, pad_channels<7>, quantize<integer<4>>, gain, reversed_channels) {
    check_layer<Layer>();
  }

  TEST_CASE("joins compute the packed network's numbers") {
    const shape other{3, 4, 2};
    const auto body = test::uniform(device_map.size(), 1), same_shape_other = test::uniform(device_map.size(), 2),
               less = test::uniform(other.size(), 3);
    const float scale = 0.3f;
    std::vector<float> expected(static_cast<std::size_t>(device_map.size())), found(expected);
    inferable<add> sum(device_map, device_map);
    sum.scale[0] = scale;
    sum.run(body.data(), same_shape_other.data(), expected.data());
    firmware_layer<add>::run(&scale, device_map, device_map, body.data(), same_shape_other.data(), found.data());
    CHECK(found == expected);
    expected.resize(static_cast<std::size_t>(device_map.pixels() * 7));
    found.resize(expected.size());
    inferable<concatenate> both(device_map, other);
    both.scale[0] = scale;
    both.run(body.data(), less.data(), expected.data());
    firmware_layer<concatenate>::run(&scale, device_map, other, body.data(), less.data(), found.data());
    CHECK(found == expected);
  }
}
