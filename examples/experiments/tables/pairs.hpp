#pragma once

// Trains Models A to D for one number of input bits and every number of weight bits.

#include <algorithm>
#include <string>
#include <vector>

#include <minnow/zoo/convnet.hpp>

#include "../run.hpp"

/// Divisor of the models' widths. The narrow models train in minutes. Model A is still the largest and Model D the
/// smallest.
inline constexpr int narrower = 4;

template <int Inputs, int Weights, int Channels, int Hidden1, int Hidden2>
struct narrow : mn::zoo::convnet<mn::zoo::image_schemes<mn::minw<Inputs, Weights>>, Channels / narrower,
                                 Hidden1 / narrower, Hidden2 / narrower, classes> {};

/// The models and the pairs of bits that a program runs.
struct table {
  task& t;
  std::vector<std::string> models;
  std::vector<std::string> pairs;
  std::vector<float> rates;  ///< Adam's initial rates for weights of 1, of 2 or 3, and of 16 or 32 bits
};

template <int Inputs, int Weights>
void run_pair(table& all, int seed) {
  const std::string pair = std::to_string(Inputs) + "x" + std::to_string(Weights);
  const auto wanted = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!wanted(all.pairs, pair)) return;
  const float rate = all.rates[Weights == 1 ? 0 : Weights <= 3 ? 1 : 2];
  if (wanted(all.models, "a")) run_all<narrow<Inputs, Weights, 128, 512, 2048>>(all.t, "a " + pair, seed, rate);
  if (wanted(all.models, "b")) run_all<narrow<Inputs, Weights, 64, 512, 2048>>(all.t, "b " + pair, seed, rate);
  if (wanted(all.models, "c")) run_all<narrow<Inputs, Weights, 64, 256, 1024>>(all.t, "c " + pair, seed, rate);
  if (wanted(all.models, "d")) run_all<narrow<Inputs, Weights, 64, 128, 512>>(all.t, "d " + pair, seed, rate);
}

/// Runs the rows of the paper's Table I for inputs of `Inputs` bits. The specializations are in several translation
/// units, compiled in parallel.
template <int Inputs>
void run_inputs(table& all, int seed);
template <>
void run_inputs<1>(table& all, int seed);
template <>
void run_inputs<2>(table& all, int seed);
template <>
void run_inputs<3>(table& all, int seed);
template <>
void run_inputs<16>(table& all, int seed);
template <>
void run_inputs<32>(table& all, int seed);
