#include <minnow/firmware.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/infer.hpp>
#include <minnow/io/export_header.hpp>

#include "a_signal_data.hpp"
#include "bits_data.hpp"
#include "integers_data.hpp"
#include "io/data_files.hpp"
#include "models.hpp"
#include "one_layer_data.hpp"
#include "powers_data.hpp"

using namespace minnow;

namespace {

static_assert(std::is_trivially_default_constructible_v<firmware<test::of_bits, bits_data::network>>, "it stands in .bss");

/// Logits of 50 images, as bits, of the firmware and of the packed network that was loaded.
template <class Model, const auto& Data>
void gives_the_same(const char* file) {
  static firmware<Model, Data> device;
  const auto host = load<packed<Model>>(std::string(MINNOW_FIRMWARE) + "/" + file);
  minnow::random r(seed{11});
  for (int n = 0; n < 50; ++n) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(device.image_bytes));
    for (auto& v : image) v = static_cast<std::uint8_t>(n == 0 ? 0 : n == 1 ? 255 : r.below(256));
    std::vector<float> found(static_cast<std::size_t>(device.classes));
    device.run(image.data(), found.data());
    const auto expected = host.run(std::span<const std::uint8_t>(image));
    REQUIRE(found.size() == expected.size());
    CHECK(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)) == 0);
  }
}

}  // namespace

TEST_SUITE("firmware") {
  TEST_CASE("bits and ternary numbers, pools and odd channels") { gives_the_same<test::of_bits, bits_data::network>("bits.mnw"); }
  TEST_CASE("powers of two and every mixture with bits") { gives_the_same<test::of_powers, powers_data::network>("powers.mnw"); }
  TEST_CASE("8- and 4-bit integers in fixed point") {
    gives_the_same<fixed_point<test::of_integers>, integers_data::network>("integers.mnw");
  }
  TEST_CASE("layers of signals") { gives_the_same<test::of_a_signal, a_signal_data::network>("a_signal.mnw"); }
  TEST_CASE("a single layer") { gives_the_same<test::of_one_layer, one_layer_data::network>("one_layer.mnw"); }

  TEST_CASE("a header is written whole, under the name of a namespace") {
    const data_files::folder folder;
    const packed<test::of_one_layer> network;
    CHECK(data_files::sentence(write_header(network, folder.path("h.hpp").c_str(), "one-layer"), folder) ==
          "h.hpp: expected the name of a namespace, found \"one-layer\"");
    CHECK_FALSE(std::filesystem::exists(folder.path("h.hpp")));
    CHECK(data_files::sentence(write_header(network, folder.path("none/h.hpp").c_str(), "layer"), folder) ==
          "none/h.hpp: could not be created (No such file or directory)");
    CHECK(write_header(network, folder.path("h.hpp").c_str(), "layer").ok());
  }
}
