#pragma once

#include <minnow/files/model_file.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <minnow/core/half.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/reading.hpp>

namespace minnow::detail {

MINNOW_COLD void packed_sections::add(const file_section& section, stored_weights* owner) {
  sections.push_back(section);
  weights.push_back(owner);
}

MINNOW_COLD void stage_sections::operator()(std::string_view array, std::span<std::byte> bytes) const {
  const bool are_weights = weights != nullptr && !bytes.empty() && bytes.data() == std::as_const(*weights).data();
  to.add(file_section(bytes, path, array), are_weights ? weights : nullptr);
}

MINNOW_COLD void stage_sections::operator()(std::string_view array, std::span<const std::byte> bytes) const {
  to.add(file_section(bytes, path, array));
}

MINNOW_COLD const char* unsound_weight(encoding storage, int max_code, std::span<const std::byte> weights) noexcept {
  constexpr const char* not_finite = "a NaN or an infinity";
  constexpr const char* beyond = "a code beyond its quantizer's";
  if (storage == encoding::real) {
    for (std::size_t i = 0; i + 4 <= weights.size(); i += 4)
      if (!is_in(domain::finite, get<float>(weights, i))) return not_finite;
  } else if (storage == encoding::half) {
    for (std::size_t i = 0; i + 2 <= weights.size(); i += 2)
      if (!is_in(domain::finite, half_value(get<std::uint16_t>(weights, i)))) return not_finite;
  } else if (storage == encoding::byte) {
    for (const std::byte b : weights)
      if (std::abs(static_cast<int>(static_cast<std::int8_t>(b))) > max_code) return beyond;
  } else if (storage == encoding::nibble) {
    for (const std::byte b : weights)
      for (const int n : {static_cast<int>(b) & 15, static_cast<int>(b) >> 4})
        if (std::abs((n ^ 8) - 8) > max_code) return beyond;
  }
  return nullptr;
}

MINNOW_COLD void packed_refusal::operator()(const char* expected, const char* array, const char* found) {
  const std::string_view path = paths[stage_begin].view();
  if (said)
    said = status::failure("%s: layer %.*s: expected %s in '%s', found %s", name, static_cast<int>(path.size()),
                           path.data(), expected, array, found);
}

MINNOW_COLD void packed_refusal::operator()(std::size_t layer, std::string_view array, std::span<const float> values) {
  if (said) said = check_numbers(name, paths[layer].view(), array, values);
}

MINNOW_COLD void packed_refusal::check_weights(encoding storage, int max_code, std::span<const std::byte> weights) {
  if (const char* found = unsound_weight(storage, max_code, weights))
    (*this)(is_integer(storage) ? "codes of its quantizer" : "finite numbers", "weights", found);
}

MINNOW_COLD status check_answer(const char* name, const char* arch, std::span<const std::int32_t> found,
                                std::span<const std::int32_t> expected) noexcept {
  if (!std::ranges::equal(found, expected))
    return status::failure(
        "%s: the stored probe gives other sums than when the model was packed: expected the same on every processor; "
        "this build's %s kernels or the file are wrong",
        name, arch);
  return {};
}

/// Reads a network, first with the arrays of this version, then with the arrays of version 0.1.
///
/// content   content(reading) fills the sections of a packed_reading from the file
template <class Content>
status read_either(const char* name, const packed_target& to, const Content& content) {
  status refused{};
  for (const bool first : {false, true}) {
    if (!to.select_first_arrays(to.network, first) && first) break;
    const packed_reading reading = to.sections(to.network);
    if (const status s = content(reading); s) return to.check(to.network, name, reading.answer);
    else if (!first) refused = s;
  }
  to.select_first_arrays(to.network, false);
  return refused;
}

MINNOW_COLD status read_packed(const char* path, const packed_target& to) noexcept {
  return reading(path, a_minnow_file, [&]() -> status {
    return read_either(path, to, [&](const packed_reading& reading) {
      return read_container(path, file_kind::packed, to.fingerprint, reading.sections, to.layer_name);
    });
  });
}

MINNOW_COLD status read_packed(std::span<const std::byte> file, const char* name, const packed_target& to) noexcept {
  return reading(as_numbers(file), name, a_minnow_file, [&]() -> status {
    return read_either(name, to, [&](const packed_reading& reading) {
      return read_container(file, name, file_kind::packed, to.fingerprint, reading.sections, to.layer_name);
    });
  });
}

MINNOW_COLD status read_packed_in_place(std::span<const std::byte> file, const char* name,
                                        const packed_target& to) noexcept {
  return reading(as_numbers(file), name, a_minnow_file, [&]() -> status {
    return read_either(name, to, [&](const packed_reading& reading) -> status {
      const auto lengths = lengths_of(reading.sections);
      if (const status s = check_container(file, name, file_kind::packed,
                                           {to.fingerprint, reading.sections, to.layer_name}, lengths);
          !s)
        return s;
      const auto offsets = section_offsets(lengths);
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        const std::byte* at = file.data() + offsets[i];
        if (reading.weights[i] != nullptr && reading.weights[i]->can_lie_at(at, file.size() - offsets[i]))
          reading.weights[i]->lie_at(at);
        else if (lengths[i] > 0) std::memcpy(reading.sections[i].target, at, lengths[i]);
      }
      return {};
    });
  });
}

MINNOW_COLD status write_packed(const char* path, std::uint64_t fingerprint,
                                std::span<const file_section> sections) noexcept {
  return write_container(path, file_kind::packed, fingerprint, sections,
                         [](std::span<const std::byte>, std::span<const std::size_t>) { return status(); });
}

}  // namespace minnow::detail
