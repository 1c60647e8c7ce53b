// Trains deep networks and integer networks for two steps, packs them, and compares all layer sums and codes with the
// trained network's. For some networks it also counts the codes that differ between the exact and the fixed-point
// packed network.
//
// usage: bench_deep [PART-OF-NAME]      resnet_110, densenet, mobilenet_4_4 …

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/minnow.hpp>
#include <minnow/zoo/densenet.hpp>
#include <minnow/zoo/mobilenet.hpp>
#include <minnow/zoo/resnet_cifar.hpp>

#include "../tests/agreement/comparison.hpp"
#include "measure.hpp"

namespace {

namespace mn = minnow;

/// 3-bit weights and inputs, as in Table III of Chen et al. 2020.
using three_bits = mn::zoo::image_schemes<mn::minw<3, 3>>;
struct resnet_110 : mn::zoo::resnet_cifar<110, three_bits> {};
struct densenet : mn::zoo::densenet_bc<100, 12, three_bits> {};

template <int Weights, int Inputs>
using integers =
    mn::zoo::schemes<mn::scheme<mn::unsigned_integer<Inputs>, mn::integer<Weights, mn::per_channel>>,
                     mn::scheme<mn::pixels, mn::integer<8, mn::per_channel>>,
                     mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>,
                     mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>, mn::unsigned_integer<8>>;
struct resnet_20_8_8 : mn::zoo::resnet_cifar<20, integers<8, 8>> {};
struct mobilenet_8_8 : mn::zoo::mobilenet_v1<integers<8, 8>, 25, 32, 10> {};
struct mobilenet_4_4 : mn::zoo::mobilenet_v1<integers<4, 4>, 25, 32, 10> {};

/// Synthetic digits centered in 32x32 color images.
mn::dataset<std::uint8_t> digits(int count) {
  const auto gray = mn::synthetic_digits(count, mn::seed{1});
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count) * 32 * 32 * 3);
  for (int n = 0; n < count; ++n)
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 28; ++x)
        for (int c = 0; c < 3; ++c)
          pixels[static_cast<std::size_t>(((n * 32 + y + 2) * 32 + x + 2) * 3 + c)] =
              gray.image(n)[static_cast<std::size_t>(y * 28 + x)];
  return {{32, 32, 3}, std::move(pixels), gray.labels};
}

/// Collects the packed feature maps of a run whose codes are bytes, one after another.
template <class Packed>
struct maps final : mn::trace {
  std::vector<std::uint8_t> bytes;
  void map(std::size_t layer, const std::byte* packed) noexcept override {
    see(layer, packed, std::make_index_sequence<Packed::stages>{});
  }

private:
  template <std::size_t... S>
  void see(std::size_t layer, const std::byte* packed, std::index_sequence<S...>) noexcept {
    const auto take = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      using p = typename mn::stage<Packed, I>::plan;
      if (p::end - 1 != layer || !mn::is_bytes(p::outputs::storage)) return;
      const auto* from = reinterpret_cast<const std::uint8_t*>(packed);
      bytes.insert(bytes.end(), from, from + p::out.size());
    };
    (take(std::integral_constant<std::size_t, S>{}), ...);
  }
};

/// Runs the same images through the exact and the fixed-point packed network and counts the classes and codes that
/// differ. A code may differ only because earlier codes differ. Codes computed from equal sums differ by at most one:
/// see tests/infer/fixed_point_test.cpp.
template <class Model, class Network>
void compare_fixed_point(const std::string& name, Network& net, const mn::dataset<std::uint8_t>& data) {
  const auto exact = mn::pack(net);
  const auto fixed = mn::pack<mn::fixed_point>(net);
  const auto expected = mn::predict(exact, data), found = mn::predict(fixed, data);
  int classes = 0;
  for (std::size_t i = 0; i < found.size(); ++i) classes += found[i] != expected[i];
  bench::figure(name + "_fixed_point_disagreements", classes, "images");
  maps<mn::packed<Model>> of_exact;
  maps<mn::packed<mn::fixed_point<Model>>> of_fixed;
  std::vector<float> logits(static_cast<std::size_t>(mn::packed<Model>::classes));
  mn::session exact_session(exact);
  mn::session fixed_session(fixed);
  for (int n = 0; n < data.size(); ++n) {
    exact_session.run(data.image(n), std::span<float>(logits), &of_exact);
    fixed_session.run(data.image(n), std::span<float>(logits), &of_fixed);
  }
  long long differ = 0;
  for (std::size_t i = 0; i < of_exact.bytes.size(); ++i) differ += of_exact.bytes[i] != of_fixed.bytes[i];
  bench::figure(name + "_fixed_point_codes", static_cast<double>(of_exact.bytes.size()), "codes");
  bench::figure(name + "_fixed_point_differences", static_cast<double>(differ), "codes");
}

template <class Model, bool InFixedPoint = false>
bool agrees(const std::string& name, std::string_view wanted) {
  if (name.find(wanted) == std::string::npos) return true;
  const auto data = digits(32);
  mn::network<Model, mn::aqe_expected> net{mn::seed{7}};
  mn::fit(net, data, mn::adam{.rate = 1e-3f}, mn::constant{0.5f}, {.epochs = 1, .batch = 16, .batch_norm_batches = 2});
  const auto some = data.part(0, 8);
  const mn::test::report r = mn::test::compare(net, mn::pack(net), some);
  if (!r.first.empty()) std::printf("%s: the first difference: %s\n", name.c_str(), r.first.c_str());
  bench::figure(name + "_layers_compared", r.layers, "layers");
  bench::figure(name + "_values_compared", static_cast<double>(r.values), "values");
  bench::figure(name + "_differences", static_cast<double>(r.differences), "values");
  bench::figure(name + "_disagreements", static_cast<double>(r.wrong_classes), "images");
  if constexpr (InFixedPoint) compare_fixed_point<Model>(name, net, data);
  return r.differences == 0 && r.wrong_classes == 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  bool all = agrees<resnet_110>("resnet_110", wanted);
  all = agrees<densenet>("densenet", wanted) && all;
  all = agrees<resnet_20_8_8, true>("resnet_20_8_8", wanted) && all;
  all = agrees<mobilenet_8_8, true>("mobilenet_8_8", wanted) && all;
  all = agrees<mobilenet_4_4, true>("mobilenet_4_4", wanted) && all;
  return all ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_deep: %s\n", e.what());
  return 2;
}
