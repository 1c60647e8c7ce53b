#include <minnow/files/network_file.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>

#include "damaged_files.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using data_files::sentence;

/// A network with every kind of array: weights whose quantizer has a state or none, input quantizers with states, batch
/// norm, and bias.
struct everything : model<features<6>, dense<7, scheme<real, ternary<mean_threshold<>>>>, batch_norm,
                          dense<5, scheme<integer<8>, integer<4, per_channel>>>, bias,
                          dense<6, scheme<integer<4>, integer<3>>>, batch_norm, dense<3, minw<1, 2>>> {};
struct tiny : model<features<3>, dense<2, minw<1, 1>>, batch_norm> {};

dataset<float> numbers(int count) {
  std::vector<int> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 3);
  return {{1, 1, 6}, test::uniform(6 * count, 1, -2, 3), labels};
}

network<everything, aqe> trained() {
  network<everything, aqe> net{seed{1}};
  net.normalize({.mean = {1, 2, 3, 4, 5, 6}, .stddev = {6, 5, 4, 3, 2, 1}});
  (void)fit(net, numbers(40), adam{.rate = 1e-2f}, constant{0.5f}, {.epochs = 2, .batch = 10});
  return net;
}

/// Returns the path, name and bits of every array.
template <class Network>
std::vector<std::string> bits(Network& net) {
  std::vector<std::string> result;
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    result.push_back(std::string(path) + ":" + std::string(name) + ":" +
                     std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)));
  });
  return result;
}

/// Returns the offset of an array in a network's file. The file contains the normalization's mean and standard
/// deviation and then the arrays, in the order of network::arrays(). Each of them begins at a multiple of 64.
template <class Network>
std::size_t place_of(Network& net, std::string_view layer, std::string_view array) {
  std::vector<std::size_t> lengths(2, sizeof(float) * static_cast<std::size_t>(net.input().channels));
  std::size_t found = 0;
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    if (path == layer && name == array) found = lengths.size();
    lengths.push_back(values.size_bytes());
  });
  return detail::section_offsets(lengths)[found];
}

template <class Model>
status read_network_as(const std::string& path) {
  network<Model> net;
  return read(path.c_str(), net);
}

}  // namespace

