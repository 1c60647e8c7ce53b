#pragma once

#include <minnow/files/container.hpp>

#include <iterator>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow::detail {

MINNOW_COLD std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1u) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  crc = ~crc;
  for (const std::byte b : bytes) crc = table[(crc ^ static_cast<std::uint32_t>(b)) & 0xffu] ^ (crc >> 8);
  return ~crc;
}

MINNOW_COLD std::vector<std::size_t> lengths_of(std::span<const file_section> sections) {
  std::vector<std::size_t> lengths;
  for (const file_section& s : sections) lengths.push_back(s.bytes.size());
  return lengths;
}

MINNOW_COLD std::vector<std::size_t> section_offsets(std::span<const std::size_t> lengths) {
  std::vector<std::size_t> offsets;
  std::size_t at = file_header + 8 * lengths.size();
  for (const std::size_t length : lengths) {
    at = round_up(at, 64);
    offsets.push_back(at);
    at += length;
  }
  offsets.push_back(at);
  return offsets;
}

MINNOW_COLD status read_whole(const char* path, std::uint64_t most, std::vector<std::byte>& bytes) {
  minnow::plain::file file;
  if (status outcome = file.open(path, false); !outcome) return outcome;
  return read_up_to(file, most + 1, bytes);
}

MINNOW_COLD status write_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                                   std::span<const file_section> sections, container_check check) noexcept {
  return within_memory(path, [&]() -> status {
    const auto lengths = lengths_of(sections);
    const auto offsets = section_offsets(lengths);
    std::vector<std::byte> file(offsets.back(), std::byte{0});
    std::memcpy(file.data(), file_magic.data(), file_magic.size());
    put(file, 8, file_version);
    put(file, 12, static_cast<std::uint32_t>(kind));
    put(file, 16, fingerprint);
    put(file, 24, static_cast<std::uint64_t>(file.size()));
    put(file, 32, static_cast<std::uint32_t>(sections.size()));
    for (std::size_t i = 0; i < sections.size(); ++i) {
      put(file, file_header + 8 * i, static_cast<std::uint64_t>(lengths[i]));
      if (lengths[i] > 0) std::memcpy(file.data() + offsets[i], sections[i].bytes.data(), lengths[i]);
    }
    if (const status s = check(file, offsets); !s) return s;
    put(file, 36, crc32(file));
    return write_whole(path, file);
  });
}

MINNOW_COLD status check_head(std::span<const std::byte> file, const char* name, file_kind kind,
                              const expected_model& model, std::span<const std::size_t> lengths,
                              unsigned long long length) {
  constexpr const char* kinds[] = {"packed model", "trainable network", "checkpoint"};
  const auto number = static_cast<std::uint32_t>(kind);
  if (file.size() >= 8 && std::memcmp(file.data(), file_magic.data(), 8) != 0)
    return status::failure("%s: expected a minnow file, found other bytes at its beginning", name);
  if (file.size() < file_header)
    return status::failure("%s: truncated: expected %llu bytes, found %zu", name, length, file.size());
  if (const auto version = get<std::uint32_t>(file, 8); version != file_version)
    return status::failure("%s: expected format version %u, found %u", name, file_version, version);
  if (const auto found = get<std::uint32_t>(file, 12); found != number)
    return status::failure("%s: expected a %s (kind %u), found %s (kind %u)", name, kinds[number - 1], number,
                           found >= 1 && found <= std::size(kinds) ? kinds[found - 1] : "another file", found);
  if (const auto found = get<std::uint64_t>(file, 16); found != model.fingerprint)
    return another_model(name, model, found, lengths, file.subspan(file_header), get<std::uint32_t>(file, 32));
  return {};
}

MINNOW_COLD status check_length(const char* name, std::uint64_t found, std::uint64_t said,
                                std::uint64_t length) noexcept {
  if (found == length && said == length) return {};
  return status::failure("%s: %s: expected %llu bytes, found %llu (its header says %llu)", name,
                         found < length ? "truncated" : "wrong length", static_cast<unsigned long long>(length),
                         static_cast<unsigned long long>(found), static_cast<unsigned long long>(said));
}

MINNOW_COLD status check_bytes(std::span<const std::byte> file, const char* name, unsigned long long length) noexcept {
  if (const status s = check_length(name, file.size(), get<std::uint64_t>(file, 24), length); !s) return s;
  // The checksum is verified before the table of sections and the sections are used. It is computed with its own field
  // set to 0.
  constexpr std::byte zero[4]{};
  const std::uint32_t crc = crc32(file.subspan(40), crc32(zero, crc32(file.first(36))));
  if (const auto found = get<std::uint32_t>(file, 36); found != crc)
    return status::failure("%s: damaged: expected the checksum %08x, found %08x", name, found, crc);
  return {};
}

MINNOW_COLD status check_container(std::span<const std::byte> file, const char* name, file_kind kind,
                                   const expected_model& model, std::span<const std::size_t> lengths) {
  const unsigned long long length = section_offsets(lengths).back();
  if (const status s = check_head(file, name, kind, model, lengths, length); !s) return s;
  if (const status s = check_bytes(file, name, length); !s) return s;
  if (get<std::uint32_t>(file, 32) != lengths.size())
    return status::failure("%s: expected %zu sections, found %u", name, lengths.size(), get<std::uint32_t>(file, 32));
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (get<std::uint64_t>(file, file_header + 8 * i) != lengths[i])
      return status::failure("%s: expected %zu bytes in section %zu, found %llu", name, lengths[i], i,
                             static_cast<unsigned long long>(get<std::uint64_t>(file, file_header + 8 * i)));
  return {};
}

MINNOW_COLD status check_sections(std::span<const std::byte> file, const char* name,
                                  std::span<const file_section> sections,
                                  std::span<const std::size_t> offsets) noexcept {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const file_section& s = sections[i];
    if (status outcome = check_numbers(name, s.layer, s.array, file.subspan(offsets[i], s.bytes.size()), s.numbers);
        !outcome)
      return outcome;
  }
  return {};
}

MINNOW_COLD void take_sections(std::span<const std::byte> file, std::span<const file_section> sections,
                               std::span<const std::size_t> offsets) noexcept {
  for (std::size_t i = 0; i < sections.size(); ++i)
    if (!sections[i].bytes.empty()) std::memcpy(sections[i].target, file.data() + offsets[i], sections[i].bytes.size());
}

MINNOW_COLD status read_container(std::span<const std::byte> file, const char* name, file_kind kind,
                                  std::uint64_t fingerprint, std::span<const file_section> sections,
                                  layer_namer* layer_name) {
  const auto lengths = lengths_of(sections);
  const auto offsets = section_offsets(lengths);
  if (const status s = check_container(file, name, kind, {fingerprint, sections, layer_name}, lengths); !s) return s;
  if (const status s = check_sections(file, name, sections, offsets); !s) return s;
  take_sections(file, sections, offsets);
  return {};
}

MINNOW_COLD status read_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                                  std::span<const file_section> sections, layer_namer* layer_name) {
  std::vector<std::byte> file;
  if (const status s = read_whole(path, section_offsets(lengths_of(sections)).back(), file); !s) return s;
  return read_container(file, path, kind, fingerprint, sections, layer_name);
}

}  // namespace minnow::detail
