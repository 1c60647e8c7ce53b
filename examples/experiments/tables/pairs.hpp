#pragma once

// Models A to D for all weights beside inputs of one number of bits.

#include <minnow/zoo/convnet.hpp>

#include "../run.hpp"

/// The models' widths are divided by this: they train in minutes, and keep their order of size.
inline constexpr int narrower = 4;

template <int Inputs, int Weights>
struct pair_schemes {
  using inner = mn::minw<Inputs, Weights>;
  using type = mn::zoo::schemes<inner, mn::scheme<mn::pixels, typename inner::weights>>;
};
template <int Inputs, int Weights, int Channels, int Hidden1, int Hidden2>
struct narrow : mn::zoo::convnet<typename pair_schemes<Inputs, Weights>::type, Channels / narrower, Hidden1 / narrower, Hidden2 / narrower> {};

/// Adam's first learning rate for weights of so many bits: what is best on Model D (docs/results.md).
constexpr float rate_for(int weights) { return weights == 1 ? 5e-3f : weights <= 3 ? 2e-2f : 1e-3f; }

template <int Inputs, int Weights>
void run_pair(task& t, int seed) {
  const std::string pair = std::to_string(Inputs) + "x" + std::to_string(Weights);
  run_all<narrow<Inputs, Weights, 128, 512, 2048>>(t, "a " + pair, seed, rate_for(Weights));
  run_all<narrow<Inputs, Weights, 64, 512, 2048>>(t, "b " + pair, seed, rate_for(Weights));
  run_all<narrow<Inputs, Weights, 64, 256, 1024>>(t, "c " + pair, seed, rate_for(Weights));
  run_all<narrow<Inputs, Weights, 64, 128, 512>>(t, "d " + pair, seed, rate_for(Weights));
}

/// The rows of Table I for inputs of so many bits: each a unit of its own.
template <int Inputs>
void run_inputs(task& t, int seed);
template <>
void run_inputs<1>(task& t, int seed);
template <>
void run_inputs<2>(task& t, int seed);
template <>
void run_inputs<3>(task& t, int seed);
template <>
void run_inputs<16>(task& t, int seed);
template <>
void run_inputs<32>(task& t, int seed);
