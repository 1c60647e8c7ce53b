#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>

/// Event files, which TensorBoard reads. A file is a sequence of records in the framing of TFRecord:
///
///   8 bytes   length of the data
///   4 bytes   masked CRC-32C of the length
///   n bytes   data: a protocol buffer, the message `Event`
///   4 bytes   masked CRC-32C of the data
///
/// Numbers are little-endian. The mask of a checksum is (crc >> 15 | crc << 17) + 0xa282ead8. The first event names the
/// version of the file, "brain.Event:2".
///
/// source  TensorFlow: core/lib/io/record_writer.h, core/util/event.proto, core/framework/summary.proto
namespace minnow::detail {

/// CRC-32C (Castagnoli), as in iSCSI.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes) noexcept;

/// A number with a name.
struct named_scalar {
  std::string_view name;
  float value = 0;
};

/// Returns the record of an event. Without scalars, it is the event that names the version of the file.
///
/// time   seconds since 1970
[[nodiscard]] std::string event_record(double time, std::int64_t step, std::span<const named_scalar> scalars);

/// The events of a file: the records that the file should hold, except for their time.
struct planned_event {
  std::int64_t step = 0;
  std::vector<named_scalar> scalars{};
  double time = 0;  ///< time of the event if the file does not hold it yet
};

/// Makes a file hold the planned events. The first records that are right already stay; the rest is replaced.
[[nodiscard]] status write_events(const std::string& path, std::span<const planned_event> events);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/event_file.ipp>
#endif
