// Measures whole packed networks on one thread, for one image and for 64 images at once, and the speedup from a second
// thread.
//
// usage: bench_networks [PART-OF-NAME]      model_a_1x2: inputs x weights, of bits

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "measure.hpp"
#include "models.hpp"

namespace {

template <class Model>
void measure(const std::string& name, std::string_view wanted) {
  if (name.find(wanted) == std::string::npos) return;
  using packed = bench::mn::packed<Model>;
  constexpr int batch = 64;
  const auto network = std::make_shared<const packed>(bench::untrained<Model>());
  const auto taken = bench::alternate({bench::make_run<Model>(network, 1), bench::make_run<Model>(network, batch)});
  const bench::timing& one = taken[0];
  const bench::timing& many = taken[1];
  bench::figure(name + "_image", one.seconds * 1e6, "us");
  bench::figure(name + "_rate", bench::macs_of<Model>() / one.cycles, "MAC/cycle");
  bench::figure(name + "_batch_64", batch / many.seconds, "images/s");
  bench::figure(name + "_batch_64_rate", batch * bench::macs_of<Model>() / many.cycles, "MAC/cycle");
  bench::figure(name + "_arena", static_cast<double>(bench::mn::session<packed>::arena_bytes()), "bytes");
  bench::figure(name + "_weights", static_cast<double>(packed::weight_bits()) / 8, "bytes");
}

template <template <class, class> class Model>
void at_all_widths(const std::string& name, std::string_view wanted) {
  using bench::mn::minw;
  using bench::mn::pixels;
  measure<Model<minw<1, 1>, pixels>>(name + "_1x1", wanted);
  measure<Model<minw<1, 2>, pixels>>(name + "_1x2", wanted);
  measure<Model<minw<2, 1>, pixels>>(name + "_2x1", wanted);
  measure<Model<minw<2, 2>, pixels>>(name + "_2x2", wanted);
}

/// Compares 64 images on two threads with 64 images on one.
template <class Model>
void measure_threads(std::string_view wanted) {
  const std::string name = "threads_2_speedup";
  if (name.find(wanted) == std::string::npos) return;
  constexpr int batch = 64;
  bench::mn::set_threads(2);
  const auto network = std::make_shared<const bench::mn::packed<Model>>(bench::untrained<Model>());
  const auto taken =
      bench::alternate({bench::make_run<Model>(network, batch, 1), bench::make_run<Model>(network, batch, 2)},
                       {.samples = 21, .seconds = 5});
  bench::figure(name, taken[0].seconds / taken[1].seconds, "times");
  bench::mn::set_threads(0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  at_all_widths<bench::model_a>("model_a", wanted);
  at_all_widths<bench::model_b>("model_b", wanted);
  at_all_widths<bench::model_c>("model_c", wanted);
  at_all_widths<bench::model_d>("model_d", wanted);
  at_all_widths<bench::binary_net>("binary_net", wanted);
  using bench::mn::minw;
  using bench::mn::real;
  measure_threads<bench::model_a<minw<1, 1>, bench::mn::pixels>>(wanted);
  measure<bench::model_d<minw<3, 3>>>("model_d_3x3", wanted);
  measure<bench::model_a<minw<1, 1>, real>>("model_a_1x1_floats", wanted);
  measure<bench::model_d<minw<1, 1>, real>>("model_d_1x1_floats", wanted);
}
