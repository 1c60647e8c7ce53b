#include <minnow/files/any_model.hpp>
#include <minnow/files/model_file.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/files/mapped_file.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>

#include "damaged_files.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using data_files::sentence;

struct small : model<features<8>, dense<6, scheme<pixels, sign>>, batch_norm, dense<32, minw<2, 1>>, batch_norm,
                     dense<3, minw<1, 1>>> {};
struct sibling : model<features<8>, dense<6, scheme<pixels, sign>>, batch_norm, dense<32, minw<2, 1>>, batch_norm,
                       dense<3, minw<1, 2>>> {};
struct mixed : model<image<2, 5, 5>, conv<4, scheme<real, sign>>, max_pool<2>, batch_norm,
                     conv<5, scheme<integer<8>, integer<4, per_channel>>>, relu, batch_norm, dense<6, minw<1, 1>>,
                     batch_norm, dense<3, minw<16, 3>>, bias> {};
struct reals : model<features<4>, dense<3>, relu, dense<2>> {};
struct pooled : model<image<1, 6, 6>, conv<3, scheme<pixels, sign>>, max_pool<3, stride<1>>, batch_norm,
                      quantize<ternary<>>, relu> {};

/// A layer whose `inferable` lists its arrays as in version 0.1, through a member function that is not const.
struct listed_by_member : same_shape {
  static constexpr text name() { return "listed_by_member"; }
};
struct of_listed_by_member : model<features<4>, dense<3, scheme<pixels, sign>>, chain<listed_by_member>> {};

template <class Model>
packed<Model> some(std::uint64_t draws = 1) {
  network<Model, aqe> net{seed{draws}};
  const auto x = test::uniform(10 * layer_graph<Model>::input.size(), draws, 0, 255);
  for (int i = 0; i < 2; ++i) {
    std::copy(x.begin(), x.end(), net.prepare(10).begin());
    (void)net.forward({.mode = mode::train, .alpha = 1});
  }
  return pack(net);
}

template <class Packed>
std::vector<std::byte> all_bytes(const Packed& network) {
  std::vector<std::byte> result;
  network.each_stage([&](auto, const auto& stage) {
    stage.sections([&](std::string_view, std::span<const std::byte> part) {
      result.insert(result.end(), part.begin(), part.end());
    });
  });
  return result;
}

template <class Model>
status read_as(const std::string& path) {
  packed<Model> network;
  return read(path.c_str(), network);
}

/// Returns the first multiple of 64 at which the file contains the bytes of `section`, or 0 if there is none.
std::size_t place_of(const data_files::bytes& file, std::span<const std::byte> section) {
  for (std::size_t at = 64; at + section.size() <= file.size(); at += 64)
    if (std::memcmp(file.data() + at, section.data(), section.size()) == 0) return at;
  return 0;
}

}  // namespace

template <>
class minnow::inferable<listed_by_member> {
public:
  explicit inferable(shape in) : numbers_(static_cast<std::size_t>(in.size()), 0.0f) {}
  void run(const float* in, float* out) const noexcept {
    for (std::size_t i = 0; i < numbers_.size(); ++i) out[i] = in[i] + numbers_[i];
  }
  void arrays(auto&& visit) { visit("numbers", std::span<float>(numbers_)); }

private:
  std::vector<float> numbers_;
};

