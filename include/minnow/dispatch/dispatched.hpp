#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/dispatch/level.hpp>

namespace minnow {

namespace detail {

/// The names of the levels, or of those alone that this processor has.
inline std::string level_names(std::span<const dispatch_level> levels, bool available) {
  std::string names;
  for (const dispatch_level& l : levels)
    if (l.available || !available) names += (names.empty() ? "" : ", ") + std::string(l.name);
  return names;
}

/// The highest level that this processor has, or the one of that name.
inline const dispatch_level& choose_level(std::span<const dispatch_level> levels, std::string_view name) {
  for (std::size_t i = levels.size(); i-- > 0;) {
    const dispatch_level& l = levels[i];
    if (name.empty() ? l.available : name == l.name) {
      if (l.available) return l;
      throw error("level " + std::string(name) + ": this processor does not have it; of the program's levels it has " +
                  level_names(levels, true));
    }
  }
  if (name.empty()) throw error("this processor has none of the program's levels: " + level_names(levels, false));
  throw error("level " + std::string(name) + ": expected one of the program's levels, " + level_names(levels, false));
}

}  // namespace detail

/// A packed network that runs on the best that the processor has, chosen when it is loaded. Made by the functions that
/// CMake's minnow_dispatch generates:
///
///   minnow::dispatched network = digits_network::load("digits.mnw");
///
/// It owns a session: it is run by one caller at a time.
///
/// experimental  may change in any version
class dispatched {
public:
  /// A packed model's file.
  ///
  /// levels  lowest first
  /// level   the name of the one to take; empty for the highest that the processor has
  /// throws  minnow::error: a file that is missing, damaged or another model's, a level that is unknown or not available
  dispatched(std::span<const dispatch_level> levels, const char* path, std::string_view level = {})
      : level_(detail::choose_level(levels, level)), network_(nullptr, level_.unit->close) {
    void* network = nullptr;
    require(level_.unit->open_file(path, network));
    network_.reset(network);
  }

  /// The same from the bytes of such a file, which are copied.
  dispatched(std::span<const dispatch_level> levels, std::span<const std::byte> file, std::string_view level = {})
      : level_(detail::choose_level(levels, level)), network_(nullptr, level_.unit->close) {
    void* network = nullptr;
    require(level_.unit->open_bytes(file.data(), file.size(), network));
    network_.reset(network);
  }

  /// images (N,H,W,C) -> logits (N,classes); bytes, or floats where the model does not begin with pixels.
  ///
  /// throws  minnow::error where the sizes do not fit; allocates nothing
  void run(std::span<const std::uint8_t> images, std::span<float> logits) {
    level_.unit->run_bytes(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }
  void run(std::span<const float> images, std::span<float> logits) {
    if (level_.unit->run_floats == nullptr)
      throw error("the network begins with pixels: expected images of bytes, found floats");
    level_.unit->run_floats(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }

  /// The level that was chosen.
  [[nodiscard]] const char* arch() const noexcept { return level_.name; }
  [[nodiscard]] int classes() const noexcept { return level_.unit->classes; }
  /// Numbers of one image: height x width x channels.
  [[nodiscard]] std::size_t image_size() const noexcept { return level_.unit->image_size; }
  /// The table of layers with their kernels, as minnow::summary prints it.
  [[nodiscard]] std::string summary() const { return level_.unit->summary(network_.get()); }

private:
  [[nodiscard]] std::size_t count_of(std::size_t numbers, std::size_t logits) const {
    const std::size_t count = numbers / image_size();
    const auto expected = count * static_cast<std::size_t>(classes());
    if (numbers % image_size() != 0)
      throw error("expected whole images of " + std::to_string(image_size()) + " numbers, found " +
                  std::to_string(numbers));
    if (logits != expected)
      throw error("expected room for " + std::to_string(expected) + " logits of " + std::to_string(count) +
                  " images, found " + std::to_string(logits));
    return count;
  }

  dispatch_level level_;
  std::unique_ptr<void, void (*)(void*) noexcept> network_;
};

}  // namespace minnow
