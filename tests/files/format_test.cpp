#include <minnow/files/model_file.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <minnow/files/any_model.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/pack/pack.hpp>

#include "damaged_files.hpp"
#include "file_models.hpp"

using namespace minnow;

namespace {

const std::string kept = std::string(MINNOW_FIXTURES) + "/format_1/";

std::vector<float> logits_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<float> result;
  for (std::string line; std::getline(file, line);) result.push_back(std::strtof(line.c_str(), nullptr));
  return result;
}

template <class T, class Packed>
void gives(const Packed& network, const std::vector<float>& expected) {
  const auto data = test::file_images<typename Packed::model, T>(24);
  const auto found = network.run(std::span<const T>(data.images));
  REQUIRE(found.size() == expected.size());
  // The last products add a few floats in an order that depends on the instruction set.
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::abs(found[i] - expected[i]) <= 1e-5f * (1 + std::abs(expected[i])));
}

}  // namespace

TEST_SUITE("files/format") {
  TEST_CASE("files of version 1 are read, and say what they said, on every architecture") {
    const auto orders = logits_of(kept + "orders.logits"), fixed = logits_of(kept + "fixed.logits");
    REQUIRE(orders.size() == 72);
    kernels::available_archs::for_each([&](auto arch) {
      using tag = decltype(arch);
      CAPTURE(std::string(kernels::arch_name<tag>()));
      gives<float>(load<packed<test::every_order, tag>>(kept + "orders.mnw"), orders);
      gives<std::uint8_t>(load<packed<fixed_point<test::in_fixed_point>, tag>>(kept + "fixed.mnw"), fixed);
    });
  }

  TEST_CASE("networks of version 1 are read, and pack to the files that they were packed to then") {
    const data_files::folder folder;
    auto orders = load<network<test::every_order, aqe>>(kept + "orders.network");
    save(pack(orders), folder.path("orders"));
    CHECK(data_files::content(folder.path("orders")) == data_files::content(kept + "orders.mnw"));
    auto fixed = load<network<test::in_fixed_point, aqe>>(kept + "fixed.network");
    // Fixed point was written as integers then. Such a file stays as it is; packing writes a smaller one.
    const auto kept_fixed = load<packed<fixed_point<test::in_fixed_point>>>(kept + "fixed.mnw");
    save(kept_fixed, folder.path("fixed"));
    CHECK(data_files::content(folder.path("fixed")) == data_files::content(kept + "fixed.mnw"));
    save(pack<fixed_point>(fixed), folder.path("fixed"));
    CHECK(data_files::content(folder.path("fixed")).size() < data_files::content(kept + "fixed.mnw").size());
    const auto loaded = load<packed<fixed_point<test::in_fixed_point>>>(folder.path("fixed"));
    const auto data = test::file_images<test::in_fixed_point, std::uint8_t>(24);
    const std::span<const std::uint8_t> images(data.images);
    CHECK(loaded.run(images) == kept_fixed.run(images));
    // In place and as one of several models.
    const auto file = data_files::content(kept + "fixed.mnw");
    const auto in_place = load_in_place<packed<fixed_point<test::in_fixed_point>>>(std::as_bytes(std::span(file)));
    CHECK(in_place.run(images) == kept_fixed.run(images));
    const auto any = load_any<test::in_fixed_point, fixed_point<test::in_fixed_point>>(kept + "fixed.mnw");
    CHECK(any.index() == 1);
    save(orders, folder.path("again"));
    CHECK(data_files::content(folder.path("again")) == data_files::content(kept + "orders.network"));
  }
}
