// Measures one packed layer at a time, as a session runs it: the convolution, batch norm, and the quantizer of the next
// layer's inputs.
//
// usage: bench_layers [PART-OF-NAME]      layer_1x2_2304: inputs x weights, of bits, and K; depthwise_i8xi8_14x14x512

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure.hpp"
#include "models.hpp"
#include "shapes.hpp"

namespace {

namespace mn = bench::mn;

/// Returns a call that runs the measured layer on recorded input codes, and then the last layer of the network, which
/// computes only one output pixel.
template <class Model>
[[nodiscard]] bench::call make_layer() {
  using packed = mn::packed<Model>;
  using plan = mn::detail::stage_plan<Model, 1>;
  struct state {
    packed network = bench::untrained<Model>();
    mn::session<packed> session{network};
    std::vector<std::byte> map;
    std::vector<float> logits = std::vector<float>(static_cast<std::size_t>(packed::classes));
  };
  const auto s = std::make_shared<state>();
  // Stage 0 of the packed network (see infer/stage_plan.hpp) quantizes an image of floats. A single run records its
  // output codes, which are the input of the measured stage 1.
  struct watcher final : mn::trace {
    explicit watcher(std::vector<std::byte>& to) : map_(to) {}
    void map(std::size_t layer, const std::byte* packed_map) noexcept override {
      if (layer != plan::begin - 1) return;
      using operand = mn::detail::operand_of<typename plan::inputs>;
      map_.assign(packed_map, packed_map + mn::kernels::input_bytes<operand::storage, operand::bits>(plan::in));
    }
    std::vector<std::byte>& map_;
  } watch{s->map};
  s->session.run(std::span<const float>(bench::random_images<Model>(1)), std::span<float>(s->logits), &watch);
  return [s] { s->session.template run_from<1>(std::span<const std::byte>(s->map), s->logits.data()); };
}

template <class Model>
void measure_model(const std::string& figure, std::string_view wanted) {
  if (figure.find(wanted) == std::string::npos) return;
  const auto taken = bench::alternate({make_layer<Model>()}, {.seconds = 0.5}).front();
  const mn::geometry g = mn::detail::stage_plan<Model, 1>::window;
  bench::figure(figure, taken.seconds * 1e6, "us");
  bench::figure(figure + "_rate", bench::macs_inside(g) / taken.cycles, "MAC/cycle");
}

template <int Side, int Channels, class Scheme>
void measure(const std::string& name, std::string_view wanted) {
  measure_model<bench::single_layer<Side, Channels, Scheme>>(name + "_" + std::to_string(9 * Channels), wanted);
}
/// Measures a depthwise layer. The name of the printed figure ends with the shape of the map:
/// depthwise_i8xi8_56x56x128.
template <int Side, int Channels, class Scheme>
void measure_depthwise(const std::string& name, std::string_view wanted) {
  const std::string side = std::to_string(Side);
  measure_model<bench::depthwise_layer<Side, Channels, Scheme>>(
      name + "_" + side + "x" + side + "x" + std::to_string(Channels), wanted);
}

template <class Scheme>
void all_shapes(const std::string& name, std::string_view wanted) {
  measure<32, 128, Scheme>(name, wanted);
  measure<16, 256, Scheme>(name, wanted);
  measure<8, 512, Scheme>(name, wanted);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  all_shapes<mn::minw<1, 1>>("layer_1x1", wanted);
  all_shapes<mn::minw<1, 2>>("layer_1x2", wanted);
  all_shapes<mn::minw<2, 1>>("layer_2x1", wanted);
  all_shapes<mn::minw<2, 2>>("layer_2x2", wanted);
  all_shapes<mn::minw<3, 3>>("layer_3x3", wanted);
  all_shapes<mn::minw<16, 1>>("layer_16x1", wanted);
  all_shapes<mn::scheme<mn::integer<8>, mn::integer<4>>>("layer_i8xi4", wanted);
  all_shapes<mn::scheme<mn::integer<8>, mn::integer<8>>>("layer_i8xi8", wanted);
  measure_depthwise<56, 128, mn::scheme<mn::integer<8>, mn::integer<8>>>("depthwise_i8xi8", wanted);
  measure_depthwise<14, 512, mn::scheme<mn::integer<8>, mn::integer<8>>>("depthwise_i8xi8", wanted);
}
