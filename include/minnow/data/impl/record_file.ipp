#pragma once

#include <minnow/data/record_file.hpp>

#include <algorithm>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_INLINE status check_label(const record_format& format, int label, const std::string& path,
                                 std::uint64_t record) noexcept {
  if (label < format.classes) return {};
  return status::failure("%s: expected labels 0 to %d, found %d in record %llu", path.c_str(), format.classes - 1,
                         label, static_cast<unsigned long long>(record));
}

MINNOW_INLINE status read_labels(const std::string& path, const record_format& format, watched_file& file,
                                 std::vector<std::byte>& labels) {
  if (const status outcome = file.open(path); !outcome) return outcome;
  const std::uint64_t record = format.bytes();
  if (file.size() % record != 0)
    return status::failure("%s: expected a multiple of %llu bytes (a record), found %llu", path.c_str(),
                           static_cast<unsigned long long>(record), static_cast<unsigned long long>(file.size()));
  // Small records are read whole, many at a time. For large records, only the label is read.
  const bool whole_records = record <= 16384;
  const auto label_at = static_cast<std::uint64_t>(format.label_at),
             width = static_cast<std::uint64_t>(format.label_width);
  const std::uint64_t together = whole_records ? (1 << 20) / record : 1;
  std::vector<std::byte> bytes;
  for (std::uint64_t at = 0; at < file.size(); at += together * record) {
    const std::uint64_t count = std::min(together, (file.size() - at) / record);
    bytes.resize(index(whole_records ? count * record : width));
    if (const status outcome = file.read(whole_records ? at : at + label_at, bytes); !outcome) return outcome;
    for (std::uint64_t r = 0; r < count; ++r) {
      const std::byte* of_label = bytes.data() + (whole_records ? r * record + label_at : 0);
      if (const status outcome = check_label(format, format.label_at_bytes(of_label), path, at / record + r); !outcome)
        return outcome;
      labels.insert(labels.end(), of_label, of_label + width);
    }
  }
  file.close();
  return {};
}

}  // namespace minnow::detail