TEST_SUITE("files/model_file") {
  TEST_CASE("a layer of a user that lists its arrays in the form of 0.1 is saved, checked and read") {
    const data_files::folder folder;
    packed<of_listed_by_member> network;
    const auto set = [&](float value) {
      network.stage<0>().floats_of_layers([&](std::size_t, std::string_view name, std::span<float> values) {
        if (name == "numbers") values[1] = value;
      });
    };
    set(2.5f);
    const std::vector<std::uint8_t> image{9, 1, 200, 77};
    save(network, folder.path("f"));
    const auto loaded = load<packed<of_listed_by_member>>(folder.path("f"));
    CHECK(loaded.run(image) == network.run(image));
    const auto before = network.run(image);
    set(0);
    CHECK(network.run(image)[1] == before[1] - 2.5f);
    set(NAN);
    CHECK(sentence(write(folder.path("f").c_str(), network), folder)
              .starts_with("f: layer 1.0: expected finite numbers in 'numbers', found "));
  }

  TEST_CASE_TEMPLATE("a packed model comes back bit for bit", Model, small, mixed, reals, pooled) {
    const data_files::folder folder;
    auto network = some<Model>();
    if constexpr (!layer_graph<Model>::takes_pixels) {
      network.input.mean.assign(static_cast<std::size_t>(layer_graph<Model>::input.channels), 0.4f);
      network.input.stddev.assign(static_cast<std::size_t>(layer_graph<Model>::input.channels), 0.3f);
    }
    save(network, folder.path("f"));
    auto loaded = load<packed<Model>>(folder.path("f"));
    CHECK(all_bytes(loaded) == all_bytes(network));
    if constexpr (!layer_graph<Model>::takes_pixels) {
      CHECK(loaded.input.mean == network.input.mean);
      CHECK(loaded.input.stddev == network.input.stddev);
    }
    std::vector<std::uint8_t> image(static_cast<std::size_t>(layer_graph<Model>::input.size()));
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(37 * i);
    CHECK(loaded.run(std::span<const std::uint8_t>(image)) == network.run(std::span<const std::uint8_t>(image)));
    save(loaded, folder.path("again"));
    CHECK(data_files::content(folder.path("again")) == data_files::content(folder.path("f")));
  }

  TEST_CASE("a file is the same whichever architecture wrote it, and every architecture reads it") {
    const data_files::folder folder;
    network<mixed, aqe> net{seed{1}};
    save(pack<kernels::portable>(net), folder.path("portable"));
    const auto expected = data_files::content(folder.path("portable"));
    kernels::available_archs::for_each([&](auto arch) {
      save(pack<decltype(arch)>(net), folder.path("f"));
      CHECK(data_files::content(folder.path("f")) == expected);
      CHECK(read_as<mixed>(folder.path("portable")).ok());
    });
  }

  TEST_CASE("the bytes of a file are read as the file is, and refused under the name that they are given") {
    const data_files::folder folder;
    auto network = some<small>();
    save(network, folder.path("f"));
    auto bytes = data_files::content(folder.path("f"));
    packed<small> loaded;
    CHECK(read(std::as_bytes(std::span(bytes)), "it", loaded).ok());
    CHECK(all_bytes(loaded) == all_bytes(network));
    bytes.pop_back();
    char expected[200];
    std::snprintf(expected, sizeof expected, "it: truncated: expected %zu bytes, found %zu (its header says %zu)",
                  bytes.size() + 1, bytes.size(), bytes.size() + 1);
    CHECK(std::string(read(std::as_bytes(std::span(bytes)), "it", loaded).message()) == expected);
    CHECK(read(std::span<const std::byte>(), "it", loaded).message() ==
          std::string("it: truncated: expected ") + std::to_string(bytes.size() + 1) + " bytes, found 0");
  }

  TEST_CASE_TEMPLATE("a mapped file's weights are run where they are, and replacing the file leaves them be", Model,
                     small, mixed, pooled) {
    const data_files::folder folder;
    auto network = some<Model>();
    save(network, folder.path("f"));
    const auto file = load<mapped_file>(folder.path("f"));
    auto loaded = load_in_place<packed<Model>>(file.bytes());
    std::size_t inside = 0, weights = 0;
    std::as_const(loaded).each_stage([&](auto, const auto& stage) {
      if (stage.weights.size() == 0) return;
      ++weights;
      const auto from = stage.weights.data() - file.bytes().data();
      if (from > 0 && from < static_cast<std::ptrdiff_t>(file.bytes().size())) ++inside;
    });
    // The last weights may be too close to the end of the file to be used in place.
    CHECK(inside + 1 >= weights);
    CHECK(inside > 0);
    save(some<Model>(2), folder.path("f"));
    CHECK(all_bytes(loaded) == all_bytes(network));
    std::vector<std::uint8_t> image(static_cast<std::size_t>(layer_graph<Model>::input.size()));
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(37 * i);
    const auto copy = loaded;
    CHECK(copy.run(std::span<const std::uint8_t>(image)) == network.run(std::span<const std::uint8_t>(image)));
    // A network whose weights are used in place can be saved, and can be the destination of `read`. Its weights stay in
    // place when it is saved.
    std::vector<const std::byte*> places, places_after;
    std::as_const(loaded).each_stage([&](auto, const auto& stage) { places.push_back(stage.weights.data()); });
    save(loaded, folder.path("again"));
    std::as_const(loaded).each_stage([&](auto, const auto& stage) { places_after.push_back(stage.weights.data()); });
    CHECK(places_after == places);
    save(network, folder.path("f"));
    CHECK(data_files::content(folder.path("again")) == data_files::content(folder.path("f")));
    REQUIRE(read(folder.path("again").c_str(), loaded).ok());
    CHECK(all_bytes(loaded) == all_bytes(network));
  }

  TEST_CASE("bytes that do not stand at a multiple of 64 are copied, and the bytes of a damaged file are refused") {
    const data_files::folder folder;
    auto network = some<small>();
    save(network, folder.path("f"));
    const auto file = data_files::content(folder.path("f"));
    detail::aligned_bytes moved(file.size() + 4);
    std::memcpy(moved.data() + 4, file.data(), file.size());
    const std::span<const std::byte> bytes(moved.data() + 4, file.size());
    auto loaded = load_in_place<packed<small>>(bytes);
    moved.data()[4 + place_of(file, {network.stage<0>().weights.data(), network.stage<0>().weights.size()})] ^=
        std::byte{1};
    CHECK(all_bytes(loaded) == all_bytes(network));
    CHECK(std::string(read_in_place(bytes, "it", loaded).message()).starts_with("it: damaged: expected the checksum"));
    CHECK_THROWS_WITH_AS((void)load_in_place<packed<sibling>>(bytes),
                         doctest::Contains("the bytes in memory: expected the model with fingerprint"), minnow::error);
    mapped_file none;
    CHECK(sentence(read(folder.path("none").c_str(), none), folder) ==
          "none: expected a file, found none (No such file or directory)");
    CHECK(sentence(read(folder.write("empty", "").c_str(), none), folder) ==
          "empty: expected bytes to map, found an empty file");
    CHECK(none.bytes().empty());
  }

  TEST_CASE("a file of any of several models is read as the one that it holds") {
    const data_files::folder folder;
    auto network = some<mixed>();
    save(network, folder.path("f"));
    auto loaded = load_any<small, mixed, sibling>(folder.path("f"));
    REQUIRE(loaded.index() == 1);
    CHECK(all_bytes(std::get<1>(loaded)) == all_bytes(network));
    std::variant<packed<small>, packed<sibling>> others;
    char expected[200];
    std::snprintf(
        expected, sizeof expected,
        "f: expected one of 2 models, found another model's file, with the fingerprint %016llx; of model 1 the "
        "first layer of another size is ",
        static_cast<unsigned long long>(layer_graph<mixed>::fingerprint));
    const std::string said = sentence(read_any(folder.path("f").c_str(), others), folder);
    CAPTURE(said);
    CHECK(said.starts_with(expected));
    CHECK(said.find("; of model 2 the first layer of another size is ") != std::string::npos);
    CHECK_THROWS_WITH_AS((void)load_any<sibling>(folder.path("f")), read_as<sibling>(folder.path("f")).message(),
                         minnow::error);
    CHECK(sentence(read_any(folder.write("g", "something else").c_str(), others), folder) ==
          "g: expected a minnow file, found a text that begins with 'something else'");
    CHECK_THROWS_WITH_AS((void)load_any<small>(folder.path("none")),
                         doctest::Contains("none: expected a file, found none"), minnow::error);
  }

  TEST_CASE("any changed byte is refused with what was expected and found") {
    const data_files::folder folder;
    save(some<small>(), folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    REQUIRE(sound.size() < 4000);
    CHECK(data_files::changed_byte_accepted(folder, sound, read_as<small>) == "");
    save(some<mixed>(), folder.path("f"));
    CHECK(data_files::changed_byte_accepted(folder, data_files::content(folder.path("f")), read_as<mixed>) == "");
  }

  TEST_CASE("any other length is refused with the length that was expected") {
    const data_files::folder folder;
    save(some<small>(), folder.path("f"));
    CHECK(data_files::other_length_accepted(folder, data_files::content(folder.path("f")), read_as<small>) == "");
  }

  TEST_CASE("another model's file and a trainable network's are refused, also where lengths agree") {
    const data_files::folder folder;
    save(some<small>(), folder.path("f"));
    char expected[300];
    std::snprintf(
        expected, sizeof expected,
        "f: expected the model with fingerprint %016llx, found another model's, %016llx; the first layer of another "
        "size is 4 (dense<3,ternary>): expected 24 bytes of 'weights', found 12",
        static_cast<unsigned long long>(layer_graph<sibling>::fingerprint),
        static_cast<unsigned long long>(layer_graph<small>::fingerprint));
    CHECK(sentence(read_as<sibling>(folder.path("f")), folder) == expected);
    network<small> net;
    save(net, folder.path("net"));
    CHECK(sentence(read_as<small>(folder.path("net")), folder) ==
          "net: expected a packed model (kind 1), found trainable network (kind 2)");
    CHECK_THROWS_WITH_AS((void)load<packed<sibling>>(folder.path("f")), doctest::Contains("found another model's"),
                         minnow::error);
  }

  TEST_CASE("the layer in which another model differs is named with what was expected and found") {
    const data_files::folder folder;
    const auto said = [&](auto& of, auto& wanted) {
      save(of, folder.path("f"));
      const std::string sentence = read(folder.path("f").c_str(), wanted).message();
      return sentence.substr(std::min(sentence.find(';'), sentence.size()));
    };
    struct base : model<image<1, 6, 6>, conv<16, scheme<pixels, sign>>, batch_norm, conv<8, minw<1, 1>>, batch_norm,
                        dense<10, minw<1, 1>>, bias> {};
    struct wide : model<image<1, 6, 6>, conv<16, scheme<pixels, sign>>, batch_norm, conv<24, minw<1, 1>>, batch_norm,
                        dense<10, minw<1, 1>>, bias> {};
    struct two : model<image<1, 6, 6>, conv<16, scheme<pixels, sign>>, batch_norm, conv<8, minw<1, 1>>, batch_norm,
                       dense<2, minw<1, 1>>, bias> {};
    struct rectified : model<image<1, 6, 6>, conv<16, scheme<pixels, sign>>, batch_norm, relu, conv<8, minw<1, 1>>,
                             batch_norm, dense<10, minw<1, 1>>, bias> {};
    struct shorter : model<image<1, 6, 6>, conv<16, scheme<pixels, sign>>, batch_norm, dense<10, minw<1, 1>>, bias> {};
    struct floats : model<image<3, 6, 6>, conv<4>, dense<2>> {};
    struct gray : model<image<1, 6, 6>, conv<4>, dense<2>> {};
    network<base> net;
    auto packed_base = pack(net);
    packed<wide> other_filters;
    CHECK(said(packed_base, other_filters) ==
          "; the first layer of another size is 2 (conv<24,sign,3x3,stride 1x1,padding 1x1>): expected 864 bytes of "
          "'weights', found 288");
    packed<two> other_classes;
    CHECK(said(packed_base, other_classes) ==
          "; the first layer of another size is 4 (dense<2,sign>): expected 72 bytes of 'weights', found 360");
    packed<rectified> other_function;
    CHECK(said(packed_base, other_function) ==
          "; all layers have the expected sizes: their quantizers, strides, paddings or layers without numbers differ");
    packed<shorter> fewer_layers;
    CHECK(said(packed_base, fewer_layers)
              .starts_with("; the first layer of another size is 2 (dense<10,sign>): expected "));
    network<shorter> short_net;
    auto packed_short = pack(short_net);
    packed<base> more_layers;
    CHECK(said(packed_short, more_layers).starts_with("; the first layer of another size is 2 (conv<8,sign,"));
    network<gray> grey_net;
    auto packed_grey = pack(grey_net);
    packed<floats> other_image;
    CHECK(said(packed_grey, other_image) ==
          "; the first layer of another size is input: expected 12 bytes of 'mean', found 4");
    // Files of trainable networks report differences between models in the same way.
    network<wide> trainable_wide;
    CHECK(said(net, trainable_wide) ==
          "; the first layer of another size is 2 (conv<24,sign,3x3,stride 1x1,padding 1x1>): expected 13824 bytes of "
          "'weights', found 4608");
    network<two> trainable_two;
    CHECK(said(net, trainable_two) ==
          "; the first layer of another size is 4 (dense<2,sign>): expected 2304 bytes of 'weights', found 11520");
    // Check files that end inside their table of section lengths.
    save(net, folder.path("f"));
    const auto file = data_files::content(folder.path("f"));
    for (const std::size_t length : {64, 70, 72, 80, 100}) {
      CAPTURE(length);
      const auto bytes = std::as_bytes(std::span(file)).first(length);
      const std::string sentence =
          detail::check_container(bytes, "f", detail::file_kind::network, {1}, std::array{std::size_t{4}}).message();
      CHECK(sentence.starts_with("f: expected the model with fingerprint"));
    }
  }

  TEST_CASE("a missing file and a missing folder are named") {
    const data_files::folder folder;
    CHECK(sentence(read_as<small>(folder.path("none")), folder) ==
          "none: expected a file, found none (No such file or directory)");
    CHECK_THROWS_WITH_AS((void)load<packed<small>>(folder.path("none")),
                         doctest::Contains("none: expected a file, found none"), minnow::error);
    CHECK_THROWS_WITH_AS(save(some<small>(), folder.path("no/f")), doctest::Contains("no/f: could not be created"),
                         minnow::error);
    CHECK(std::filesystem::is_empty(folder.path()));
  }

  TEST_CASE("the probe runs through the integers and stops before floats") {
    using of_small = detail::probe_plan<packed<small>>;
    static_assert(of_small::exists && of_small::first == 0 && of_small::last == 2);
    using of_mixed = detail::probe_plan<packed<mixed>>;
    static_assert(of_mixed::exists && of_mixed::first == 1 && of_mixed::last == 2);
    static_assert(!detail::probe_plan<packed<reals>>::exists);
    CHECK(detail::probe_answer(some<small>()).size() == 3);
    CHECK(detail::probe_answer(some<mixed>()).size() == 6);
    CHECK(detail::probe_answer(some<reals>()).empty());
    // The test run that is stored with a model (probe) covers all sums of the product, although a pool follows it.
    CHECK(detail::probe_answer(some<pooled>()).size() == 6 * 6 * 3);
    CHECK(detail::probe_answer(some<small>()) == detail::probe_answer(some<small>()));
    CHECK(detail::probe_answer(some<small>(1)) != detail::probe_answer(some<small>(2)));
  }

  TEST_CASE("any flipped weight of the last product is found by the probe, though the checksum is right") {
    const data_files::folder folder;
    auto network = some<small>();
    save(network, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    const auto& weights = network.stage<2>().weights;
    const std::size_t place = place_of(sound, {weights.data(), weights.size()});
    REQUIRE(place > 0);
    REQUIRE(weights.size() == 12);
    for (std::size_t bit = 0; bit < 96; ++bit) {
      auto changed = sound;
      changed[place + bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      data_files::repair_checksum(changed);
      CHECK(sentence(read_as<small>(folder.write("changed", changed)), folder) ==
            std::string("changed: the stored probe gives other sums than when the model was packed: expected the same "
                        "on every processor; this "
                        "build's ") +
                kernels::arch_name<kernels::best>() + " kernels or the file are wrong");
    }
    auto repaired = sound;
    data_files::repair_checksum(repaired);
    CHECK(repaired == sound);
  }

  TEST_CASE("a changed answer is found by the probe too") {
    const data_files::folder folder;
    save(some<small>(), folder.path("f"));
    auto changed = data_files::content(folder.path("f"));
    changed.back() ^= 1;
    data_files::repair_checksum(changed);
    CHECK(sentence(read_as<small>(folder.write("f", changed)), folder)
              .starts_with("f: the stored probe gives other sums"));
  }

  TEST_CASE_TEMPLATE("numbers that no packed model has are refused by layer and array, though the checksum is right",
                     Model, small, mixed, reals, pooled) {
    const data_files::folder folder;
    auto network = some<Model>();
    save(network, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    const auto refusal = [&](std::size_t place, const void* value, std::size_t size) {
      data_files::bytes file = sound;
      std::memcpy(file.data() + place, value, size);
      data_files::repair_checksum(file);
      packed<Model> other;
      const std::string said = read(std::as_bytes(std::span(file)), "it", other).message();
      CHECK(std::string(read_in_place(std::as_bytes(std::span(file)), "it", other).message()) == said);
      return said;
    };
    std::size_t sections = layer_graph<Model>::takes_pixels ? 1 : 3;
    network.each_stage(
        [&](auto, auto& stage) { stage.sections([&](std::string_view, std::span<std::byte>) { ++sections; }); });
    std::size_t at = (64 + 8 * sections + 63) / 64 * 64;
    const auto pass = [&](std::size_t bytes) { at = (at + bytes + 63) / 64 * 64; };
    if constexpr (!layer_graph<Model>::takes_pixels) {
      const auto channels = static_cast<std::size_t>(layer_graph<Model>::input.channels);
      const float zero = 0, nan = NAN;
      CHECK(refusal(at, &nan, 4) == "it: expected finite numbers in 'mean', found nan at index 0");
      pass(4 * channels);
      CHECK(refusal(at, &zero, 4) == "it: expected numbers above 0 in 'stddev', found 0 at index 0");
      pass(4 * channels);
    }
    network.each_stage([&](auto, auto& stage) {
      using plan = typename std::remove_cvref_t<decltype(stage)>::plan;
      const std::string path(layer_graph<Model>::paths[plan::begin].view());
      std::vector<std::pair<std::string, std::string>> floats;  // layer path and name of each array
      stage.floats_of_layers([&](std::size_t layer, std::string_view name, std::span<float>) {
        floats.emplace_back(layer_graph<Model>::paths[layer].view(), name);
      });
      std::size_t next = 0;
      stage.sections([&](std::string_view name, std::span<std::byte> bytes) {
        if (bytes.empty()) return;
        if (name == "weights") {
          if constexpr (plan::has_product) {
            using weights = typename plan::weights;
            const float inf = INFINITY;
            const std::uint16_t half_nan = 0x7e00;
            const std::int8_t lowest = -128;
            const std::string where = "it: layer " + path + ": expected ";
            if (weights::storage == encoding::real)
              CHECK(refusal(at, &inf, 4) == where + "finite numbers in 'weights', found a NaN or an infinity");
            if (weights::storage == encoding::half)
              CHECK(refusal(at, &half_nan, 2) == where + "finite numbers in 'weights', found a NaN or an infinity");
            if (weights::storage == encoding::byte || weights::storage == encoding::nibble)
              CHECK(refusal(at, &lowest, 1) ==
                    where + "codes of its quantizer in 'weights', found a code beyond its quantizer's");
          }
        } else if (name == "flip" || name == "smallest") {
          const std::int32_t two = 2;
          CHECK(refusal(at, &two, 4) ==
                "it: layer " + path + ": expected 0 or -1 in '" + std::string(name) + "', found another number");
        } else if (next < floats.size() && name == floats[next].second) {
          for (const float value : {NAN, INFINITY, -INFINITY})
            CHECK(refusal(at, &value, 4)
                      .starts_with("it: layer " + floats[next].first + ": expected finite numbers in '" +
                                   std::string(name) + "', found "));
          ++next;
        }
        pass(bytes.size());
      });
      CHECK(next == floats.size());
    });
  }

  TEST_CASE_TEMPLATE("what cannot be read again is not written, and the file that is there stays", Model, small, mixed,
                     reals, pooled) {
    const data_files::folder folder;
    auto network = some<Model>();
    save(network, folder.path("f"));
    const auto sound = data_files::content(folder.path("f"));
    network.each_stage([&](auto, auto& stage) {
      stage.floats_of_layers([&](std::size_t layer, std::string_view name, std::span<float> values) {
        if (values.empty()) return;
        const float before = std::exchange(values.back(), NAN);
        CHECK(sentence(write(folder.path("f").c_str(), network), folder)
                  .starts_with("f: layer " + std::string(layer_graph<Model>::paths[layer].view()) +
                               ": expected finite numbers in '" + std::string(name) + "', found "));
        values.back() = before;
      });
    });
    if constexpr (!layer_graph<Model>::takes_pixels) {
      const auto before = network.input;
      network.input.stddev.assign(static_cast<std::size_t>(layer_graph<Model>::input.channels), 0);
      CHECK(sentence(write(folder.path("f").c_str(), network), folder) ==
            "f: expected numbers above 0 in 'stddev', found 0 at index 0");
      network.input = before;
    }
    CHECK(data_files::content(folder.path("f")) == sound);
    CHECK(write(folder.path("f").c_str(), network).ok());
  }
}