TEST_SUITE("files/network_file") {
  TEST_CASE("a quantizer's state outside its bounds is refused by its layer, and the network stays as it was") {
    const data_files::folder folder;
    network<everything> net{seed{1}}, other{seed{2}};
    fit(net, numbers(12), adam{}, constant{1}, {.batch = 6});
    save(net, folder.path("f"));
    auto file = data_files::content(folder.path("f"));
    const float below = -0.5f;
    std::memcpy(file.data() + place_of(net, "2.inputs", "state"), &below, sizeof below);
    data_files::repair_checksum(file);
    folder.write("f", file);
    const auto before = other.layer<"2">().weights();
    const status said = read(folder.path("f").c_str(), other);
    CHECK(sentence(said, folder) == "f: layer 2.inputs: expected a quantizer's state inside its bounds, found -0.5");
    CHECK(other.layer<"2">().weights() == before);
    CHECK_NOTHROW((void)pack(other));
  }

  TEST_CASE("a trained network comes back bit for bit, and computes the same") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("f"));
    auto loaded = load<network<everything, aqe>>(folder.path("f"));
    const auto expected = bits(net);
    CHECK(expected.size() == 20);
    CHECK(bits(loaded) == expected);
    CHECK(loaded.input_normalization().mean == net.input_normalization().mean);
    CHECK(loaded.input_normalization().stddev == net.input_normalization().stddev);
    CHECK(logits(loaded, numbers(40)) == logits(net, numbers(40)));
    CHECK(logits(loaded, numbers(40), 0.3f) == logits(net, numbers(40), 0.3f));
    // Computing logits has not changed any measured state.
    CHECK(bits(loaded) == expected);
    save(loaded, folder.path("again"));
    CHECK(data_files::content(folder.path("again")) == data_files::content(folder.path("f")));
  }

  TEST_CASE("a packed model is the same from the network and from its file") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("net"));
    save(pack(net), folder.path("f"));
    auto loaded = load<network<everything, aqe>>(folder.path("net"));
    save(pack(loaded), folder.path("again"));
    CHECK(data_files::content(folder.path("again")) == data_files::content(folder.path("f")));
  }

  TEST_CASE("estimators are chosen again when a network is loaded") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("f"));
    auto loaded = load<network<everything, alpha_blend, ste>>(folder.path("f"));
    CHECK(bits(loaded) == bits(net));
    CHECK(logits(loaded, numbers(40)) == logits(net, numbers(40)));
  }

  TEST_CASE("logits of random weights come back bit for bit; other estimators take codes of `sign` as weights") {
    struct random_weights
        : model<features<6>, dense<7, scheme<real, sign>>, batch_norm, dense<3, scheme<real, ternary<>>>> {};
    struct random_signs : model<features<6>, dense<7, scheme<real, sign>>, batch_norm, dense<3, scheme<real, sign>>> {};
    const data_files::folder folder;
    network<random_weights, local_reparameterization<>> net{seed{1}};
    (void)fit(net, numbers(40), adam{.rate = 0.1f}, constant{1}, {.epochs = 2, .batch = 10});
    save(net, folder.path("f"));
    auto loaded = load<network<random_weights, local_reparameterization<>>>(folder.path("f"));
    CHECK(bits(loaded) == bits(net));
    CHECK(logits(loaded, numbers(40)) == logits(net, numbers(40)));
    network<random_weights, ste> other{seed{1}};
    const auto before = bits(other);
    CHECK_FALSE(read(folder.path("f").c_str(), other).ok());
    CHECK(bits(other) == before);

    network<random_signs, local_reparameterization<>> signs{seed{1}};
    (void)fit(signs, numbers(40), adam{.rate = 0.1f}, constant{1}, {.epochs = 2, .batch = 10});
    save(signs, folder.path("s"));
    auto with_weights = load<network<random_signs, ste>>(folder.path("s"));
    CHECK(logits(with_weights, numbers(40)) == logits(signs, numbers(40)));
  }

  TEST_CASE("training goes on from a file as from the network itself") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("f"));
    auto loaded = load<network<everything, aqe>>(folder.path("f"));
    const auto more = [](auto& n) { (void)fit(n, numbers(40), adam{.rate = 1e-2f}, constant{0.5f}, {.batch = 10}); };
    more(net);
    more(loaded);
    CHECK(bits(loaded) == bits(net));
  }

  TEST_CASE("scales come back as they were, also where a further look at the weights would move them") {
    struct wide : model<features<40>, dense<30, integer<8>>, dense<5, integer<4>>> {};
    const data_files::folder folder;
    for (std::uint64_t draws = 0; draws < 20; ++draws) {
      network<wide> net{seed{draws}};
      const dataset<float> data({1, 1, 40}, test::uniform(80, 1), {});
      const auto expected = logits(net, data);
      save(net, folder.path("f"));
      auto loaded = load<network<wide>>(folder.path("f"));
      CHECK(logits(loaded, data) == expected);
      CHECK(bits(loaded) == bits(net));
    }
  }

  TEST_CASE("a network without a normalization gets mean 0 and deviation 1") {
    const data_files::folder folder;
    save(network<tiny>{seed{1}}, folder.path("f"));
    const auto loaded = load<network<tiny>>(folder.path("f"));
    CHECK(loaded.input_normalization().mean == std::vector<float>{0, 0, 0});
    CHECK(loaded.input_normalization().stddev == std::vector<float>{1, 1, 1});
  }

  TEST_CASE("any changed byte and any other length is refused") {
    const data_files::folder folder;
    save(network<tiny>{seed{1}}, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    CHECK(data_files::changed_byte_accepted(folder, sound, read_network_as<tiny>) == "");
    CHECK(data_files::other_length_accepted(folder, sound, read_network_as<tiny>) == "");
  }

  TEST_CASE("another model's file, a packed one and none at all are refused") {
    const data_files::folder folder;
    network<tiny> net{seed{1}};
    save(net, folder.path("f"));
    const std::string said = sentence(read_network_as<everything>(folder.path("f")), folder);
    CHECK(said.find("found another model's") != std::string::npos);
    CHECK(said.ends_with("; the first layer of another size is input: expected 24 bytes of 'mean', found 12"));
    save(pack(net), folder.path("packed"));
    CHECK(sentence(read_network_as<tiny>(folder.path("packed")), folder) ==
          "packed: expected a trainable network (kind 2), found packed model (kind 1)");
    CHECK(sentence(read_network_as<tiny>(folder.path("none")), folder) ==
          "none: expected a file, found none (No such file or directory)");
    CHECK_THROWS_WITH_AS((void)load<network<tiny>>(folder.path("none")),
                         doctest::Contains("none: expected a file, found none"), minnow::error);
  }

  TEST_CASE("a refused file leaves the network as it was") {
    const data_files::folder folder;
    network<tiny> net{seed{1}};
    save(net, folder.path("f"));
    auto damaged = data_files::content(folder.path("f"));
    damaged.back() ^= 1;
    folder.write("f", damaged);
    network<tiny> other{seed{2}};
    const auto before = bits(other);
    CHECK(!read(folder.path("f").c_str(), other).ok());
    CHECK(bits(other) == before);
    CHECK(other.input_normalization().mean.empty());
  }

  TEST_CASE(
      "numbers that no network has are refused by layer and array, though the checksum is right, and change nothing") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    // Compute the offset of each array. The file contains the mean, the standard deviation and then the arrays, in the
    // order of network::arrays(). Each of them begins at a multiple of 64.
    std::size_t sections = 2;
    net.arrays([&](std::string_view, std::string_view, std::span<float>) { ++sections; });
    std::size_t at = (64 + 8 * sections + 63) / 64 * 64;
    const auto refusal = [&](std::size_t place, float value) {
      data_files::bytes file = sound;
      std::memcpy(file.data() + place, &value, sizeof value);
      data_files::repair_checksum(file);
      network<everything, aqe> other{seed{9}};
      const auto before = bits(other);
      const std::string said = sentence(read(folder.write("g", file).c_str(), other), folder);
      CHECK(bits(other) == before);
      return said;
    };
    const auto check = [&](const std::string& layer, const std::string& array, std::size_t count) {
      const std::string where = "g: " + (layer.empty() ? "" : "layer " + layer + ": ");
      const bool positive = array == "stddev", not_negative = array == "variance", share = array == "stale_statistics";
      const std::string expected = positive       ? "expected numbers above 0 in '"
                                   : not_negative ? "expected numbers of at least 0 in '"
                                   : share        ? "expected numbers from 0 to 1 in '"
                                                  : "expected finite numbers in '";
      const std::size_t last = count - 1;
      for (const float value : {NAN, INFINITY, -INFINITY})
        CHECK(refusal(at + 4 * last, value).starts_with(where + expected + array + "', found "));
      const std::string index = " at index " + std::to_string(last);
      if (positive) CHECK_EQ(refusal(at + 4 * last, 0), where + expected + array + "', found 0" + index);
      if (positive || not_negative || share)
        CHECK_EQ(refusal(at + 4 * last, -0.5f), where + expected + array + "', found -0.5" + index);
      if (share) CHECK_EQ(refusal(at + 4 * last, 2), where + expected + array + "', found 2" + index);
      at = (at + 4 * count + 63) / 64 * 64;
    };
    check("", "mean", 6);
    check("", "stddev", 6);
    int arrays = 0;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (!values.empty()) check(std::string(path), std::string(name), values.size());
      ++arrays;
    });
    CHECK_GE(arrays, 15);
  }

  TEST_CASE("what cannot be read again is not written, and the file that is there stays") {
    const data_files::folder folder;
    auto net = trained();
    save(net, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    std::vector<std::pair<std::string, std::string>> all;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (!values.empty()) all.emplace_back(path, name);
    });
    REQUIRE(all.size() >= 15);
    const auto refusal = [&](const auto& array, float value) {
      float before = 0;
      const auto exchange = [&](float& with) {
        net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
          if (path == array.first && name == array.second) std::swap(values.back(), with);
        });
      };
      before = value;
      exchange(before);
      const std::string said = sentence(write(folder.path("f").c_str(), net), folder);
      exchange(before);
      return said;
    };
    for (const auto& array : all)
      for (const float value : {NAN, INFINITY, -INFINITY}) {
        CAPTURE(array.second);
        CHECK(refusal(array, value).starts_with("f: layer " + array.first + ": expected "));
      }
    CHECK(refusal(std::pair(std::string("2.inputs"), std::string("state")), -0.5f) ==
          "f: layer 2.inputs: expected a quantizer's state inside its bounds, found -0.5");
    CHECK(data_files::content(folder.path("f")) == sound);
    CHECK(write(folder.path("f").c_str(), net).ok());
  }

  TEST_CASE("a normalization that divides by 0 is refused where it is set, too") {
    network<tiny> net{};
    CHECK_THROWS_WITH_AS(net.normalize({.mean = {0, 0, 0}, .stddev = {1, 0, 1}}),
                         "normalize: expected numbers above 0 in 'stddev', found 0 at index 1", error);
    CHECK_THROWS_WITH_AS(net.normalize({.mean = {0, NAN, 0}}),
                         "normalize: expected finite numbers in 'mean', found nan at index 1", error);
    CHECK_THROWS_AS(net.normalize({.stddev = {1, -1, 1}}), error);
  }
}
