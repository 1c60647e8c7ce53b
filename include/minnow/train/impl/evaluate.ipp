#pragma once

#include <minnow/train/evaluate.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

#include <minnow/core/classify.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow::detail {

template <class Element>
int count_correct(network_base& net, const dataset<Element>& data, float alpha, bool requantize, int first, int last) {
  constexpr int batch = 128;
  const auto classes = index(net.outputs());
  int right = 0;
  for (; first < last; first += batch) {
    const int images = std::min(batch, last - first);
    net.take(data, first, images);
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    for (int n = 0; n < images; ++n)
      right += argmax(z.subspan(index(n) * classes, classes)) == data.labels[index(first + n)];
  }
  return right;
}

template <class Element>
std::vector<float> logits(network_base& net, const dataset<Element>& data, float alpha, bool requantize) {
  check_data(net, data, "logits");
  constexpr int batch = 128;
  std::vector<float> result;
  result.reserve(index(data.size()) * index(net.outputs()));
  for (int first = 0; first < data.size(); first += batch) {
    net.take(data, first, std::min(batch, data.size() - first));
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    result.insert(result.end(), z.begin(), z.end());
  }
  return result;
}

template <class Element>
std::vector<int> predict(network_base& net, const dataset<Element>& data, float alpha, bool requantize) {
  const auto z = logits(net, data, alpha, requantize);
  const auto classes = index(net.outputs());
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

template <class Element>
double accuracy(network_base& net, const dataset<Element>& data, float alpha, bool requantize) {
  check_labels(net, data, "accuracy");
  return minnow::accuracy(predict(net, data, alpha, requantize), data.labels);
}

}  // namespace minnow::detail
