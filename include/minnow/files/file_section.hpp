#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/system/check_numbers.hpp>

namespace minnow::detail {

/// One section of a file: bytes that a writer stores or a reader fills. If the bytes are an array of a layer, the
/// section also has the layer's path and the array's name; for floats, also the permitted values (`domain`). The arrays
/// of the input normalization have a name but no layer.
struct file_section {
  std::span<const std::byte> bytes;
  std::byte* target = nullptr;  ///< for a reader: the same bytes, writable
  std::string_view layer{};
  std::string_view array{};
  domain numbers = domain::any;

  file_section(std::span<std::byte> b, std::string_view path = {}, std::string_view name = {}) noexcept
      : bytes(b), target(b.data()), layer(path), array(name) {}
  file_section(std::span<const std::byte> b, std::string_view path, std::string_view name) noexcept
      : bytes(b), layer(path), array(name) {}
  file_section(std::string_view path, std::string_view name, std::span<float> values) noexcept
      : file_section(std::as_writable_bytes(values), path, name) {
    numbers = domain_of(name);
  }
  template <std::same_as<std::span<const float>> Values>
  file_section(std::string_view path, std::string_view name, Values values) noexcept
      : bytes(std::as_bytes(values)), layer(path), array(name), numbers(domain_of(name)) {}
};

}  // namespace minnow::detail
