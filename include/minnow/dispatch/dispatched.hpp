#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/dispatch/arch.hpp>

namespace minnow {

namespace detail {

/// Returns the names of all architectures or, if `available` is true, of the architectures that this processor
/// supports.
inline std::string arch_names(std::span<const dispatch_arch> archs, bool available) {
  std::string names;
  for (const dispatch_arch& a : archs)
    if (a.available || !available) names += (names.empty() ? "" : ", ") + std::string(a.name);
  return names;
}

/// Returns the architecture with the given name or, if the name is empty, the highest one that this processor supports.
inline const dispatch_arch& choose_arch(std::span<const dispatch_arch> archs, std::string_view name) {
  for (std::size_t i = archs.size(); i-- > 0;) {
    const dispatch_arch& a = archs[i];
    if (name.empty() ? a.available : name == a.name) {
      if (a.available) return a;
      throw error("architecture " + std::string(name) +
                  ": this processor does not have it; of the program's architectures it has " +
                  arch_names(archs, true));
    }
  }
  if (name.empty()) throw error("this processor has none of the program's architectures: " + arch_names(archs, false));
  throw error("architecture " + std::string(name) + ": expected one of the program's architectures, " +
              arch_names(archs, false));
}

}  // namespace detail

/// A packed network that is compiled for several architectures and runs the best one that the processor supports. The
/// architecture is chosen when the network is loaded. The CMake function minnow_dispatch generates functions that
/// return this class:
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
  /// archs   the program's architectures, lowest first
  /// name    the architecture to use; empty for the highest one that the processor supports
  /// throws  minnow::error if the file is missing, damaged or of another model, or if the architecture is unknown or
  ///         not available
  dispatched(std::span<const dispatch_arch> archs, const char* path, std::string_view name = {})
      : arch_(detail::choose_arch(archs, name)), network_(nullptr, arch_.variant->close) {
    void* network = nullptr;
    require(arch_.variant->open_file(path, network));
    network_.reset(network);
  }

  /// Overload for the bytes of a packed model's file, which are copied.
  dispatched(std::span<const dispatch_arch> archs, std::span<const std::byte> file, std::string_view name = {})
      : arch_(detail::choose_arch(archs, name)), network_(nullptr, arch_.variant->close) {
    void* network = nullptr;
    require(arch_.variant->open_bytes(file.data(), file.size(), network));
    network_.reset(network);
  }

  /// Computes images (N,H,W,C) -> logits (N,classes). Images are bytes, or floats if the model does not begin with
  /// pixels. Allocates nothing.
  ///
  /// throws  minnow::error if the sizes do not match
  void run(std::span<const std::uint8_t> images, std::span<float> logits) {
    arch_.variant->run_bytes(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }
  void run(std::span<const float> images, std::span<float> logits) {
    if (arch_.variant->run_floats == nullptr)
      throw error("the network begins with pixels: expected images of bytes, found floats");
    arch_.variant->run_floats(network_.get(), images.data(), count_of(images.size(), logits.size()), logits.data());
  }

  /// Returns the name of the chosen architecture.
  [[nodiscard]] const char* arch() const noexcept { return arch_.name; }
  [[nodiscard]] int classes() const noexcept { return arch_.variant->classes; }
  /// Returns how many numbers one image has: height x width x channels.
  [[nodiscard]] std::size_t image_size() const noexcept { return arch_.variant->image_size; }
  /// Returns the table of layers with their kernels, as minnow::summary prints it.
  [[nodiscard]] std::string summary() const { return arch_.variant->summary(network_.get()); }

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

  dispatch_arch arch_;
  std::unique_ptr<void, void (*)(void*) noexcept> network_;
};

}  // namespace minnow
