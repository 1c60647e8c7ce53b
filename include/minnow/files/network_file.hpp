#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/files/check_states.hpp>
#include <minnow/files/container.hpp>
#include <minnow/train/network.hpp>

/// Files of trainable networks. Sections: the mean and the standard deviation of each image channel, then every array
/// of every layer in order (weights, batch norm, quantizers' states). Estimators are not stored.
namespace minnow {

namespace detail {

/// The sections of a network's file.
///
/// Network  const for writing
template <class Network>
std::vector<file_section> network_sections(Network& net, normalization& n) {
  using value = std::conditional_t<std::is_const_v<Network>, const float, float>;
  std::vector<file_section> sections{{"", "mean", n.mean}, {"", "stddev", n.stddev}};
  net.arrays([&](std::string_view path, std::string_view name, std::span<value> values) {
    sections.emplace_back(path, name, values);
  });
  return sections;
}

}  // namespace detail

/// Writes a trainable network.
///
/// refuses   numbers that `read` would refuse
template <class Model, class Weights, class Inputs>
[[nodiscard]] status write(const char* path, const network<Model, Weights, Inputs>& net) noexcept {
  return detail::within_memory(path, [&] {
    normalization n = net.input_normalization().of_channels(layer_graph<Model>::input.channels);
    const auto sections = detail::network_sections(net, n);
    return detail::write_container(path, detail::file_kind::network, layer_graph<Model>::fingerprint, sections,
                                   [&](auto file, auto offsets) {
                                     const status s = detail::check_sections(file, path, sections, offsets);
                                     return s ? net.check_states(path) : s;
                                   });
  });
}

/// Reads a trainable network. Its estimators may differ from the writer's.
///
/// refuses   damaged files, files of other models, and numbers that no network has: a NaN, an infinity, a negative
///           variance, a standard deviation that is not above 0; `net` is then unchanged
template <class Model, class Weights, class Inputs>
[[nodiscard]] status read(const char* path, network<Model, Weights, Inputs>& net) noexcept {
  return detail::reading(path, detail::a_minnow_file, [&]() -> status {
    constexpr auto channels = index(layer_graph<Model>::input.channels);
    normalization n{std::vector<float>(channels), std::vector<float>(channels)};
    const auto sections = detail::network_sections(net, n);
    const auto lengths = detail::lengths_of(sections);
    const auto offsets = detail::section_offsets(lengths);
    std::vector<std::byte> file;
    if (const status s = detail::read_whole(path, offsets.back(), file); !s) return s;
    const detail::expected_model model{layer_graph<Model>::fingerprint, sections,
                                       &detail::layer_name_in<layer_graph<Model>>};
    if (const status s = detail::check_container(file, path, detail::file_kind::network, model, lengths); !s) return s;
    if (const status s = detail::check_sections(file, path, sections, offsets); !s) return s;
    if (const status s = detail::check_states(file, path, sections, offsets, net); !s) return s;
    detail::take_sections(file, sections, offsets);
    net.normalize(std::move(n));
    return {};
  });
}

}  // namespace minnow
