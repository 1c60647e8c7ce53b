// Compares packed networks of 8-bit integers in fixed point with the same networks in floats: the time of an image, with
// the two alternating, and the bytes of the two files.
//
// usage: bench_fixed_point

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <minnow/minnow.hpp>
#include <minnow/zoo/mlperf_tiny.hpp>

namespace {

namespace mn = minnow;

using bytes = mn::scheme<mn::integer<8>, mn::integer<8, mn::per_channel>>;
using schemes = mn::zoo::schemes<bytes, mn::scheme<mn::unsigned_pixels, mn::integer<8, mn::per_channel>>, bytes, bytes,
                                 mn::integer<8>>;

/// Returns the microseconds of a run, the mean of ten.
template <class Session>
double microseconds(Session& session, std::span<const std::uint8_t> image, std::span<float> logits) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  for (int k = 0; k < 10; ++k) session.run(image, logits);
  return std::chrono::duration<double, std::micro>(clock::now() - begin).count() / 10;
}

template <class Packed>
std::uintmax_t file_bytes(const Packed& network) {
  const auto path = std::filesystem::temp_directory_path() / "bench_fixed_point.mnw";
  mn::save(network, path.string());
  const auto size = std::filesystem::file_size(path);
  std::filesystem::remove(path);
  return size;
}

template <class Model>
void compare(const char* name) {
  using graph = mn::layer_graph<Model>;
  mn::random random{mn::seed{3}};
  mn::dataset<std::uint8_t> data;
  data.dimensions = graph::input;
  for (int n = 0; n < 64; ++n) data.labels.push_back(random.below(2));
  for (int k = 0; k < 64 * graph::input.size(); ++k)
    data.images.push_back(static_cast<std::uint8_t>(random.below(256)));
  mn::network<Model, mn::aqe> net{mn::seed{1}};
  mn::fit(net, data, mn::adam{.rate = 1e-3f}, mn::linear{}, {.epochs = 1, .batch = 32, .batch_norm_batches = 2});

  const auto exact = mn::pack(net);
  const auto fixed = mn::pack<mn::fixed_point>(net);
  mn::session in_floats(exact);
  mn::session in_integers(fixed);
  std::vector<float> logits(static_cast<std::size_t>(graph::output.size()));
  const std::span<const std::uint8_t> image(data.images.data(), static_cast<std::size_t>(graph::input.size()));
  double floats = 1e30, integers = 1e30;
  for (int round = 0; round < 200; ++round) {
    floats = std::min(floats, microseconds(in_floats, image, logits));
    integers = std::min(integers, microseconds(in_integers, image, logits));
  }
  std::printf("figure fixed_point_%s_floats %.1f us\n", name, floats);
  std::printf("figure fixed_point_%s_integers %.1f us\n", name, integers);
  std::printf("figure fixed_point_%s_ratio %.2f times\n", name, floats / integers);
  std::printf("figure fixed_point_%s_file_floats %ju bytes\n", name, file_bytes(exact));
  std::printf("figure fixed_point_%s_file_integers %ju bytes\n", name, file_bytes(fixed));
}

}  // namespace

int main() try {
  compare<mn::zoo::resnet_8<schemes>>("resnet_8");
  compare<mn::zoo::ds_cnn<schemes>>("ds_cnn");
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_fixed_point: %s\n", e.what());
  return 1;
}
