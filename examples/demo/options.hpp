#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <minnow/data/dataset.hpp>

/// The command-line options of the demo.
struct options {
  std::string data;
  std::string model;
  std::string estimator = "aqe";
  std::string save = "demo.mnw";
  float rate = 5e-3f;
  int bits = 1;
  int epochs = 0;
  int threads = 0;
  std::uint64_t seed = 7;
  int crop = -1;
  bool flip = false;
  bool skip_real = false;

  /// Reads the command line. Returns the program's exit code if the program must end: after --help, or after a wrong
  /// option.
  std::optional<int> read(int argc, char** argv);
};

/// Reads the images of --data, or generates synthetic digits if there is no --data.
minnow::train_and_test<std::uint8_t> read(const options& o);
