#pragma once

#include <minnow/exchange/npy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/exchange/npy_header.hpp>
#include <minnow/files/container.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/quoted.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow {

namespace detail {

/// The words with which `what_is_this` describes a .npy file.
inline constexpr const char* a_npy_file = "a .npy file";

/// Reorders numbers from first index fastest (Fortran's order) to last index fastest (C's order).
MINNOW_COLD std::vector<float> last_index_fastest(const std::vector<std::uint64_t>& shape,
                                                  const std::vector<float>& from) {
  std::vector<float> to(from.size());
  std::vector<std::uint64_t> position(shape.size());
  for (float& value : to) {
    std::uint64_t at = 0;
    for (std::size_t axis = shape.size(); axis > 0; --axis) at = at * shape[axis - 1] + position[axis - 1];
    value = from[index(at)];
    for (std::size_t axis = shape.size(); axis > 0 && ++position[axis - 1] == shape[axis - 1]; --axis)
      position[axis - 1] = 0;
  }
  return to;
}

/// Reads an array from the rest of a file, front to back. Ignores bytes after its numbers, as NumPy does.
MINNOW_COLD status read_npy_from(byte_source file, const char* name, tensor& out) {
  std::uint8_t head[12] = {};
  std::size_t got = 0;
  if (status outcome = file.read(head, npy_magic.size() + 2, got); !outcome) return outcome;
  if (got >= npy_magic.size() && std::memcmp(head, npy_magic.data(), npy_magic.size()) != 0)
    return status::failure("%s: expected a .npy file (\\x93NUMPY), found other bytes at its beginning", name);
  if (got < npy_magic.size() + 2)
    return status::failure("%s: expected a .npy file, found %zu bytes, less than its magic and version", name, got);
  const unsigned major = head[6], minor = head[7];
  if (major < 1 || major > 3 || minor != 0)
    return status::failure("%s: expected .npy version 1.0, 2.0 or 3.0, found %u.%u", name, major, minor);
  const std::size_t width = major == 1 ? 2 : 4;
  const std::size_t at = npy_magic.size() + 2 + width;
  if (status outcome = file.read(head + 8, width, got); !outcome) return outcome;
  if (got < width)
    return status::failure("%s: expected %zu bytes up to the header, found a file of %zu", name, at, at - width + got);
  std::uint32_t length = 0;
  std::memcpy(&length, head + 8, width);
  if (length > longest_npy_header)
    return status::failure("%s: expected a header of at most %u bytes, found %u", name, longest_npy_header, length);
  std::vector<char> text(length);
  if (status outcome = file.read(reinterpret_cast<std::uint8_t*>(text.data()), length, got); !outcome) return outcome;
  if (got < length)
    return status::failure("%s: expected a header of %u bytes, found %zu after its length field", name, length, got);

  npy_dictionary header({text.data(), text.size()}, name);
  if (status outcome = header.read(); !outcome) return outcome;
  bool swapped = false;
  const number_kind* kind = npy_kind(header.descr, swapped);
  if (kind == nullptr)
    return status::failure("%s: expected numbers of type %s, found %s", name, kinds_of(&number_kind::npy).c_str(),
                           in_quotes(header.descr).c_str());
  const std::string shape = text_of(header.shape);
  std::uint64_t count = 0;
  if (!count_elements(header.shape, kind->bytes, count))
    return status::failure("%s: expected a shape whose bytes fit in 63 bits, found %s", name, shape.c_str());
  const bool known = file.length() != unknown_length;
  const std::uint64_t rest = known ? file.length() - std::min(file.length(), std::uint64_t{at} + length) : 0;
  if (known && count * kind->bytes > rest)
    return status::failure("%s: expected %llu bytes of numbers (%s of type %s), found %llu", name,
                           static_cast<unsigned long long>(count * kind->bytes), shape.c_str(), kind->npy,
                           static_cast<unsigned long long>(rest));
  tensor result{std::move(header.shape), {}};
  if (status outcome = read_numbers(file, name, *kind, swapped, count, known, result.values); !outcome) return outcome;
  if (header.fortran_order && result.shape.size() > 1) result.values = last_index_fastest(result.shape, result.values);
  out = std::move(result);
  return {};
}

}  // namespace detail

MINNOW_COLD status read_npy(std::span<const std::uint8_t> file, const char* name, tensor& out) noexcept {
  return detail::reading(file, name, detail::a_npy_file, [&] {
    detail::bytes_as_file bytes(file);
    return detail::read_npy_from(bytes, name, out);
  });
}

MINNOW_COLD status read_npy(const char* path, tensor& out) noexcept {
  return detail::reading(path, detail::a_npy_file, [&]() -> status {
    plain::file file;
    if (status outcome = file.open(path, false); !outcome) return outcome;
    return detail::read_npy_from(file, path, out);
  });
}

MINNOW_COLD status write_npy(const char* path, const tensor& array) noexcept {
  using namespace detail;
  return within_memory(path, [&]() -> status {
    const std::string shape = text_of(array.shape);
    std::uint64_t count = 0;
    if (array.shape.size() > most_extents)
      return status::failure("%s: expected at most %zu extents, found %zu", path, most_extents, array.shape.size());
    if (!count_elements(array.shape, sizeof(float), count) || count != array.values.size())
      return status::failure("%s: expected the numbers of a shape %s, found %zu", path, shape.c_str(),
                             array.values.size());
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
    header += array.shape.size() == 1 ? "(" + std::to_string(array.shape[0]) + ",)" : shape;
    header += ", }";
    // The numbers begin at a multiple of 64 bytes.
    const std::size_t begin = round_up(npy_magic.size() + 4 + header.size() + 1, 64);
    header.resize(begin - npy_magic.size() - 4 - 1, ' ');
    header += '\n';
    std::vector<std::byte> file(begin + array.values.size() * sizeof(float));
    std::memcpy(file.data(), npy_magic.data(), npy_magic.size());
    put(file, 6, std::uint16_t{1});  // version 1.0
    put(file, 8, static_cast<std::uint16_t>(header.size()));
    std::memcpy(file.data() + 10, header.data(), header.size());
    if (count > 0) std::memcpy(file.data() + begin, array.values.data(), array.values.size() * sizeof(float));
    return write_whole(path, file);
  });
}

#if defined(__cpp_exceptions)

MINNOW_COLD tensor load_npy(const std::string& path) {
  return detail::loaded<tensor>(path, [](const char* file, tensor& out) { return read_npy(file, out); });
}

MINNOW_COLD void save_npy(const tensor& array, const std::string& path) {
  require(write_npy(detail::c_path(path), array));
}

#endif

}  // namespace minnow
