#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <variant>

#include <minnow/core/error.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/system/function_ref.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow {

namespace detail {

/// Type-erased description of one of the models that a file may hold.
struct packed_choice {
  std::uint64_t fingerprint;
  /// Reads the file into a variant, which then holds this model.
  status (*read_into)(void* variant, const char* path);
  /// Calls the function with a new packed network of this model.
  status (*with_new)(function_ref<status(const packed_target&)>);
};

template <class Variant, class Packed>
status read_choice(void* variant, const char* path) {
  return read(path, static_cast<Variant*>(variant)->template emplace<Packed>());
}
template <class Packed>
status with_new_packed(function_ref<status(const packed_target&)> body) {
  Packed one;
  return body(target_of(one));
}

[[nodiscard]] status read_any(const char* path, std::span<const packed_choice> choices, void* variant) noexcept;

}  // namespace detail

/// Reads the packed model of a file that may hold any of several models.
///
/// returns  the status of `read`, or a failure if the file holds none of the models
template <class... Models>
[[nodiscard]] status read_any(const char* path, std::variant<packed<Models>...>& network) noexcept {
  static constexpr std::array<detail::packed_choice, sizeof...(Models)> choices{
      {{packed<Models>::layer_graph::fingerprint, &detail::read_choice<std::variant<packed<Models>...>, packed<Models>>,
        &detail::with_new_packed<packed<Models>>}...}};
  return detail::read_any(path, choices, &network);
}

/// Reads the packed model of a file that may hold any of several models: load_any<A, B>(path). Returns it as a variant,
/// with the best kernels of this build.
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

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/any_model.ipp>
#endif
