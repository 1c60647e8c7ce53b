// The decoded kernel next to the reference loops, in one run, alternating: multiply-accumulates a second and their ratio.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <minnow/kernels/product.hpp>

namespace {

using namespace minnow;

/// Packed bytes with 64 more behind them, of codes that do not matter to the time.
std::vector<std::uint64_t> room(std::size_t bytes) { return std::vector<std::uint64_t>(bytes / 8 + 10, 0x1111111111111111u); }
std::byte* bytes(std::vector<std::uint64_t>& v) { return reinterpret_cast<std::byte*>(v.data()); }

template <class Product, class In, class Weights>
class timed {
public:
  explicit timed(const geometry& g)
      : geometry_(g),
        inputs_(room(kernels::input_bytes<In::storage, In::bits>(g.in))),
        weights_(room(kernels::weight_bytes<In::storage, Weights::storage, Weights::bits>(g))),
        prepared_(room(Product::prepared_bytes(g))),
        scratch_(room(Product::scratch_bytes(g))),
        sums_(static_cast<std::size_t>(g.out.pixels() * kernels::sum_stride(g.out.channels))) {
    Product::prepare(g, bytes(weights_), bytes(prepared_));
  }
  double sample() {
    const auto start = std::chrono::steady_clock::now();
    Product::rows(geometry_, bytes(inputs_), bytes(weights_), bytes(prepared_), sums_.data(), bytes(scratch_), 0, geometry_.out.height);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

private:
  geometry geometry_;
  std::vector<std::uint64_t> inputs_, weights_, prepared_, scratch_;
  std::vector<std::int32_t> sums_;
};

double median(std::vector<double>& samples) {
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2), samples.end());
  return samples[samples.size() / 2];
}

template <encoding InputStorage, encoding WeightStorage>
void compare(const char* name, const geometry& g) {
  using in = kernels::operand<InputStorage>;
  using weights = kernels::operand<WeightStorage>;
  timed<kernels::product<in, weights, kernels::best>, in, weights> decoded(g);
  timed<kernels::product<in, weights, kernels::scalar>, in, weights> reference(g);
  std::vector<double> fast, slow;
  for (int i = 0; i < 201; ++i) {
    fast.push_back(decoded.sample());
    slow.push_back(reference.sample());
  }
  const double f = median(fast);
  const double s = median(slow);
  std::printf("figure decoded_%s %.1f GMAC/s\n", name, static_cast<double>(g.macs()) / f / 1e9);
  std::printf("figure reference_%s %.1f GMAC/s\n", name, static_cast<double>(g.macs()) / s / 1e9);
  std::printf("figure decoded_%s_vs_reference %.1f ratio\n", name, s / f);
}

}  // namespace

int main() {
  compare<encoding::pixel, encoding::bit>("8x1_28x28x1_5x5_32", window_over({28, 28, 1}, 32, {5, 5}, {1, 1}, {2, 2}));
  compare<encoding::power_of_two, encoding::power_of_two>("3x3_14x14x32_3x3_64", window_over({14, 14, 32}, 64, {3, 3}, {1, 1}, {1, 1}));
  compare<encoding::byte, encoding::byte>("8x8_dense_1024_256", dense_over({1, 1, 1024}, 256));
}
