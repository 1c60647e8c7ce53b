#include <filesystem>

#include <minnow/io/cifar.hpp>
#include <minnow/io/drawn_digits.hpp>
#include <minnow/io/mnist.hpp>
#ifdef MINNOW_EXAMPLE_GZIP
#include <minnow/io/gzip.hpp>
#endif

#include "options.hpp"

namespace mn = minnow;

mn::train_and_test<std::uint8_t> read(const options& o) {
  namespace fs = std::filesystem;
  if (o.data.empty()) return {mn::drawn_digits(20000, mn::seed{1}), mn::drawn_digits(4000, mn::seed{2})};
  if (fs::exists(fs::path(o.data) / "data_batch_1.bin")) return mn::read_cifar10(o.data);
#ifdef MINNOW_EXAMPLE_GZIP
  return mn::read_mnist(o.data, mn::gzip);
#else
  return mn::read_mnist(o.data);
#endif
}
