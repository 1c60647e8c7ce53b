// Compares minnow's products and networks on one thread with other libraries, and prints the speedup over each library.
//
// usage: bench_peers [convolutions] [rows] [floats] [networks]        all four without arguments
//
// Ratios compare MAC per cycle. Each side counts the multiplications that it executes: a matrix product counts all M x
// K x N, and a convolution does not count multiplications by padding. If a peer offers both, minnow is compared with
// the faster one. A figure whose name does not contain a shape is the minimum over all shapes.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/parallel.hpp>

#include "../calls.hpp"
#include "../measure.hpp"
#include "../models.hpp"
#include "../shapes.hpp"
#include "compare.hpp"
#include "peers.hpp"
#include "torch.hpp"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace {

using bench::call;
using bench::figure;
using bench::peers::task;
using minnow::encoding;

/// Calls that are timed alternately, with their names and numbers of multiply-accumulates.
class contest {
public:
  void add(const std::string& name, double macs, call what) {
    if (!what) return;
    names_.push_back(name);
    macs_.push_back(macs);
    calls_.push_back(std::move(what));
  }

  /// Returns the MAC per cycle of each call.
  [[nodiscard]] std::map<std::string, double> run(bench::effort e) const {
    std::map<std::string, double> rates;
    const auto taken = bench::alternate(calls_, e);
    for (std::size_t i = 0; i < taken.size(); ++i) rates[names_[i]] = macs_[i] / taken[i].cycles;
    return rates;
  }

private:
  std::vector<std::string> names_;
  std::vector<double> macs_;
  std::vector<call> calls_;
};

/// Prints the ratio for each shape, and keeps the minimum over the shapes for each name.
class ratios {
public:
  /// Adds the ratio of `ours` to the fastest of the available peers.
  void add(const std::string& name, const std::string& shape, const std::map<std::string, double>& rates,
           const std::string& ours, const std::vector<std::string>& theirs) {
    double best = 0;
    for (const auto& peer : theirs)
      if (const auto at = rates.find(peer); at != rates.end()) best = std::max(best, at->second);
    const auto own = rates.find(ours);
    if (best == 0 || own == rates.end()) return;
    const double ratio = own->second / best;
    figure(name + "_" + shape, ratio, "times");
    const auto [at, first] = least_.try_emplace(name, ratio);
    if (first) names_.push_back(name);
    else at->second = std::min(at->second, ratio);
  }
  void print() const {
    for (const auto& name : names_) figure(name, least_.at(name), "times");
  }

private:
  std::vector<std::string> names_;
  std::map<std::string, double> least_;
};

template <encoding In, encoding Weights>
call ours(const minnow::geometry& g) {
  return bench::make_sums<In, Weights>(bench::make_operands<In, Weights>(g));
}

call theirs(std::string_view name, task what, const minnow::geometry& g) {
  const auto* peer = bench::peers::find(name);
  return peer == nullptr ? call{} : peer->make(what, g);
}

void print(const std::string& shape, const std::map<std::string, double>& rates) {
  for (const auto& [name, rate] : rates) figure(name + "_" + shape, rate, "MAC/cycle");
}

/// Adds two ratios. The first compares minnow with the faster of oneDNN's matrix product and convolution. The second
/// compares it with oneDNN's convolution, because only the convolution computes the same layer.
void against_onednn(ratios& all, const std::string& pair, const std::string& peer, const std::string& shape,
                    const std::map<std::string, double>& rates) {
  all.add(pair + "_vs_" + peer, shape, rates, pair, {peer + "_matmul", peer + "_conv"});
  all.add(pair + "_vs_" + peer + "_conv", shape, rates, pair, {peer + "_conv"});
}

