#include <minnow/fit/source.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include <minnow/layers/activation.hpp>
#include <minnow/train/network.hpp>

using namespace minnow;

namespace {

struct four_by_four : model<image<1, 4, 4>, hard_tanh> {};

/// Returns images whose numbers are all different. The label is the image's index.
dataset<float> numbered_floats(int count) {
  dataset<float> data;
  data.dimensions = {4, 4, 1};
  for (int n = 0; n < count; ++n) {
    for (int i = 0; i < 16; ++i) data.images.push_back(static_cast<float>(1 + 16 * n + i));
    data.labels.push_back(n);
  }
  return data;
}

/// The images (16 numbers each) and labels that the networks of all ranks receive, beginning at a given step. In each
/// batch, the images of rank 0 come first, then the images of rank 1, and so on.
struct read_images {
  std::vector<float> images;
  std::vector<int> labels;
  bool operator==(const read_images&) const = default;
};
read_images read_by(int of, const dataset<float>& data, int first_step = 0) {
  network<four_by_four> net;
  std::vector<detail::dataset_source<float>> ranks(static_cast<std::size_t>(of),
                                                   detail::dataset_source<float>(data, {{.crop = 1, .flip = true}}));
  for (int r = 0; r < of; ++r)
    ranks[static_cast<std::size_t>(r)].begin(
        {.stream = minnow::random(seed{3}), .augments = true, .batch = 7, .part = {r, of}, .first_step = first_step});
  read_images all;
  std::vector<int> labels;
  for (int step = first_step; step * 7 < data.size(); ++step)
    for (auto& rank : ranks) {
      rank.into(net, step, labels);
      const auto in = net.prepare(static_cast<int>(labels.size()));
      all.images.insert(all.images.end(), in.begin(), in.end());
      all.labels.insert(all.labels.end(), labels.begin(), labels.end());
    }
  return all;
}

}  // namespace

TEST_SUITE("fit/source") {
  TEST_CASE("the shares of all ranks are the batches of one, order and augmentation included") {
    const auto data = numbered_floats(25);  // the last batch has 4 images
    const auto one = read_by(1, data);
    auto seen = one.labels;
    std::sort(seen.begin(), seen.end());
    CHECK(seen == data.labels);
    for (const int of : {2, 3, 4}) {
      CAPTURE(of);
      CHECK(read_by(of, data) == one);
    }
  }

  TEST_CASE("a share covers its places once, whatever the batch, and differs from others by one image at most") {
    for (int of = 1; of <= 9; ++of)
      for (const int count : {1, 7, 64, 2'000'000'000}) {
        CAPTURE(of);
        CAPTURE(count);
        int next = 0;
        for (int r = 0; r < of; ++r) {
          const detail::share s{r, of};
          CHECK(s.first(count) == next);
          next = s.end(count);
          CHECK(next - s.first(count) >= count / of);
          CHECK(next - s.first(count) <= (count + of - 1) / of);
        }
        CHECK(next == count);
      }
  }

  TEST_CASE("an epoch can begin at a later step") {
    const auto data = numbered_floats(25);
    const auto whole = read_by(1, data);
    const auto rest = read_by(2, data, 2);
    CHECK(rest.labels == std::vector<int>(whole.labels.begin() + 14, whole.labels.end()));
    CHECK(rest.images == std::vector<float>(whole.images.begin() + 14 * 16, whole.images.end()));
  }

  TEST_CASE("the checksum is of images and labels") {
    auto data = numbered_floats(3);
    const auto before = detail::dataset_source(data).checksum();
    data.labels[1] = 0;
    const auto relabeled = detail::dataset_source(data).checksum();
    CHECK(relabeled != before);
    data.images[5] = 0;
    CHECK(detail::dataset_source(data).checksum() != relabeled);
  }

  TEST_CASE("refuses what a network cannot take, in the caller's name") {
    network<four_by_four> net;
    const dataset<float> none;
    CHECK_THROWS_WITH_AS(detail::dataset_source(none).check(net, "fit"), "fit: expected images, found none",
                         minnow::error);
    const auto data = numbered_floats(17);
    CHECK_THROWS_WITH_AS(detail::dataset_source(data).check(net, "fit"),
                         "fit: expected labels from 0 to 15 (the model's outputs), found 16 at image 16",
                         minnow::error);
  }
}
