#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <minnow/files/container.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow::detail {

/// Checks the quantizers' states in a file by the quantizers' own bounds. The lengths in the file must have been
/// checked. Leaves the network as it was.
///
/// sections   spans into the network's arrays, in the file's order
inline status check_states(std::span<const std::byte> file, const char* name, std::span<const file_section> sections,
                           std::span<const std::size_t> offsets, network_base& net) {
  const auto exchange = [&](auto&& each) {
    for (std::size_t i = 0; i < sections.size(); ++i)
      if (sections[i].array == "state" && !sections[i].bytes.empty())
        each(i, std::span(sections[i].target, sections[i].bytes.size()));
  };
  std::vector<std::byte> before;
  exchange([&](std::size_t i, std::span<std::byte> bytes) {
    before.insert(before.end(), bytes.begin(), bytes.end());
    std::memcpy(bytes.data(), file.data() + offsets[i], bytes.size());
  });
  const status said = net.check_states(name);
  std::size_t at = 0;
  exchange([&](std::size_t, std::span<std::byte> bytes) {
    std::memcpy(bytes.data(), before.data() + at, bytes.size());
    at += bytes.size();
  });
  return said;
}

}  // namespace minnow::detail
