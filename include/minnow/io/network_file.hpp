#pragma once

#include <span>
#include <vector>

#include <minnow/io/container.hpp>
#include <minnow/train/network.hpp>

/// Files of trainable networks. Sections: the mean and the deviation of each image channel, then every array of every
/// layer in order (weights, batch norm, quantizers' states). Estimators are not part of them.
namespace minnow {

namespace detail {

template <class Network>
std::vector<std::span<std::byte>> network_sections(Network& net, std::span<float> mean, std::span<float> deviation,
                                                   std::vector<section_label>* labels = nullptr) {
  std::vector<std::span<std::byte>> sections{std::as_writable_bytes(mean), std::as_writable_bytes(deviation)};
  if (labels != nullptr) *labels = {{"input", "mean"}, {"input", "deviation"}};
  net.arrays([&](std::string_view path, std::string_view array, std::span<float> values) {
    sections.push_back(std::as_writable_bytes(values));
    if (labels != nullptr) labels->push_back({path, array});
  });
  return sections;
}

}  // namespace detail

/// Writes a trainable network.
template <class Model, class W, class I>
[[nodiscard]] status write(const char* path, const network<Model, W, I>& net) noexcept {
  normalisation n = net.input_normalisation().of_channels(flat<Model>::input.channels);
  // Visiting arrays hands out spans that a reader fills; writing only looks at them.
  const auto sections = detail::network_sections(const_cast<network<Model, W, I>&>(net), n.mean, n.deviation);
  const std::vector<std::span<const std::byte>> bytes(sections.begin(), sections.end());
  return detail::write_container(path, detail::file_kind::network, flat<Model>::fingerprint, bytes);
}

/// Reads a trainable network; any estimators may be chosen anew.
template <class Model, class W, class I>
[[nodiscard]] status read(const char* path, network<Model, W, I>& net) noexcept {
  constexpr auto channels = static_cast<std::size_t>(flat<Model>::input.channels);
  normalisation n{std::vector<float>(channels), std::vector<float>(channels)};
  std::vector<detail::section_label> labels;
  const auto sections = detail::network_sections(net, n.mean, n.deviation, &labels);
  const detail::expected_model model(flat<Model>::fingerprint, labels, &detail::layer_name_in<flat<Model>>);
  if (const status s = detail::read_container(path, detail::file_kind::network, model, sections); !s) return s;
  net.normalise(std::move(n));
  return {};
}

}  // namespace minnow
