// Trains a low-bit network and the same network in 32-bit floats, packs, saves, loads and runs the low-bit one, and
// prints a report.
#include <cstdio>

#include <minnow/minnow.hpp>

#include "compare.hpp"
#include "digits.hpp"

int main(int argc, char** argv) try {
  options o;
  if (const auto exit = o.read(argc, argv)) return *exit;
  chosen::choose(o.estimator);
  mn::set_threads(o.threads);

  const auto data = read(o);
  const bool color = data.train.dimensions.channels == 3;
  if (o.model.empty()) o.model = color ? "d" : "digits";
  if (o.epochs < 1) o.epochs = color ? 1 : 5;
  if (o.crop < 0) o.crop = color ? 4 : o.data.empty() ? 0 : 2;
  o.flip = o.flip || color;
  std::printf("%d training and %d test images of %dx%dx%d\n\n", data.train.size(), data.test.size(),
              data.train.dimensions.height, data.train.dimensions.width, data.train.dimensions.channels);
  if (o.model == "d") run_model_d(data, o);
  else run(data, o, run_low_bit<digits<1>>, run_low_bit<digits<2>>, digits_of_3_bits, digits_in_floats);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "demo: %s\n", e.what());
  return 1;
}
