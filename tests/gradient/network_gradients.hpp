#pragma once

// Compares all gradients of a float network with finite differences of a forward pass in double precision.

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <minnow/train/loss.hpp>
#include <minnow/train/network.hpp>

#include "finite_difference.hpp"
#include "single_layer.hpp"

namespace minnow::test {

/// A network's parameters or their gradients, with path and name as the key: "2.0 weights".
using parameter_map = std::map<std::string, numbers>;

/// Returns the mean loss of logits (N,classes).
inline double cross_entropy_of(const numbers& logits, const std::vector<int>& labels) {
  const std::size_t classes = logits.size() / labels.size();
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(logits[classes * i + c]);
    loss += std::log(sum) - logits[classes * i + static_cast<std::size_t>(labels[i])];
  }
  return loss / static_cast<double>(labels.size());
}

/// Checks the gradients of one step. The batch has one image per label. Returns how many parameters were checked.
///
/// loss_of   double (const parameter_map&, const numbers& images, const std::vector<int>& labels)
template <class Model, class Loss>
std::size_t check_gradients(const std::vector<int>& labels, Loss&& loss_of) {
  network<Model> net{seed{1}};
  const int images = static_cast<int>(labels.size());
  const auto x = uniform(images * layer_graph<Model>::input.size(), 2);
  std::copy(x.begin(), x.end(), net.prepare(images).begin());
  const pass p{.mode = mode::train};
  const auto z = net.forward(p);
  std::vector<float> gradient(z.size());
  const double loss = cross_entropy{}(z, labels, gradient);
  net.backward(gradient, p);

  parameter_map parameters;
  std::map<std::string, std::vector<float>> gradients;
  net.parameters([&](std::string_view path, const parameter& q) {
    const std::string key = std::string(path) + " " + std::string(q.name);
    parameters[key] = numbers(q.value.begin(), q.value.end());
    gradients[key].assign(q.gradient.begin(), q.gradient.end());
  });
  CHECK(std::abs(loss - loss_of(parameters, widened(x), labels)) <= 1e-6);

  // The step is so small that no layer's input crosses a kink, for example 0 in ReLU. The rounding of doubles
  // contributes an error of 1e-15 / step. The library computes in floats, through 14 layers with sums of up to 100
  // terms. So the norm of a gradient's error may be a few hundred times 2^-24 times the gradient's norm.
  for (const auto& parameter : parameters) {
    const std::string& key = parameter.first;  // clang 16 cannot capture a structured binding under OpenMP
    CAPTURE(key);
    auto moved = parameters;
    const numbers expected = finite_differences(
        [&](const numbers& v) {
          moved[key] = v;
          return loss_of(moved, widened(x), labels);
        },
        parameter.second, 1e-6);
    double difference = 0;
    double whole = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      difference += std::pow(static_cast<double>(gradients[key][i]) - expected[i], 2);
      whole += expected[i] * expected[i];
    }
    CHECK(whole > 1e-8);
    CHECK(std::sqrt(difference) <= 1e-5 * std::sqrt(whole));
  }
  return parameters.size();
}

}  // namespace minnow::test
