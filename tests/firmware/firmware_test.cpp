#include <minnow/firmware.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/infer.hpp>

#include "a_signal_data.hpp"
#include "bits_and_joins_data.hpp"
#include "bits_data.hpp"
#include "comma_locale.hpp"
#include "given_thresholds_data.hpp"
#include "integers_data.hpp"
#include "joins_data.hpp"
#include "joins_in_floats_data.hpp"
#include "models.hpp"
#include "one_layer_data.hpp"
#include "one_source_data.hpp"
#include "powers_data.hpp"
#include "scaled_windows_data.hpp"
#include "system/data_files.hpp"

using namespace minnow;

namespace {

static_assert(std::is_trivially_default_constructible_v<firmware<test::of_bits, bits_data::network>>,
              "it stands in .bss");

/// Checks that the firmware and the loaded packed network compute the same logits for 50 images, equal in every bit.
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
  TEST_CASE("bits and ternary numbers, pools and odd channels") {
    gives_the_same<test::of_bits, bits_data::network>("bits.mnw");
  }
  TEST_CASE("powers of two and every mixture with bits") {
    gives_the_same<test::of_powers, powers_data::network>("powers.mnw");
  }
  TEST_CASE("8- and 4-bit integers in fixed point") {
    gives_the_same<fixed_point<test::of_integers>, integers_data::network>("integers.mnw");
  }
  TEST_CASE("layers of signals") { gives_the_same<test::of_a_signal, a_signal_data::network>("a_signal.mnw"); }
  TEST_CASE("joins, groups and an average pool of integers, in fixed point and in floats") {
    gives_the_same<fixed_point<test::of_joins>, joins_data::network>("joins.mnw");
    gives_the_same<test::of_joins, joins_in_floats_data::network>("joins_in_floats.mnw");
  }
  TEST_CASE("joins, groups and an average pool of bits") {
    gives_the_same<test::of_bits_and_joins, bits_and_joins_data::network>("bits_and_joins.mnw");
  }
  TEST_CASE("a join that adds the map which its product reads") {
    gives_the_same<fixed_point<test::of_one_source>, one_source_data::network>("one_source.mnw");
  }
  TEST_CASE("a product scaled by the magnitudes of its windows") {
    gives_the_same<test::of_scaled_windows, scaled_windows_data::network>("scaled_windows.mnw");
  }
  TEST_CASE("given thresholds that are folded, and others between a join and a product; given scales") {
    gives_the_same<test::of_given_thresholds, given_thresholds_data::network>("given_thresholds.mnw");
  }
  TEST_CASE("a single layer") { gives_the_same<test::of_one_layer, one_layer_data::network>("one_layer.mnw"); }

  TEST_CASE("a header is written whole, under the name of a namespace") {
    const data_files::folder folder;
    const packed<test::of_one_layer> network;
    CHECK(data_files::sentence(write_header(folder.path("h.hpp").c_str(), network, "one-layer"), folder) ==
          "h.hpp: expected the name of a namespace, found \"one-layer\"");
    CHECK_FALSE(std::filesystem::exists(folder.path("h.hpp")));
    CHECK(data_files::sentence(write_header(folder.path("none/h.hpp").c_str(), network, "layer"), folder) ==
          "none/h.hpp: could not be created (No such file or directory)");
    CHECK(write_header(folder.path("h.hpp").c_str(), network, "layer").ok());
    CHECK(data_files::content<std::string>(folder.path("h.hpp")).find("\nnamespace layer {\n") != std::string::npos);
    const std::string long_name(300, 'n');
    CHECK(write_header(folder.path("h.hpp").c_str(), network, long_name.c_str()).ok());
    CHECK(data_files::content<std::string>(folder.path("h.hpp")).find("\nnamespace " + long_name + " {\n") !=
          std::string::npos);
  }

  static_assert(!detail::is_namespace_name("y0") && !detail::is_namespace_name("gamma") &&
                !detail::is_namespace_name("M_PI") && !detail::is_namespace_name("tm") &&
                detail::is_namespace_name("y") && detail::is_namespace_name("digits_data"));

  TEST_CASE("keywords, reserved names and those of the standard headers are refused") {
    const data_files::folder folder;
    const packed<test::of_one_layer> network;
    for (const std::string name :
         {"",      "1st",      "a b",     "a-b",     "a::b",   "a\n",      "caf\xc3\xa9", "int",   "class", "namespace",
          "xor",   "co_await", "char8_t", "import",  "module", "final",    "_net",        "__net", "_Net",  "a__b",
          "net__", "assert",   "errno",   "NULL",    "EOF",    "INT8_MAX", "UINT64_C",    "linux", "unix",  "std",
          "posix", "minnow",   "main",    "int32_t", "size_t", "exp",      "printf"})
      CHECK(data_files::sentence(write_header(folder.path("h.hpp").c_str(), network, name.c_str()), folder) ==
            "h.hpp: expected the name of a namespace, found \"" + name + "\"");
    for (const std::string name : {"net", "Net_2", "MNIST", "digits_data", "n", "net_", "classes", "int_", "INTEGER"})
      CHECK(write_header(folder.path("h.hpp").c_str(), network, name.c_str()).ok());
  }

  TEST_CASE("a header is the same in every locale, and has no number that is none") {
    const data_files::folder folder;
    const auto network = load<packed<test::of_one_layer>>(std::string(MINNOW_FIRMWARE) + "/one_layer.mnw");
    save_header(network, folder.path("h.hpp"), "layer");
    const std::string expected = data_files::content<std::string>(folder.path("h.hpp"));
    CHECK(expected.find("0x1.") != std::string::npos);
    {
      const test::comma_locale comma;
      if (!comma.found()) MESSAGE("no locale with a decimal comma here, and no localedef");
      save_header(network, folder.path("h.hpp"), "layer");
      CHECK(data_files::content<std::string>(folder.path("h.hpp")) == expected);
      CHECK(summary(network) == [&] {
        std::setlocale(LC_ALL, "C");
        return summary(network);
      }());
    }
    auto spoilt = network;
    spoilt.stage<0>().floats_of_layers(
        [](std::size_t, std::string_view, std::span<float> values) { values[0] = HUGE_VALF; });
    CHECK(data_files::sentence(write_header(folder.path("h.hpp").c_str(), spoilt, "layer"), folder) ==
          "h.hpp: expected finite constants, found a NaN or an infinity");
  }

  TEST_CASE("arrays of the right length are taken, others do not compile") {
    static firmware<test::of_one_layer, one_layer_data::network> device;
    using device_type = decltype(device);
    constexpr auto bytes = static_cast<std::size_t>(device_type::image_bytes),
                   classes = static_cast<std::size_t>(device_type::classes);
    const auto takes = []<std::size_t Bytes, std::size_t Classes>(std::array<std::uint8_t, Bytes>,
                                                                  std::array<float, Classes>) {
      return requires(std::array<std::uint8_t, Bytes> image, std::array<float, Classes> logits) {
        device.run(image, logits);
      };
    };
    static_assert(takes(std::array<std::uint8_t, bytes>{}, std::array<float, classes>{}));
    static_assert(!takes(std::array<std::uint8_t, bytes - 1>{}, std::array<float, classes>{}));
    static_assert(!takes(std::array<std::uint8_t, bytes>{}, std::array<float, classes + 1>{}));
    std::array<std::uint8_t, bytes> image{};
    std::array<float, classes> from_arrays{}, from_pointers{};
    image[3] = 200;
    device.run(image, from_arrays);
    device.run(image.data(), from_pointers.data());
    CHECK(from_arrays == from_pointers);
  }
}
