#include <minnow/zoo/resnet_cifar.hpp>

#include "networks.hpp"

namespace {

/// ResNet-20 with float inputs, hard tanh as its activation, and weights of the given bits in every layer.
template <int Weights>
struct resnet_20 : mn::zoo::resnet_cifar<20, float_images<mn::minw<32, Weights>>, classes> {};

/// Trains with the paper's optimizer. The rate falls after 32,000 and 38,000 of the paper's 64,000 steps, here after the
/// same fractions of the run.
template <class Model>
void run(study& s, int seed, const std::string& row, const std::string& estimator) {
  s.train(row, seed, [&](task& t, const std::string& name, int run_seed, float rate) {
    chosen::choose(estimator);
    const mn::sgd optimizer{.rate = rate,
                            .momentum = 0.9f,
                            .weight_decay = 1e-4f,
                            .decay = mn::step_rate{.at = {mn::fraction{0.5f}, mn::fraction{0.59375f}}, .factor = 0.1f}};
    run_one<Model, chosen>(t, name, run_seed, optimizer, chosen::now->schedule);
  });
}

}  // namespace

void run_resnet(study& s, int seed) {
  run<resnet_20<3>>(s, seed, "32x3 aqe", "aqe");
  run<resnet_20<3>>(s, seed, "32x3 ste", "ste");
  run<resnet_20<32>>(s, seed, "32x32", "ste");  // floats have no estimator
}

void answer_resnet(const results& found) {
  found.compare("32x3 aqe", "32x32");
  found.compare("32x3 ste", "32x32");
  found.compare("32x3 aqe", "32x3 ste");
}
