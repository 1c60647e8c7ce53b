// MAC per cycle of each rung of the xnor kernels, next to the rung below it.
//
// The clock of a shared machine moves, so cycles are not taken from the time: around each sample runs a chain of
// dependent additions, one cycle each, and the sample's time is divided by the time of a link.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/xnor.hpp>

namespace {

using namespace minnow;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds of one cycle, from a chain that is long enough to time and short enough not to be interrupted.
double cycle() {
  constexpr int links = 40'000;
  std::uint64_t x = 1;
  const double start = seconds();
  for (int i = 0; i < links / 8; ++i) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __asm__ volatile(
        "add %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0"
        : "+r"(x));
#elif defined(__GNUC__)
    for (int j = 0; j < 8; ++j) __asm__ volatile("" : "+r"(x += x));
#else
    for (int j = 0; j < 8; ++j) static_cast<volatile std::uint64_t&>(x) += x;
#endif
  }
  return (seconds() - start) / links;
}

/// Words at the beginning of a cache line, with 64 bytes to read behind them.
class aligned_words {
public:
  explicit aligned_words(std::size_t bytes) : lines_(bytes / sizeof(line) + 2) {
    std::uint32_t state = 1;
    for (line& l : lines_) {
      for (word& w : l.words) w = state = state * 1664525u + 1013904223u;
    }
  }
  [[nodiscard]] word* data() { return lines_.front().words; }

private:
  struct alignas(64) line {
    word words[16];
  };
  std::vector<line> lines_;
};

/// Multiply-accumulates that are done: taps outside the image are not.
double macs_inside(const geometry& g) {
  const auto taps = [](int length, int positions, int kernel, int stride, int padding) {
    double total = 0;
    for (int position = 0; position < positions; ++position) {
      const int origin = position * stride - padding;
      total += std::min(kernel, length - origin) - std::max(0, -origin);
    }
    return total;
  };
  return taps(g.in.height, g.out.height, g.kernel.height, g.stride.height, g.padding.height) *
         taps(g.in.width, g.out.width, g.kernel.width, g.stride.width, g.padding.width) * g.in.channels *
         g.out.channels;
}

template <encoding In, encoding Weights, class Arch>
double macs_per_cycle(const geometry& g, Arch arch) {
  aligned_words inputs(kernels::input_bytes<In>(g.in));
  aligned_words weights(kernels::weight_bytes<In, Weights>(g));
  aligned_words sums(static_cast<std::size_t>(g.out.pixels()) *
                     static_cast<std::size_t>(kernels::sum_stride(g.out.channels)) * 4);
  const auto run = [&] {
    kernels::xnor<In, Weights>(g, inputs.data(), weights.data(), reinterpret_cast<std::int32_t*>(sums.data()), 0,
                               g.out.height, arch);
  };
  run();
  const double start = seconds();
  run();
  const int repeats = 1 + static_cast<int>(200e-6 / (seconds() - start));
  std::vector<double> samples;
  for (int i = 0; i < 101; ++i) {
    const double before = cycle();
    const double begin = seconds();
    for (int r = 0; r < repeats; ++r) run();
    const double taken = (seconds() - begin) / repeats;
    const double after = cycle();
    // An interruption shows as two chains that disagree.
    if (before > 1.1 * after || after > 1.1 * before) continue;
    samples.push_back(macs_inside(g) / (taken / (0.5 * (before + after))));
  }
  if (samples.empty()) return 0;
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2), samples.end());
  return samples[samples.size() / 2];
}

template <encoding In, encoding Weights>
void product(const char* product_name, const char* shape_name, const geometry& g) {
  double below = 0;
  kernels::available_rungs::for_each([&](auto arch) {
    const double reached = macs_per_cycle<In, Weights>(g, arch);
    std::printf("figure xnor.%s.%s.%s %.1f MAC/cycle\n", product_name, shape_name, kernels::arch_name<decltype(arch)>(),
                reached);
    if (below > 0) {
      std::printf("figure xnor.%s.%s.%s.over_rung_below %.2f times\n", product_name, shape_name,
                  kernels::arch_name<decltype(arch)>(), reached / below);
    }
    below = reached;
  });
}

void all_products(const char* name, const geometry& g) {
  product<encoding::bit, encoding::bit>("1x1", name, g);
  product<encoding::bit, encoding::ternary>("1x2", name, g);
  product<encoding::ternary, encoding::bit>("2x1", name, g);
  product<encoding::ternary, encoding::ternary>("2x2", name, g);
}

}  // namespace

int main() {
  const auto convolution = [](int side, int channels) {
    return window_over({side, side, channels}, channels, {3, 3}, {1, 1}, {1, 1});
  };
  all_products("32x32x128", convolution(32, 128));
  all_products("16x16x256", convolution(16, 256));
  all_products("8x8x512", convolution(8, 512));
  all_products("dense8192x512", dense_over({1, 1, 8192}, 512));
}
