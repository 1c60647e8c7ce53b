#pragma once

#include <minnow/files/network_file.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/files/check_states.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

/// The sections of a network's file.
///
/// Network  network_base to read a file, const network_base to write one
template <class Network>
std::vector<file_section> network_sections(Network& net, normalization& n) {
  using value = std::conditional_t<std::is_const_v<Network>, const float, float>;
  std::vector<file_section> sections{{"", "mean", n.mean}, {"", "stddev", n.stddev}};
  net.arrays([&](std::string_view path, std::string_view name, std::span<value> values) {
    sections.emplace_back(path, name, values);
  });
  return sections;
}

MINNOW_COLD status write_network(const char* path, const network_base& net) noexcept {
  return within_memory(path, [&] {
    normalization n = net.input_normalization().of_channels(net.input().channels);
    const auto sections = network_sections(net, n);
    return write_container(path, file_kind::network, net.fingerprint(), sections,
                           [&](std::span<const std::byte> file, std::span<const std::size_t> offsets) {
                             const status s = check_sections(file, path, sections, offsets);
                             return s ? net.check_states(path) : s;
                           });
  });
}

MINNOW_COLD status read_network(const char* path, network_base& net, layer_namer* layer_name) noexcept {
  return reading(path, a_minnow_file, [&]() -> status {
    const auto channels = index(net.input().channels);
    normalization n{std::vector<float>(channels), std::vector<float>(channels)};
    const auto sections = network_sections(net, n);
    const auto lengths = lengths_of(sections);
    const auto offsets = section_offsets(lengths);
    std::vector<std::byte> file;
    if (const status s = read_whole(path, offsets.back(), file); !s) return s;
    const expected_model model{net.fingerprint(), sections, layer_name};
    if (const status s = check_container(file, path, file_kind::network, model, lengths); !s) return s;
    if (const status s = check_sections(file, path, sections, offsets); !s) return s;
    if (const status s = check_states(file, path, sections, offsets, net); !s) return s;
    take_sections(file, sections, offsets);
    net.normalize(std::move(n));
    return {};
  });
}

}  // namespace minnow::detail
