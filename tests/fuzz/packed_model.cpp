// Fuzzes files of packed models. Reads each file with and without copying its weights, and runs the valid models.
#include <minnow/infer.hpp>

#include "file_models.hpp"
#include "fuzz.hpp"

namespace {

template <class Model>
fuzz::outcome read_one(std::span<const std::uint8_t> file) {
  using namespace minnow;
  packed<Model> network;
  const auto bytes = std::as_bytes(std::span(file));
  const status said = read(bytes, "it", network);
  packed<Model> in_place;
  if (read_in_place(bytes, "it", in_place).ok() != said.ok()) std::abort();
  if (said.ok()) {
    const std::vector<std::uint8_t> image(static_cast<std::size_t>(layer_graph<Model>::input.size()), 77);
    if (network.run(std::span<const std::uint8_t>(image)).size() != static_cast<std::size_t>(network.classes))
      std::abort();
  }
  return {said, packed<Model>::weight_bits() / 8 + file.size()};
}

}  // namespace

fuzz::outcome fuzz::fuzz_one(bytes input) {
  const auto file = as_container(input);
  return !input.empty() && input[0] % 4 >= 2 ? read_one<minnow::fixed_point<minnow::test::in_fixed_point>>(file)
                                             : read_one<minnow::test::every_order>(file);
}
