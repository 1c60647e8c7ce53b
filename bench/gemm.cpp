// Measures float products with the shapes of two networks' layers: GFLOP/s and FLOP per cycle of the forward pass, and
// of the backward passes to inputs and to weights. Also measures Winograd's minimal filtering, which executes only 4/9
// of the multiplications that its figures count.
//
// usage: gemm [threads] [samples] [part of a layer's name]

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/gemm/float_gradient.hpp>
#include <minnow/gemm/float_product.hpp>
#include <minnow/gemm/winograd.hpp>
#include <minnow/gemm/winograd_gradient.hpp>

#include "measure.hpp"

namespace {

using floats = bench::buffer<float>;

/// Returns the highest of a few measurements of the clock, because other programs can only make it appear slower.
double cycles_per_second() {
  double least = bench::cycle();
  for (int repeat = 1; repeat < 5; ++repeat) least = std::min(least, bench::cycle());
  return 1 / least;
}

/// Returns CPU time if the benchmark uses one thread, because other programs disturb it little. Returns wall-clock time
/// if it uses several threads.
double work_seconds() {
  if (minnow::threads() == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return bench::seconds();
}

template <class Run>
void measure(const std::string& name, double flop, int samples, Run run) {
  run();
  double start = work_seconds();
  run();
  const int repeats = std::clamp(static_cast<int>(0.02 / (work_seconds() - start + 1e-6)), 1, 1000);
  std::vector<double> rates, per_cycle;
  for (int sample = 0; sample < samples; ++sample) {
    const double before = cycles_per_second();
    start = work_seconds();
    for (int i = 0; i < repeats; ++i) run();
    const double rate = flop * repeats / (work_seconds() - start);
    rates.push_back(rate);
    per_cycle.push_back(rate / ((before + cycles_per_second()) / 2));
  }
  bench::figure(name, bench::median(rates) * 1e-9, "GFLOP/s");
  bench::figure(name + "/cycle", bench::median(per_cycle), "FLOP/cycle");
}

void layer(const std::string& name, const minnow::geometry& g, int images, int samples, std::string_view wanted) {
  namespace kernels = minnow::kernels;
  if (name.find(wanted) == std::string::npos) return;
  const std::size_t batch = static_cast<std::size_t>(images);
  const floats in(batch * static_cast<std::size_t>(g.in.size()), {1});
  const floats grad_out(batch * static_cast<std::size_t>(g.out.size()), {2});
  const floats weights(static_cast<std::size_t>(g.weights()), {3});
  floats out(grad_out.size()), grad_in(in.size()), grad_weights(weights.size());
  const double flop = 2. * images * static_cast<double>(g.macs());
  // Packing is part of every training step, so it is timed too.
  measure("gemm/" + name + "/forward", flop, samples,
          [&] { kernels::product_forward(g, images, in.data(), weights.data(), out.data()); });
  measure("gemm/" + name + "/backward_inputs", flop, samples,
          [&] { kernels::product_backward_inputs(g, images, grad_out.data(), weights.data(), grad_in.data()); });
  measure("gemm/" + name + "/backward_weights", flop, samples,
          [&] { kernels::product_backward_weights(g, images, in.data(), grad_out.data(), grad_weights.data()); });
  if (!kernels::winograd_serves<>(g)) return;
  floats transformed(kernels::winograd_weight_floats(g)), panels(kernels::winograd_panel_floats<>(g));
  measure("winograd/" + name + "/forward", flop, samples, [&] {
    kernels::winograd_weights(g, weights.data(), transformed.data());
    kernels::winograd_pack_forward(g, transformed.data(), panels.data());
    kernels::winograd_forward(g, images, in.data(), panels.data(), out.data());
  });
  measure("winograd/" + name + "/backward_inputs", flop, samples, [&] {
    kernels::winograd_weights(g, weights.data(), transformed.data());
    kernels::winograd_pack_backward(g, transformed.data(), panels.data());
    kernels::winograd_backward_inputs(g, images, grad_out.data(), panels.data(), grad_in.data());
  });
  measure("winograd/" + name + "/backward_weights", flop, samples,
          [&] { kernels::winograd_backward_weights(g, images, in.data(), grad_out.data(), grad_weights.data()); });
}

}  // namespace

int main(int argc, char** argv) {
  minnow::set_threads(argc > 1 ? std::atoi(argv[1]) : 1);
  const int samples = argc > 2 ? std::max(1, std::atoi(argv[2])) : 15;
  const std::string_view wanted = argc > 3 ? argv[3] : "";
  const auto conv = [&](const std::string& name, int side, int channels, int filters) {
    layer(name, minnow::window_over({side, side, channels}, filters, {3, 3}, {1, 1}, {1, 1}), 32, samples, wanted);
  };
  const auto dense = [&](const std::string& name, int inputs, int units) {
    layer(name, minnow::dense_over({1, 1, inputs}, units), 128, samples, wanted);
  };
  conv("conv_32x32x3_64", 32, 3, 64);
  conv("conv_32x32x64_64", 32, 64, 64);
  conv("conv_16x16x64_128", 16, 64, 128);
  conv("conv_16x16x128_128", 16, 128, 128);
  conv("conv_8x8x128_256", 8, 128, 256);
  conv("conv_8x8x256_256", 8, 256, 256);
  dense("dense_4096_128", 4096, 128);
  dense("dense_784_1024", 784, 1024);
  dense("dense_1024_1024", 1024, 1024);
  dense("dense_1024_10", 1024, 10);
}
