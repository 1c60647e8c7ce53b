#pragma once

#include <minnow/files/any_model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/reading.hpp>

namespace minnow::detail {

MINNOW_COLD status read_any(const char* path, std::span<const packed_choice> choices, void* variant) noexcept {
  return reading(path, a_minnow_file, [&]() -> status {
    std::vector<std::byte> head;
    if (const status s = read_whole(path, file_header, head); !s) return s;
    const bool ours = head.size() >= file_header && std::memcmp(head.data(), file_magic.data(), file_magic.size()) == 0;
    const std::uint64_t found = ours ? get<std::uint64_t>(head, 16) : 0;
    // A file of another kind is passed to the first model's reader, which refuses it.
    for (const packed_choice& one : choices)
      if (!ours || found == one.fingerprint || choices.size() == 1) return one.read_into(variant, path);
    std::string differences;
    std::size_t number = 0;
    const auto compare = [&](const packed_target& one) {
      ++number;
      const packed_reading reading = one.sections(one.network);
      const auto lengths = lengths_of(reading.sections);
      std::vector<std::byte> table;
      if (const status s = read_whole(path, file_header + 8 * lengths.size(), table); !s) return s;
      const expected_model model{one.fingerprint, reading.sections, one.layer_name};
      differences += "; of model " + std::to_string(number) + " " +
                     first_difference(model, lengths,
                                      std::span<const std::byte>(table).subspan(std::min(table.size(), file_header)),
                                      get<std::uint32_t>(head, 32));
      return status();
    };
    for (const packed_choice& one : choices)
      if (const status s = one.with_new(compare); !s) return s;
    return status::failure("%s: expected one of %zu models, found another model's file, with the fingerprint %016llx%s",
                           path, choices.size(), static_cast<unsigned long long>(found), differences.c_str());
  });
}

}  // namespace minnow::detail
