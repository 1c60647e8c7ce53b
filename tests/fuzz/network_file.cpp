// Fuzzes files of trainable networks.
#include <minnow/files/network_file.hpp>

#include "file_models.hpp"
#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  static minnow::network<minnow::test::every_order, minnow::aqe> net;
  const auto file = as_container(input);
  return {minnow::read(as_file(file), net), sizeof(float) * 4096 + input.size()};
}
