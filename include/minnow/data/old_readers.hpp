#pragma once

#include <string>

#include <minnow/data/cifar.hpp>
#include <minnow/data/mnist.hpp>
#include <minnow/data/optdigits.hpp>
#include <minnow/system/bytes.hpp>

/// Old names of the throwing readers of data sets.
namespace minnow {

#if defined(__cpp_exceptions)

template <opener Opener = plain>
[[deprecated("minnow: renamed to load_mnist"), nodiscard]] auto read_mnist(const std::string& folder, Opener how = {}) {
  return load_mnist(folder, how);
}
template <opener Opener = plain>
[[deprecated("minnow: renamed to load_cifar10"), nodiscard]] auto read_cifar10(const std::string& folder,
                                                                               Opener how = {}) {
  return load_cifar10(folder, how);
}
template <opener Opener = plain>
[[deprecated("minnow: renamed to load_optdigits"), nodiscard]] auto read_optdigits(const std::string& folder,
                                                                                   Opener how = {}) {
  return load_optdigits(folder, how);
}

#endif

}  // namespace minnow