void convolutions() {
  ratios all;
  for (const auto& [name, g] : bench::convolutions()) {
    const double inside = bench::macs_inside(g);
    const auto whole = static_cast<double>(g.macs());

    contest integers;
    integers.add(
        "conv_1x1", inside,
        bench::make_codes<encoding::bit, encoding::bit>(bench::make_operands<encoding::bit, encoding::bit>(g)));
    integers.add("conv_1x1_sums", inside, ours<encoding::bit, encoding::bit>(g));
    integers.add("conv_1x2", inside, ours<encoding::bit, encoding::ternary>(g));
    integers.add("conv_2x1", inside, ours<encoding::ternary, encoding::bit>(g));
    integers.add("conv_2x2", inside, ours<encoding::ternary, encoding::ternary>(g));
    integers.add("conv_i8", inside, ours<encoding::byte, encoding::byte>(g));
    integers.add("conv_w4a8", inside, ours<encoding::byte, encoding::nibble>(g));
    integers.add("conv_3x3", inside, ours<encoding::power_of_two, encoding::power_of_two>(g));
    integers.add("openblas_sgemm", whole, theirs("OpenBLAS", task::float_matrix, g));
    integers.add("onednn_int8_matmul", whole, theirs("oneDNN", task::byte_matrix, g));
    integers.add("onednn_int8_conv", inside, theirs("oneDNN", task::byte_convolution, g));
    integers.add("xnnpack_qs8_conv", inside, theirs("XNNPACK", task::byte_convolution, g));
    integers.add("naive", whole, theirs("naive", task::bit_matrix, g));
    const auto rates = integers.run({.seconds = 3});
    print(name, rates);
    all.add("conv_1x1_vs_openblas", name, rates, "conv_1x1", {"openblas_sgemm"});
    for (const std::string pair : {"conv_1x1", "conv_1x2", "conv_2x2", "conv_i8", "conv_w4a8", "conv_3x3"})
      against_onednn(all, pair, "onednn_int8", name, rates);
    all.add("conv_1x1_vs_xnnpack_qs8", name, rates, "conv_1x1", {"xnnpack_qs8_conv"});
    all.add("conv_1x1_vs_naive", name, rates, "conv_1x1", {"naive"});

    contest reals;
    reals.add("conv_16x1", inside, ours<encoding::half, encoding::bit>(g));
    reals.add("conv_16x2", inside, ours<encoding::half, encoding::ternary>(g));
    reals.add("conv_16x3", inside, ours<encoding::half, encoding::power_of_two>(g));
    reals.add("onednn_f32_matmul", whole, theirs("oneDNN", task::float_matrix, g));
    reals.add("onednn_f32_conv", inside, theirs("oneDNN", task::float_convolution, g));
    const auto real_rates = reals.run({.seconds = 3});
    print(name, real_rates);
    for (const std::string pair : {"conv_16x1", "conv_16x2", "conv_16x3"})
      against_onednn(all, pair, "onednn_f32", name, real_rates);
  }
  for (const auto& [name, g] : bench::depthwise_convolutions()) {
    const double inside = bench::macs_inside(g);
    contest depthwise;
    depthwise.add("depthwise_i8", inside,
                  bench::make_sums<encoding::byte, encoding::byte, bench::kernels::best, true>(
                      bench::make_operands<encoding::byte, encoding::byte>(g)));
    depthwise.add("onednn_int8_depthwise", inside, theirs("oneDNN", task::byte_convolution, g));
    const auto rates = depthwise.run({.seconds = 2});
    print(name, rates);
    all.add("depthwise_i8_vs_onednn_int8", name, rates, "depthwise_i8", {"onednn_int8_depthwise"});
  }
  all.print();
}

void rows() {
  const auto [name, g] = bench::one_row();
  const auto macs = static_cast<double>(g.macs());
  const std::vector<std::string> halves{"gemv_16x1", "gemv_16x2", "gemv_16x3"};
  contest row;
  row.add("gemv_1x1", macs, ours<encoding::bit, encoding::bit>(g));
  row.add("gemv_2x2", macs, ours<encoding::ternary, encoding::ternary>(g));
  row.add("gemv_i4", macs, ours<encoding::byte, encoding::nibble>(g));
  row.add("gemv_i8", macs, ours<encoding::byte, encoding::byte>(g));
  row.add(halves[0], macs, ours<encoding::half, encoding::bit>(g));
  row.add(halves[1], macs, ours<encoding::half, encoding::ternary>(g));
  row.add(halves[2], macs, ours<encoding::half, encoding::power_of_two>(g));
  row.add("openblas_sgemv", macs, theirs("OpenBLAS", task::float_row, g));
  const auto rates = row.run({.seconds = 5});
  print(name, rates);
  if (!rates.contains("openblas_sgemv")) return;
  const auto ratio = [&](const std::string& ours) { return rates.at(ours) / rates.at("openblas_sgemv"); };
  for (const std::string pair : {"gemv_1x1", "gemv_2x2", "gemv_i4", "gemv_i8"})
    figure(pair + "_vs_sgemv", ratio(pair), "times");
  for (const auto& pair : halves) figure(pair + "_vs_sgemv", ratio(pair), "times");
  figure("gemv_16xN_vs_sgemv", std::min({ratio(halves[0]), ratio(halves[1]), ratio(halves[2])}), "times");
}

