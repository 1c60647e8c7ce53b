#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/dispatch/level.hpp>

namespace minnow {

namespace detail {

/// Returns the names of all levels, or only of the levels that this processor has.
inline std::string level_names(std::span<const dispatch_level> levels, bool available) {
  std::string names;
  for (const dispatch_level& l : levels)
    if (l.available || !available) names += (names.empty() ? "" : ", ") + std::string(l.name);
  return names;
}

/// Returns the highest level that this processor has, or the level with the given name.
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

/// A packed network that runs on the best level that the processor has. The level is chosen when the network is loaded.
/// The functions that CMake's minnow_dispatch generates make it:
///
///   minnow::dispatched network = digits_network::load("digits.mnw");
///
/// It owns a session, so it serves one caller at a time.
///
/// experimental  may change in any version
class dispatched {
public:
  /// Loads a packed model's file.
  ///
  /// levels  lowest first
  /// level   name of the level to use; empty for the highest that the processor has
  /// throws  minnow::error if the file is missing, damaged or of another model, or if the level is unknown or not
  ///         available
  dispatched(std::span<const dispatch_level> levels, const char* path, std::string_view level = {})
      : level_(detail::choose_level(levels, level)), network_(nullptr, level_.unit->close) {
    void* network = nullptr;
    require(level_.unit->open_file(path, network));
    network_.reset(network);
  }

  /// Overload for the bytes of such a file, which are copied.
  dispatched(std::span<const dispatch_level> levels, std::span<const std::byte> file, std::string_view level = {})
      : level_(detail::choose_level(levels, level)), network_(nullptr, level_.unit->close) {
    void* network = nullptr;
    require(level_.unit->open_bytes(file.data(), file.size(), network));
    network_.reset(network);
  }

  /// Computes images (N,H,W,C) -> logits (N,classes). Images are bytes, or floats if the model does not begin with
  /// pixels. Allocates nothing.
  ///
  /// throws  minnow::error if the sizes do not match
  void run(std::span<const std::uint8_t> images, std::span<float> logits) {
    level_.unit->run_bytes(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }
  void run(std::span<const float> images, std::span<float> logits) {
    if (level_.unit->run_floats == nullptr)
      throw error("the network begins with pixels: expected images of bytes, found floats");
    level_.unit->run_floats(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }

  /// Returns the name of the chosen level.
  [[nodiscard]] const char* arch() const noexcept { return level_.name; }
  [[nodiscard]] int classes() const noexcept { return level_.unit->classes; }
  /// Returns how many numbers one image has: height x width x channels.
  [[nodiscard]] std::size_t image_size() const noexcept { return level_.unit->image_size; }
  /// Returns the table of layers with their kernels, as minnow::summary prints it.
  [[nodiscard]] std::string summary() const { return level_.unit->summary(network_.get()); }

private:
  [[nodiscard]] std::size_t count_of(std::size_t numbers, std::size_t logits) const {
    const std::size_t count = numbers / image_size();
    const auto expected = count * index(classes());
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
