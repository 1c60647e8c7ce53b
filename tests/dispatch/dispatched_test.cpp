#include <minnow/dispatch.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>

#include "files/damaged_files.hpp"
#include "single_layer.hpp"
#include "small.hpp"
#include "small_network.hpp"
#include "throwing_network.hpp"

using namespace minnow;

namespace {

constexpr std::size_t images = 7;
constexpr auto image_size = static_cast<std::size_t>(layer_graph<test::small>::input.size());
constexpr auto classes = static_cast<std::size_t>(layer_graph<test::small>::output.size());

packed<test::small, kernels::portable> some() {
  network<test::small, aqe> net{seed{3}};
  const auto x = test::uniform(10 * layer_graph<test::small>::input.size(), 3, 0, 255);
  for (int i = 0; i < 2; ++i) {
    std::copy(x.begin(), x.end(), net.prepare(10).begin());
    (void)net.forward({.mode = mode::train, .alpha = 1});
  }
  return pack<kernels::portable>(net);
}

std::vector<std::uint8_t> bytes() {
  std::vector<std::uint8_t> result(images * image_size);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<std::uint8_t>(37 * i + i / 11);
  return result;
}

std::vector<float> logits_of(dispatched network) {
  std::vector<float> logits(images * classes);
  network.run(std::span<const std::uint8_t>(bytes()), logits);
  return logits;
}

/// Returns the names of the architectures that this processor supports.
std::vector<std::string> available() {
  std::vector<std::string> names;
  for (const dispatch_arch& a : small_network::archs())
    if (a.available) names.emplace_back(a.name);
  return names;
}

}  // namespace

TEST_SUITE("dispatch/dispatched") {
  TEST_CASE(
      "every architecture that the processor has gives the logits of the portable kernels, from a file and from its "
      "bytes") {
    const data_files::folder folder;
    const auto network = some();
    save(network, folder.path("f"));
    const auto expected = network.run(std::span<const std::uint8_t>(bytes()));
    const auto file = data_files::content(folder.path("f"));
    REQUIRE(available().size() >= 1);
    for (const std::string& arch : available()) {
      CAPTURE(arch);
      const dispatched loaded = small_network::load(folder.path("f"), arch);
      CHECK(loaded.arch() == arch);
      CHECK(loaded.classes() == 5);
      CHECK(loaded.image_size() == 6 * 6 * 3);
      CHECK(logits_of(small_network::load(folder.path("f"), arch)) == expected);
      CHECK(logits_of(small_network::load(std::as_bytes(std::span(file)), arch)) == expected);
    }
  }

  TEST_CASE("without a name the highest architecture is taken that the processor has, and its kernels run") {
    const data_files::folder folder;
    save(some(), folder.path("f"));
    const dispatched loaded = small_network::load(folder.path("f"));
    CHECK(loaded.arch() == available().back());
    const std::string text = loaded.summary();
    CAPTURE(text);
    CHECK(text.find("sum ") != std::string::npos);
    CHECK(text.find("built for") == std::string::npos);
  }

  TEST_CASE("a summary names the variant's own architecture") {
    const data_files::folder folder;
    save(some(), folder.path("f"));
    for (const std::string& arch : available()) {
      const std::string name = arch == "avx2" ? "fma3+avx2" : arch == "sse4_2" ? "sse4.2" : arch;
      CHECK(small_network::load(folder.path("f"), arch).summary().find("for " + name + " ") != std::string::npos);
    }
  }

  TEST_CASE("an unknown architecture, and one that the processor does not have, are refused with those there are") {
    const dispatch_variant variant{};
    const dispatch_arch archs[] = {{"low", true, &variant}, {"middle", true, &variant}, {"high", false, &variant}};
    CHECK(std::string(detail::choose_arch(archs, "").name) == "middle");
    CHECK(std::string(detail::choose_arch(archs, "low").name) == "low");
    CHECK_THROWS_WITH_AS((void)detail::choose_arch(archs, "higher"),
                         "architecture higher: expected one of the program's architectures, low, middle, high",
                         minnow::error);
    CHECK_THROWS_WITH_AS(
        (void)detail::choose_arch(archs, "high"),
        "architecture high: this processor does not have it; of the program's architectures it has low, middle",
        minnow::error);
    CHECK_THROWS_WITH_AS((void)detail::choose_arch(std::span(archs).last(1), ""),
                         "this processor has none of the program's architectures: high", minnow::error);
    CHECK_THROWS_WITH_AS((void)small_network::load("none", "avx3"),
                         doctest::Contains("architecture avx3: expected one of the program's architectures, "),
                         minnow::error);
  }

  TEST_CASE("what a variant says about a file arrives as it is") {
    const data_files::folder folder;
    save(some(), folder.path("f"));
    auto damaged = data_files::content(folder.path("f"));
    damaged.back() ^= 1;
    const std::string path = folder.write("damaged", damaged);
    packed<test::small> reader;
    const std::string sentence = read(path.c_str(), reader).message();
    const std::string in_memory = read(std::as_bytes(std::span(damaged)), "the bytes in memory", reader).message();
    REQUIRE(sentence.find("damaged: expected the checksum") != std::string::npos);
    for (const std::string& arch : available()) {
      CAPTURE(arch);
      CHECK_THROWS_WITH_AS((void)small_network::load(path, arch), sentence.c_str(), minnow::error);
      CHECK_THROWS_WITH_AS((void)small_network::load(std::as_bytes(std::span(damaged)), arch), in_memory.c_str(),
                           minnow::error);
      CHECK_THROWS_WITH_AS((void)small_network::load(folder.path("none"), arch),
                           doctest::Contains("none: expected a file, found none (No such file or directory)"),
                           minnow::error);
    }
  }

  TEST_CASE("images and logits of other sizes, and floats for pixels, are refused") {
    const data_files::folder folder;
    save(some(), folder.path("f"));
    dispatched network = small_network::load(folder.path("f"));
    const auto x = bytes();
    std::vector<float> logits(images * classes);
    CHECK_THROWS_WITH_AS(network.run(std::span(x).first(image_size - 1), logits),
                         "expected whole images of 108 numbers, found 107", minnow::error);
    CHECK_THROWS_WITH_AS(network.run(std::span(x), std::span(logits).first(classes)),
                         "expected room for 35 logits of 7 images, found 5", minnow::error);
    const std::vector<float> floats(image_size);
    CHECK_THROWS_WITH_AS(network.run(std::span(floats), std::span(logits).first(classes)),
                         "the network begins with pixels: expected images of bytes, found floats", minnow::error);
    network.run(std::span(x).first(0), std::span(logits).first(0));
  }

  TEST_CASE("what a user's layer throws arrives at the caller, and the next run goes on") {
    const data_files::folder folder;
    network<test::throwing> net{seed{1}};
    save(pack<kernels::portable>(net), folder.path("f"));
    dispatched network = throwing_network::load(folder.path("f"));
    std::vector<float> logits(3);
    const std::vector<float> fits{1, 2, 3, 4}, above{1, 2, 300, 4};
    CHECK_THROWS_WITH(network.run(std::span(above), logits), "above 100");
    network.run(std::span(fits), logits);
    CHECK(logits == pack<kernels::portable>(net).run(std::span<const float>(fits)));
  }
}
