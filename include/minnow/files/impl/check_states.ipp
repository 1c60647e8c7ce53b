#pragma once

#include <minnow/files/check_states.hpp>

#include <cstring>
#include <vector>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD status check_states(std::span<const std::byte> file, const char* name,
                                std::span<const file_section> sections, std::span<const std::size_t> offsets,
                                network_base& net) {
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
