#pragma once

#include <minnow/system/reading.hpp>

#include <string_view>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/known_formats.hpp>

namespace minnow::detail {

/// Returns `refusal`, or a more precise failure if the file begins like a known file of another kind.
///
/// gzip_advice   advice in the message if the file holds gzip data
MINNOW_COLD status recognized(std::span<const std::uint8_t> head, const char* name, const char* expected,
                              const char* gzip_advice, const status& refusal) {
  std::string found = what_is_this(head);
  const std::string_view wanted(expected);
  if (found.empty() || wanted.starts_with(found) || (found.starts_with("a text ") && wanted.starts_with("a text ")))
    return refusal;
  if (found == "gzip data") found += gzip_advice;
  return status::failure("%s: expected %s, found %s", name, expected, found.c_str());
}

MINNOW_COLD status reading(const char* path, const char* expected, function_ref<status()> body,
                           const file_opener& how) noexcept {
  const status said = within_memory(path, body);
  if (said.ok()) return said;
  return within_memory(path, [&]() -> status {
    status better = said;
    // If the file cannot be opened, the reader's own failure remains.
    const status opened = how.with_file(path, [&](byte_source file) -> status {
      std::uint8_t head[head_of_file];
      std::size_t got = 0;
      if (file.read(head, sizeof head, got)) better = recognized({head, got}, path, expected, how.gzip_advice, said);
      return {};
    });
    return opened ? better : said;
  });
}

MINNOW_COLD status reading_file(const char* path, const char* expected, const file_opener& how,
                                function_ref<status(byte_source)> body) noexcept {
  return reading(path, expected, [&] { return how.with_file(path, body); }, how);
}

MINNOW_COLD status reading(std::span<const std::uint8_t> bytes, const char* name, const char* expected,
                           function_ref<status()> body) noexcept {
  const status said = within_memory(name, body);
  if (said.ok()) return said;
  return within_memory(name, [&] { return recognized(bytes, name, expected, only_plain.gzip_advice, said); });
}

}  // namespace minnow::detail
