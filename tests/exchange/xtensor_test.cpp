#include <minnow/exchange/xtensor.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <xtensor/containers/xarray.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/views/xview.hpp>

#include <minnow/minnow.hpp>

using namespace minnow;

namespace {

struct small
    : model<image<2, 3, 4>, conv<5, scheme<real, sign>>, batch_norm, dense<3, scheme<sign, sign>>, batch_norm> {};

xt::xtensor<float, 4> numbered_images() {
  xt::xtensor<float, 4> images({7, 3, 4, 2});
  float next = -40;
  for (float& v : images) v = next++ / 16;
  return images;
}

}  // namespace

TEST_SUITE("exchange/xtensor") {
  TEST_CASE("weights of a layer are shown without a copy, index for index") {
    network<small> net{seed{3}};
    const auto& weights = net.layer<"0">().weights();
    const auto shown = as_xtensor(weights);
    REQUIRE(shown.dimension() == 4);
    CHECK(shown.data() == weights.data());
    for (std::size_t f = 0; f < 5; ++f)
      for (std::size_t y = 0; y < 3; ++y)
        for (std::size_t x = 0; x < 3; ++x)
          for (std::size_t c = 0; c < 2; ++c) CHECK(shown(f, y, x, c) == weights(f, y, x, c));
    CHECK(as_xtensor(net.layer<"1">().gamma()).size() == 5);
  }

  TEST_CASE("weights computed with xtensor go back into a layer") {
    network<small> net{seed{3}};
    auto& layer = net.layer<"0">();
    const xt::xtensor<float, 4> before = as_xtensor(layer.weights());
    layer.set_weights(to_float_array<4>(0.5f * before));
    CHECK(as_xtensor(layer.weights()) == 0.5f * before);
    CHECK_THROWS_AS(layer.set_weights(to_float_array<4>(xt::view(before, xt::range(0, 2)))), error);
  }

  TEST_CASE("images of a data set keep their order, and expressions become data sets") {
    const auto images = numbered_images();
    const xt::xtensor<int, 1> labels{0, 1, 2, 0, 1, 2, 0};
    const dataset data(images, labels);
    CHECK(as_xtensor(data) == images);
    const dataset scaled(xt::eval(images / 2.0f), labels);
    CHECK(as_xtensor(scaled) == images / 2.0f);
    const dataset part(xt::eval(xt::view(images, xt::range(2, 5))), xt::eval(xt::view(labels, xt::range(2, 5))));
    CHECK(part.labels == std::vector<int>{2, 0, 1});
    CHECK(as_xtensor(part) == xt::view(images, xt::range(2, 5)));
    const dataset bytes(xt::xtensor<std::uint8_t, 3>({7, 3, 4}, 9), labels);
    CHECK(as_xtensor(bytes)(6, 2, 3, 0) == 9);
  }

  TEST_CASE("tensors of files are shown, and made from expressions of any rank and layout") {
    const auto images = numbered_images();
    const tensor array = to_tensor(images);
    CHECK(array.shape == std::vector<std::uint64_t>{7, 3, 4, 2});
    CHECK(as_xtensor(array) == images);
    const xt::xarray<double, xt::layout_type::column_major> columns{{1, 2, 3}, {4, 5, 6}};
    const tensor rows = to_tensor(columns);
    CHECK(rows.shape == std::vector<std::uint64_t>{2, 3});
    CHECK(rows.values == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(to_tensor(xt::transpose(columns)).values == std::vector<float>{1, 4, 2, 5, 3, 6});
  }

  TEST_CASE("logits as a matrix are the logits, of trained and packed networks") {
    const dataset data(numbered_images(), xt::xtensor<int, 1>{0, 1, 2, 0, 1, 2, 0});
    network<small> net{seed{5}};
    reestimate_batch_norm(net, data);
    const auto found = logits<xt::xtensor<float, 2>>(net, data);
    const auto expected = logits(net, data);
    REQUIRE(found.shape(0) == 7);
    REQUIRE(found.shape(1) == 3);
    for (std::size_t n = 0; n < 7; ++n)
      for (std::size_t c = 0; c < 3; ++c) CHECK(found(n, c) == expected[n * 3 + c]);
    CHECK(logits<xt::xtensor<float, 2>>(net, data, 1.0f) == found);
    CHECK(logits<xt::xtensor<float, 2>>(pack(net), data) == found);
  }
}
