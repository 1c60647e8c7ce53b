#pragma once

// The networks of the claims: Models A and D of MINW-Net, their widths divided by 4. Images are normalized floats, as in
// the paper, so only the weights of the first layer are quantized.

#include <minnow/zoo/convnet.hpp>

#include "../study.hpp"

template <class Scheme>
using float_images = mn::zoo::image_schemes<Scheme, mn::real>;

template <int Inputs, int Weights>
struct narrow_a : mn::zoo::convnet<float_images<mn::minw<Inputs, Weights>>, 32, 128, 512, classes> {};

template <int Inputs, int Weights>
struct narrow_d : mn::zoo::convnet<float_images<mn::minw<Inputs, Weights>>, 16, 32, 128, classes> {
  using scheme = mn::minw<Inputs, Weights>;
  using front = mn::model<mn::image<3, 32, 32>,
                          mn::chain<mn::conv<16, mn::scheme<mn::real, typename scheme::weights>>, mn::batch_norm>>;
  static constexpr mn::literal second = "1.0";
};

/// Trains a network with the estimator of this name at the best rate.
///
/// schedule   a name of `schedule_of`
template <class Model>
void run_claim(study& s, int seed, const std::string& row, const std::string& estimator,
               const std::string& schedule = "own") {
  s.train(row, seed, [&](task& t, const std::string& name, int run_seed, float rate) {
    chosen::choose(estimator);
    run_one<Model, chosen>(t, name, run_seed, adam_of(t.o, rate), schedule_of(schedule, chosen::now->schedule));
  });
}

// One function for each claim, in a separate translation unit. `run_…` trains the networks of one seed, `answer_…`
// prints comparisons in words.

void run_lead(study& s, int seed);
void answer_lead(const results& found);
void run_levels(study& s, int seed);
void answer_levels(const results& found);
void run_bits(study& s, int seed);
void answer_bits(const results& found);
void run_resnet(study& s, int seed);
void answer_resnet(const results& found);
void run_blending(study& s, int seed);
void answer_blending(const results& found);
void run_schedules(study& s, int seed);
void answer_schedules(const results& found);
