#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <minnow/files/model_file.hpp>

namespace minnow {

/// Reads the packed model of a file that may hold any of several models.
///
/// returns  the status of `read`, or a failure if the file holds none of the models
template <class... Models>
[[nodiscard]] status read_any(const char* path, std::variant<packed<Models>...>& network) noexcept {
  return detail::reading(path, detail::a_minnow_file, [&]() -> status {
    std::vector<std::byte> head;
    if (const status s = detail::read_whole(path, detail::file_header, head); !s) return s;
    const bool ours = head.size() >= detail::file_header &&
                      std::memcmp(head.data(), detail::file_magic.data(), detail::file_magic.size()) == 0;
    const std::uint64_t found = ours ? detail::get<std::uint64_t>(head, 16) : 0;
    status outcome;
    // A file of another kind goes to the first model's reader, which refuses it.
    const auto take = [&]<class Packed>(std::type_identity<Packed>) {
      if (ours && found != Packed::layer_graph::fingerprint && sizeof...(Models) > 1) return false;
      outcome = read(path, network.template emplace<Packed>());
      return true;
    };
    if ((take(std::type_identity<packed<Models>>{}) || ...)) return outcome;
    std::string differences;
    const auto compare = [&]<class Packed>(std::type_identity<Packed>, std::size_t number) {
      Packed one;
      const detail::packed_reading reading(one);
      const auto lengths = detail::lengths_of(reading.sections);
      std::vector<std::byte> table;
      if (const status s = detail::read_whole(path, detail::file_header + 8 * lengths.size(), table); !s) return s;
      const detail::expected_model model{Packed::layer_graph::fingerprint, reading.sections,
                                         &detail::layer_name_in<typename Packed::layer_graph>};
      differences +=
          "; of model " + std::to_string(number) + " " +
          detail::first_difference(
              model, lengths, std::span<const std::byte>(table).subspan(std::min(table.size(), detail::file_header)),
              detail::get<std::uint32_t>(head, 32));
      return status();
    };
    std::size_t number = 0;
    status said;
    ((said = said ? compare(std::type_identity<packed<Models>>{}, ++number) : said), ...);
    if (!said) return said;
    return status::failure("%s: expected one of %zu models, found another model's file, with the fingerprint %016llx%s",
                           path, sizeof...(Models), static_cast<unsigned long long>(found), differences.c_str());
  });
}

/// Returns the packed model of a file that may hold any of several models, as a variant, with this build's best
/// kernels: load_any<A, B>(path).
///
/// throws  if `read_any` fails
template <class... Models>
[[nodiscard]] std::variant<packed<Models>...> load_any(const std::string& path) {
  if constexpr ((model_description<Models> && ...)) {
    std::variant<packed<Models>...> result;
    require(read_any<Models...>(detail::c_path(path), result));
    return result;
  }
}

}  // namespace minnow