/// Compares one row of bytes by weights of few bits with ggml, and measures the speedup of a second thread.
void code_rows() {
  ratios all;
  for (const auto& [name, g] : bench::large_layers()) {
    const auto macs = static_cast<double>(g.macs());
    const auto ternary = bench::make_operands<encoding::byte, encoding::ternary>(g);
    contest row;
    row.add("gemv_8x1", macs, ours<encoding::byte, encoding::bit>(g));
    row.add("gemv_8x2", macs, bench::make_sums<encoding::byte, encoding::ternary>(ternary));
    row.add("gemv_8x3", macs, ours<encoding::byte, encoding::power_of_two>(g));
    row.add("gemv_8x4", macs, ours<encoding::byte, encoding::nibble>(g));
    row.add("ggml_tq2_0", macs, theirs("ggml", task::ternary_row, g));
    row.add("ggml_q4_0", macs, theirs("ggml", task::nibble_row, g));
    const auto rates = row.run({.seconds = 3});
    print(name, rates);
    all.add("gemv_8x2_vs_ggml", name, rates, "gemv_8x2", {"ggml_tq2_0"});
    all.add("gemv_8x4_vs_ggml", name, rates, "gemv_8x4", {"ggml_q4_0"});
#ifdef _OPENMP
    // Cycles are not comparable between one and two threads, so this figure is a ratio of seconds.
    minnow::set_threads(2);
    const auto taken = bench::alternate({bench::make_sums<encoding::byte, encoding::ternary>(ternary),
                                         bench::make_sums<encoding::byte, encoding::ternary>(ternary, 2)},
                                        {.seconds = 2});
    minnow::set_threads(1);
    figure("gemv_threads_2_speedup_" + name, taken[0].seconds / taken[1].seconds, "times");
#endif
  }
  all.print();
}

/// Compares the forward float products of training. `float_conv` is minnow's convolution, which reads feature maps.
/// OpenBLAS multiplies windows that are gathered before the measurement (im2col); `sgemm` is minnow's product of the
/// same matrices.
void floats() {
  ratios all;
  for (const auto& [name, g] : bench::float_products()) {
    constexpr int rows = 4096;
    const bool is_conv = g.kernel != minnow::extent{1, 1};
    const int images = is_conv ? rows / g.out.pixels() : 1;
    const minnow::geometry gathered =
        minnow::window_over({images * g.out.pixels(), 1, g.inputs()}, g.out.channels, {1, 1}, {1, 1}, {0, 0});
    const auto macs = static_cast<double>(gathered.macs());
    contest products;
    products.add("sgemm", macs, bench::make_floats(gathered, 1));
    if (is_conv) products.add("float_conv", macs, bench::make_floats(g, images));
    products.add("openblas_sgemm", macs, theirs("OpenBLAS", task::float_matrix, gathered));
    const auto rates = products.run({.seconds = 2});
    print(name, rates);
    all.add("sgemm_vs_openblas", name, rates, "sgemm", {"openblas_sgemm"});
    all.add("float_conv_vs_openblas", name, rates, "float_conv", {"openblas_sgemm"});
  }
  all.print();
}

void networks(bench::peers::torch& torch) {
  using scheme = minnow::minw<1, 1>;
  bench::peers::compare<bench::model_a<scheme, minnow::real>>("model_a", "model_a", torch);
  bench::peers::compare<bench::model_d<scheme, minnow::real>>("model_d", "model_d", torch);
  bench::peers::compare<bench::model_a<scheme>>("model_a_bytes", "model_a", torch);
  bench::peers::compare<bench::model_d<scheme>>("model_d_bytes", "model_d", torch);
}

void skip(const char* name, const char* package) { std::printf("skipped: %s (%s) not found\n", name, package); }

void introduce(const char* name, const char* package) {
  if (const auto* peer = bench::peers::find(name)) std::printf("peer: %s %s\n", name, peer->about().c_str());
  else skip(name, package);
}

}  // namespace

int main(int argc, char** argv) try {
  const auto wanted = [&](std::string_view part) {
    return argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* argument) { return part == argument; });
  };
#ifdef _OPENMP
  omp_set_num_threads(1);
#endif
  std::printf("minnow: %s\n", minnow::kernels::arch_name<minnow::kernels::best>());
  introduce("OpenBLAS", "libopenblas-dev");
  introduce("oneDNN", "libdnnl-dev");
  introduce("XNNPACK", "libxnnpack-dev libpthreadpool-dev");
  introduce("ggml", "libggml-dev");
  introduce("naive", "");
  std::fflush(stdout);
  if (wanted("convolutions")) convolutions();
  if (wanted("rows")) {
    rows();
    code_rows();
  }
  if (wanted("floats")) floats();
  if (wanted("networks")) {
    bench::peers::torch torch(MINNOW_BENCH_PYTHON, MINNOW_BENCH_TORCH_SCRIPT);
    if (torch.available()) {
      std::printf("peer: PyTorch %s\n", torch.about().c_str());
      networks(torch);
    } else {
      skip("PyTorch", "python3-torch");
    }
  }
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_peers: %s\n", e.what());
  return 2;
}
