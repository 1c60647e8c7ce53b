#include "networks.hpp"

namespace {

template <int Filters, class Scheme>
using unit = mn::chain<mn::conv<Filters, Scheme>, mn::batch_norm, mn::hard_tanh>;
template <int Filters, class Scheme>
using pooled = mn::chain<mn::conv<Filters, Scheme>, mn::max_pool<2>, mn::batch_norm, mn::hard_tanh>;

/// Model D, its widths divided by 4, with hard tanh as a layer, so that floats and all quantizers have it.
template <class Scheme>
struct blended : mn::model<mn::image<3, 32, 32>, unit<16, mn::scheme<mn::real, typename Scheme::weights>>,
                           pooled<16, Scheme>, unit<32, Scheme>, pooled<32, Scheme>, unit<64, Scheme>,
                           pooled<64, Scheme>, mn::chain<mn::dense<32, Scheme>, mn::batch_norm, mn::hard_tanh>,
                           mn::chain<mn::dense<128, Scheme>, mn::batch_norm, mn::hard_tanh>,
                           mn::chain<mn::dense<classes, Scheme>, mn::batch_norm>> {};

using floats = blended<mn::scheme<mn::real, mn::real>>;
using float_network = mn::network<floats, chosen>;

/// Trains the float network of one seed from which the other networks start, or reads it if it is in the folder of the
/// results.
float_network trained_floats(study& s, int seed) {
  const fs::path file = fs::path(s.o().out) / ("floats-" + std::to_string(seed) + ".mnn");
  const auto run = [&](task& t, const std::string& row, int run_seed, float rate) {
    chosen::choose("ste");
    run_one<floats, chosen>(t, row, run_seed, adam_of(t.o, rate), mn::constant{1}, unchanged{},
                            [&](float_network& net) {
                              if (&t == &s.runs()) mn::save(net, file.string());
                            });
  };
  s.train("floats", seed, run);
  chosen::choose("ste");
  return mn::load<float_network>(file.string());
}

template <class Scheme>
void run(study& s, int seed, const std::string& bits, float_network& from) {
  const auto with = [&](const std::string& estimator) {
    return [&, estimator](task& t, const std::string& row, int run_seed, float rate) {
      chosen::choose(estimator);
      run_one<blended<Scheme>, chosen>(t, row, run_seed, adam_of(t.o, rate), chosen::now->schedule, [&](auto& net) {
        mn::copy_weights(from, net);
        mn::calibrate(net, t.data.train);
      });
    };
  };
  const float rate = s.best_rate(bits + " ste", with("ste"));
  s.train_at(rate, bits + " ste", seed, with("ste"));
  s.train_at(rate, bits + " alpha_blend", seed, with("alpha_blend"));
  s.train_at(2.5f * rate, bits + " alpha_blend at 2.5 times the rate", seed, with("alpha_blend"));
}

}  // namespace

void run_blending(study& s, int seed) {
  float_network from = trained_floats(s, seed);
  run<mn::minw<1, 1>>(s, seed, "1x1", from);
  run<mn::scheme<mn::integer<4>, mn::integer<4>>>(s, seed, "4x4", from);
}

void answer_blending(const results& found) {
  for (const std::string bits : {"1x1", "4x4"}) {
    found.compare(bits + " alpha_blend", bits + " ste");
    found.compare(bits + " alpha_blend at 2.5 times the rate", bits + " ste");
    found.compare(bits + " ste", "floats");
  }
}
