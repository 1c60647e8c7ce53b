#include <minnow/data/dataset.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <xtensor/containers/xtensor.hpp>

using namespace minnow;

static_assert(
    std::is_same_v<decltype(dataset(shape{}, std::vector<std::uint8_t>{}, std::vector<int>{})), dataset<std::uint8_t>>);
static_assert(std::is_same_v<decltype(dataset(xt::xtensor<float, 4>{}, std::vector<int>{})), dataset<float>>);
static_assert(detail::array<xt::xtensor<float, 2>> && !detail::array<std::vector<float>>);

namespace {

std::vector<std::uint8_t> counting(int count) {
  std::vector<std::uint8_t> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<std::uint8_t>(i));
  return values;
}

}  // namespace

TEST_SUITE("data/dataset") {
  TEST_CASE("takes vectors and hands out images") {
    const dataset data(shape{2, 3, 1}, counting(18), {4, 5, 6});
    CHECK(data.size() == 3);
    REQUIRE(data.image(1).size() == 6);
    CHECK(data.image(1)[0] == 6);
    CHECK(data.image(2)[5] == 17);
    CHECK(data.image(2).data() == data.images.data() + 12);
  }

  TEST_CASE("takes arrays of rank 4, 3 and 2") {
    xt::xtensor<std::uint8_t, 4> images({5, 2, 3, 4});
    std::iota(images.begin(), images.end(), std::uint8_t{0});
    const xt::xtensor<int, 1> labels{0, 1, 2, 3, 4};
    const dataset color(images, labels);
    CHECK(color.dimensions == shape{2, 3, 4});
    CHECK(color.size() == 5);
    CHECK(color.images == counting(120));
    CHECK(color.labels == std::vector<int>{0, 1, 2, 3, 4});

    const dataset gray(xt::xtensor<float, 3>({5, 2, 3}, 0.5f), labels);
    CHECK(gray.dimensions == shape{2, 3, 1});
    const dataset vectors(xt::xtensor<float, 2>({5, 7}, 0.5f), labels);
    CHECK(vectors.dimensions == shape{1, 1, 7});
    CHECK(vectors.size() == 5);
  }

  TEST_CASE("a part has its own images and labels") {
    const dataset data(shape{1, 1, 2}, counting(8), {10, 11, 12, 13});
    const auto middle = data.part(1, 3);
    CHECK(middle.dimensions == data.dimensions);
    CHECK(middle.images == std::vector<std::uint8_t>{2, 3, 4, 5});
    CHECK(middle.labels == std::vector<int>{11, 12});
    CHECK(data.part(2, 2).size() == 0);
    CHECK(data.part(0, 4).images == data.images);
  }

  TEST_CASE("images may come without labels") {
    const dataset data(shape{1, 1, 2}, counting(8), {});
    CHECK(data.size() == 4);
    CHECK(data.part(1, 3).size() == 2);
    CHECK(data.part(1, 3).labels.empty());
  }

  TEST_CASE("is empty until it is given something") { CHECK(dataset<float>().size() == 0); }

  TEST_CASE("refuses a number of values that is no number of images") {
    CHECK_THROWS_WITH_AS(dataset(shape{2, 3, 1}, counting(17), {}),
                         "dataset: expected a multiple of 2x3x1 values (height, width, channels), found 17", error);
    CHECK_THROWS_AS(dataset(shape{0, 3, 1}, counting(3), {}), error);
  }

  TEST_CASE("refuses labels that are not as many as the images") {
    CHECK_THROWS_WITH_AS(dataset(shape{2, 3, 1}, counting(18), {1, 2}),
                         "dataset: expected as many labels as images, found 2 labels and 3 images", error);
  }

  TEST_CASE("refuses an image and a part that it has not") {
    const dataset data(shape{1, 1, 2}, counting(130), std::vector<int>(65, 1));
    for (const int i : {-1, 65, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
      CHECK_THROWS_WITH_AS((void)data.image(i),
                           ("dataset: expected an image from 0 to 64, found " + std::to_string(i)).c_str(), error);
    for (const auto& [first, last] : {std::pair{10, 5},
                                      {-2, 3},
                                      {60, 70},
                                      {0, 1000000},
                                      {66, 66},
                                      {std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}})
      CHECK_THROWS_WITH_AS((void)data.part(first, last),
                           ("dataset: expected a part [first, last) of its 65 images, found [" + std::to_string(first) +
                            ", " + std::to_string(last) + ")")
                               .c_str(),
                           error);
    CHECK(data.part(65, 65).size() == 0);
    auto fewer = data;
    fewer.labels.resize(3);
    CHECK_THROWS_WITH_AS((void)fewer.part(0, 65),
                         "dataset: expected as many labels as images, found 3 labels and 65 images", error);
    CHECK_THROWS_AS((void)dataset<float>().image(0), error);
  }

  TEST_CASE("says what is wrong with members that were filled one by one") {
    dataset<float> data;
    data.dimensions = {2, 2, 1};
    data.images.resize(4);
    CHECK(data.check().ok());
    data.images.resize(9);
    CHECK(std::string(data.check("who").message()) ==
          "who: expected a multiple of 2x2x1 values (height, width, channels), found 9");
    data.images.resize(3);
    CHECK(std::string(data.check("who").message()) ==
          "who: expected a multiple of 2x2x1 values (height, width, channels), found 3");
    for (const shape odd :
         {shape{0, 1, 1}, {-2, -2, 1}, {1 << 16, 1 << 16, 1}, {1 << 30, 1 << 30, 1 << 30}, {1, 1, -1}}) {
      data.dimensions = odd;
      CHECK(std::string(data.check().message()).find("at least 1x1x1") != std::string::npos);
      CHECK(data.size() == 0);
      CHECK_THROWS_AS(dataset<float>(odd, {}, {}), error);
    }
  }

  TEST_CASE("refuses labels that no class has, and numbers of arrays that no byte or label holds") {
    CHECK_THROWS_WITH_AS(dataset(shape{1, 1, 2}, counting(4), {1, -1}),
                         "dataset: expected labels of at least 0, found -1 at image 1", error);
    const xt::xtensor<std::uint8_t, 2> images({2, 3}, 1);
    CHECK_THROWS_AS(dataset(images, xt::xtensor<int, 1>{0, -3}), error);
    CHECK_THROWS_WITH_AS(dataset(images, xt::xtensor<double, 1>{0, 1.5}),
                         "dataset: expected labels from -2147483648 to 2147483647, found 1.5 at index 1", error);
    const xt::xtensor<double, 2> wide{{1, 2}, {3, 1e300}};
    CHECK_THROWS_WITH_AS((void)dataset<float>(wide, std::vector<int>{0, 1}),
                         "dataset: expected numbers that a 32-bit float holds, found 1e+300 at index 3", error);
    CHECK_THROWS_AS(dataset(images, xt::xtensor<std::int64_t, 1>{0, std::int64_t{1} << 32}), error);
    CHECK(dataset(images, xt::xtensor<double, 1>{0, 2}).labels == std::vector<int>{0, 2});
    const std::vector<int> labels{0, 1};
    CHECK_THROWS_WITH_AS(dataset<std::uint8_t>(xt::xtensor<int, 2>({2, 3}, 256), labels),
                         "dataset: expected numbers from 0 to 255, found 256 at index 0", error);
    CHECK_THROWS_AS(dataset<std::uint8_t>(xt::xtensor<float, 2>({2, 3}, 0.5f), labels), error);
    CHECK(dataset<std::uint8_t>(xt::xtensor<int, 2>({2, 3}, 255), labels).images == std::vector<std::uint8_t>(6, 255));
    CHECK(dataset<float>(xt::xtensor<double, 2>({2, 3}, 0.25), labels).images == std::vector<float>(6, 0.25f));
  }

  TEST_CASE("refuses arrays of another rank") {
    const std::vector<int> labels{0, 1};
    CHECK_THROWS_WITH_AS(dataset(xt::xtensor<float, 1>({2}, 0.0f), labels),
                         "dataset: expected images of rank 4 (N,H,W,C), 3 (N,H,W) or 2 (N,features), found rank 1",
                         error);
    CHECK_THROWS_AS(dataset(xt::xtensor<float, 5>({2, 1, 1, 1, 1}, 0.0f), labels), error);
  }
}
