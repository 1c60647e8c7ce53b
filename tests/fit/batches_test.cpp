#include <minnow/fit/batches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/layers/activation.hpp>
#include <minnow/train/network.hpp>

using namespace minnow;

namespace {

/// Networks whose first layer reads the image unchanged: one reads bytes, the other floats.
struct as_they_are : model<image<2, 5, 4>, dense<1, scheme<pixels, sign>>> {};
struct floats : model<image<2, 5, 4>, hard_tanh> {};
constexpr shape dimensions{5, 4, 2};
constexpr std::size_t size = 40;

/// Returns images without zeros. All numbers of an image are different. The label is the image's index.
template <class T>
dataset<T> numbered(int count) {
  dataset<T> data;
  data.dimensions = dimensions;
  for (int n = 0; n < count; ++n) {
    for (std::size_t i = 0; i < size; ++i)
      data.images.push_back(static_cast<T>(1 + (static_cast<std::size_t>(n) * 7 + i) % 251));
    data.labels.push_back(n);
  }
  return data;
}

template <class T>
using network_of = std::conditional_t<std::is_same_v<T, float>, network<floats>, network<as_they_are>>;

struct taken {
  std::vector<std::vector<float>> images;
  std::vector<int> labels;
  bool operator==(const taken&) const = default;
};

/// Returns all images of an epoch as the network receives them, in batches of 7.
template <class T>
taken take(const dataset<T>& data, detail::image_changes<T> changes, bool shuffle, minnow::random stream) {
  network_of<T> net;
  const detail::batches<T> order(data, std::move(changes), shuffle, stream);
  taken result;
  detail::targets of;
  network_base* const nets[] = {&net};
  for (int first = 0; first < data.size(); first += 7) {
    const int count = std::min(7, data.size() - first);
    order.into(nets, first, count, of);
    const auto in = net.prepare(count);
    for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n)
      result.images.emplace_back(in.begin() + static_cast<std::ptrdiff_t>(n * size),
                                 in.begin() + static_cast<std::ptrdiff_t>((n + 1) * size));
    result.labels.insert(result.labels.end(), of.labels.begin(), of.labels.end());
  }
  return result;
}

/// Returns pixel (y, x), channel c of an image; 0 (black) outside.
template <class T>
float pixel(const dataset<T>& data, int n, int y, int x, int c) {
  if (y < 0 || x < 0 || y >= dimensions.height || x >= dimensions.width) return 0;
  return static_cast<float>(
      data.image(n)[static_cast<std::size_t>((y * dimensions.width + x) * dimensions.channels + c)]);
}

struct change {
  int down = 0;
  int right = 0;
  bool mirrored = false;
  auto operator<=>(const change&) const = default;
};

/// Returns every change (a flip and a shift of up to `reach` pixels) that turns image n into `found`.
template <class T>
std::vector<change> explanations(const dataset<T>& data, int n, const std::vector<float>& found, int reach) {
  std::vector<change> result;
  for (const bool mirrored : {false, true})
    for (int down = -reach; down <= reach; ++down)
      for (int right = -reach; right <= reach; ++right) {
        bool same = true;
        std::size_t at = 0;
        for (int y = 0; y < dimensions.height; ++y)
          for (int x = 0; x < dimensions.width; ++x)
            for (int c = 0; c < dimensions.channels; ++c, ++at)
              same =
                  same && found[at] == pixel(data, n, y + down, (mirrored ? dimensions.width - 1 - x : x) + right, c);
        if (same) result.push_back({down, right, mirrored});
      }
  return result;
}

/// Checks that each changed image is the result of exactly one shift and flip, that every combination of shift and flip
/// occurs, and that opposite changes are equally frequent.
template <class T>
void check_augmentation(augmentation a) {
  constexpr int count = 4000;
  const auto data = numbered<T>(count);
  const auto batch = take<T>(data, {a}, false, minnow::random(seed{5}));
  std::set<change> seen;
  int mirrored = 0;
  double down = 0;
  double right = 0;
  for (int n = 0; n < count; ++n) {
    const auto all = explanations(data, n, batch.images[static_cast<std::size_t>(n)], a.crop);
    REQUIRE(all.size() == 1);
    seen.insert(all[0]);
    mirrored += all[0].mirrored;
    down += all[0].down;
    right += all[0].right;
    REQUIRE(batch.labels[static_cast<std::size_t>(n)] == n);
  }
  const int ways = (2 * a.crop + 1) * (2 * a.crop + 1) * (a.flip ? 2 : 1);
  CHECK(static_cast<int>(seen.size()) == ways);
  // A flip is drawn as 0 or 1 with a standard deviation of 1/2. A shift has a standard deviation of at most the largest
  // shift. The bounds are 4 standard deviations of the sum over all images.
  if (a.flip) CHECK(std::abs(mirrored - count / 2.0) <= 4 * 0.5 * std::sqrt(count));
  else CHECK(mirrored == 0);
  CHECK(std::abs(down) <= 4 * a.crop * std::sqrt(count));
  CHECK(std::abs(right) <= 4 * a.crop * std::sqrt(count));
}

}  // namespace

TEST_SUITE("fit/batches") {
  TEST_CASE("without shuffling and augmentation images come as they are, in order") {
    const auto data = numbered<std::uint8_t>(20);
    const auto batch = take(data, {}, false, minnow::random(seed{1}));
    for (int n = 0; n < 20; ++n) {
      CHECK(batch.labels[static_cast<std::size_t>(n)] == n);
      CHECK(batch.images[static_cast<std::size_t>(n)] ==
            std::vector<float>(data.image(n).begin(), data.image(n).end()));
    }
  }

  TEST_CASE("shuffling is a permutation that labels follow") {
    const auto data = numbered<float>(200);
    const auto batch = take(data, {}, true, minnow::random(seed{1}));
    auto sorted = batch.labels;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == data.labels);
    CHECK(batch.labels != data.labels);
    for (std::size_t n = 0; n < 200; ++n) {
      const auto from = data.image(batch.labels[n]);
      CHECK(batch.images[n] == std::vector<float>(from.begin(), from.end()));
    }
  }

  TEST_CASE("the order comes from the stream alone, another for another stream") {
    const auto data = numbered<std::uint8_t>(50);
    const minnow::random draws(seed{1});
    const auto first = take(data, {}, true, draws.stream(1));
    CHECK(take(data, {}, true, draws.stream(1)) == first);
    CHECK(take(data, {}, true, draws.stream(2)).labels != first.labels);
    CHECK(take(data, {}, true, minnow::random(seed{2}).stream(1)).labels != first.labels);
  }

  TEST_CASE("every image comes to every place about equally often") {
    // Over 3000 orders of 5 images, each image is expected 600 times at each position, with a standard deviation of
    // sqrt(600 * 0.8).
    const auto data = numbered<std::uint8_t>(5);
    int places[5][5] = {};
    for (std::uint64_t s = 0; s < 3000; ++s) {
      const auto batch = take(data, {}, true, minnow::random(seed{9}).stream(s));
      for (std::size_t i = 0; i < 5; ++i) ++places[i][batch.labels[i]];
    }
    for (const auto& place : places)
      for (const int count : place) CHECK(std::abs(count - 600) <= 4.5 * std::sqrt(600 * 0.8));
  }

  TEST_CASE("a crop moves images by every distance up to its own, each way, with black behind") {
    check_augmentation<std::uint8_t>({.crop = 1});
    check_augmentation<std::uint8_t>({.crop = 2});
    check_augmentation<float>({.crop = 2});
  }

  TEST_CASE("a flip mirrors half of the images") {
    check_augmentation<std::uint8_t>({.flip = true});
    check_augmentation<float>({.flip = true});
  }

  TEST_CASE("both together are independent") {
    check_augmentation<std::uint8_t>({.crop = 1, .flip = true});
    check_augmentation<float>({.crop = 1, .flip = true});
  }

  TEST_CASE("an image of one row or one column moves along its other axis alone") {
    for (const shape s : {shape{1, 9, 2}, shape{9, 1, 2}}) {
      CAPTURE(s.height);
      std::vector<float> image(18);
      std::iota(image.begin(), image.end(), 1.0f);
      std::set<int> distances;
      for (std::uint64_t draw = 0; draw < 400; ++draw) {
        std::vector<float> moved(18);
        detail::augment<float>(image, s, {{.crop = 4}}, minnow::random(seed{3}).stream(draw), moved);
        for (int by = -4; by <= 4; ++by) {
          std::vector<float> expected(18);
          for (int at = std::max(0, -by); at < std::min(9, 9 - by); ++at)
            std::copy_n(image.begin() + 2 * (at + by), 2, expected.begin() + 2 * at);
          if (moved == expected) distances.insert(by);
        }
      }
      CHECK(distances.size() == 9);
    }
    std::vector<float> vector(6, 7.0f), same(6);
    detail::augment<float>(vector, {1, 1, 6}, {{.crop = 4, .flip = true}}, minnow::random(seed{3}), same);
    CHECK(same == vector);
  }

  TEST_CASE("a change of the user's own gets each image as it was moved, its dimensions and draws of its own") {
    const auto data = numbered<std::uint8_t>(50);
    const minnow::random draws(seed{1});
    const augmentation moves{.crop = 1, .flip = true};
    // This user-defined change reads and writes both the image and the random stream.
    const auto own = [](std::span<std::uint8_t> image, const shape& s, minnow::random& r) {
      if (s != dimensions || image.size() != size) return;
      for (auto& value : image) value = static_cast<std::uint8_t>(255 - value);
      image[0] = static_cast<std::uint8_t>(r.below(256));
    };
    const auto moved = take(data, {moves}, true, draws.stream(1));
    set_threads(1);
    const auto changed = take(data, {moves, own}, true, draws.stream(1));
    set_threads(2);
    CHECK(take(data, {moves, own}, true, draws.stream(1)) == changed);
    set_threads(0);
    CHECK(changed.labels == moved.labels);
    std::set<float> first;
    for (std::size_t n = 0; n < 50; ++n) {
      first.insert(changed.images[n][0]);
      for (std::size_t k = 1; k < size; ++k) REQUIRE(changed.images[n][k] == 255 - moved.images[n][k]);
    }
    CHECK(first.size() > 25);
    CHECK(!(take(data, {moves, own}, true, draws.stream(2)) == changed));
    CHECK(data.images == numbered<std::uint8_t>(50).images);
    // Without a shift, the user's change receives the original image.
    const auto alone = take(data, {{}, own}, false, draws.stream(1));
    CHECK(alone.images[3][5] == static_cast<float>(255 - data.image(3)[5]));
  }

  TEST_CASE("a cutout is a square of zeros around any pixel, cut off at the border") {
    constexpr int count = 3000;
    for (const shape s : {shape{7, 6, 2}, shape{1, 9, 1}})
      for (const int side : {1, 3, 4}) {
        CAPTURE(s.height);
        CAPTURE(side);
        const std::vector<std::uint8_t> image(static_cast<std::size_t>(s.size()), 9);
        std::map<std::pair<int, int>, int> centers;
        for (std::uint64_t draw = 0; draw < count; ++draw) {
          std::vector<std::uint8_t> found(image.size());
          detail::augment<std::uint8_t>(image, s, {{.cutout = side}}, minnow::random(seed{3}).stream(draw), found);
          int ways = 0;
          for (int y = 0; y < s.height; ++y)
            for (int x = 0; x < s.width; ++x) {
              std::vector<std::uint8_t> expected = image;
              for (int v = 0; v < s.height; ++v)
                for (int u = 0; u < s.width; ++u)
                  if (v >= y - side / 2 && v < y - side / 2 + side && u >= x - side / 2 && u < x - side / 2 + side)
                    for (int c = 0; c < s.channels; ++c)
                      expected[static_cast<std::size_t>((v * s.width + u) * s.channels + c)] = 0;
              if (found != expected) continue;
              ++ways;
              ++centers[{y, x}];
            }
          REQUIRE(ways >= 1);
          REQUIRE(found != image);
        }
        CHECK(static_cast<int>(centers.size()) == s.pixels());
        if (side > 1) continue;
        // Each pixel is expected equally often, with a binomial standard deviation.
        const double expected = count / static_cast<double>(s.pixels());
        for (const auto& [center, times] : centers) CHECK(std::abs(times - expected) <= 4.5 * std::sqrt(expected));
      }
  }

  TEST_CASE("shares of a mixture have the moments of a beta distribution, reflected at 1/2") {
    constexpr int draws = 20000;
    for (const float a : {0.1f, 0.4f, 1.0f}) {
      CAPTURE(a);
      double square = 0, fourth = 0;
      int first = 0;
      for (std::uint64_t n = 0; n < draws; ++n) {
        const auto [other, share] = detail::draw_mixture(a, minnow::random(seed{7}).stream(n), 4);
        REQUIRE((other >= 0 && other < 4));
        REQUIRE((share >= 0.5f && share <= 1.0f));
        first += other == 0;
        const double d = std::pow(static_cast<double>(share) - 0.5, 2);
        square += d / draws;
        fourth += d * d / draws;
      }
      // The central moments of Beta(a, a): the variance is 1 / (4 (2a + 1)), and the fourth moment 3 / (16 (2a + 1)
      // (2a + 3)). A reflection at the mean keeps both. (share - 1/2)^2 is at most 1/4, with a standard deviation of at
      // most 1/8.
      const double wide = static_cast<double>(a);
      CHECK(std::abs(square - 1 / (4 * (2 * wide + 1))) <= 4.5 * 0.125 / std::sqrt(draws));
      CHECK(std::abs(fourth - 3 / (16 * (2 * wide + 1) * (2 * wide + 3))) <= 4.5 * 0.03125 / std::sqrt(draws));
      CHECK(std::abs(first - draws / 4.0) <= 4.5 * std::sqrt(draws * 3 / 16.0));
    }
  }

  TEST_CASE("a mixture is share times the image plus the rest of another changed image of the batch") {
    const auto bytes = numbered<std::uint8_t>(60);
    const auto floats = numbered<float>(60);
    const auto check = [](const auto& data, float rounding) {
      using element = typename std::remove_cvref_t<decltype(data.images)>::value_type;
      const minnow::random draws(seed{1});
      const augmentation moves{.crop = 1, .flip = true, .cutout = 2};
      augmentation mixing = moves;
      mixing.mixup = 0.7f;
      const auto unmixed = take<element>(data, {moves}, true, draws);
      const auto mixed = take<element>(data, {mixing}, true, draws);
      CHECK(mixed.labels == unmixed.labels);
      network_of<element> net;
      network_base* const nets[] = {&net};
      const detail::batches<element> order(data, {mixing}, true, draws);
      detail::targets of;
      int changed = 0;
      for (int first = 0; first < 56; first += 7) {
        order.into(nets, first, 7, of);
        for (std::size_t n = 0; n < 7; ++n) {
          // The number of an image is its label, so the labels name the images of the batch.
          const std::size_t at = static_cast<std::size_t>(first) + n;
          const auto begin = unmixed.labels.begin() + first;
          const auto other = static_cast<std::size_t>(
              std::find(unmixed.labels.begin(), unmixed.labels.end(), of.other_labels[n]) - unmixed.labels.begin());
          REQUIRE(std::find(begin, begin + 7, of.other_labels[n]) != begin + 7);
          CHECK(of.images[n] == of.labels[n]);
          CHECK(of.other_images[n] == of.other_labels[n]);
          const double share = static_cast<double>(of.shares[n]);
          changed += mixed.images[at] != unmixed.images[at];
          for (std::size_t k = 0; k < size; ++k)
            CHECK(std::abs(static_cast<double>(mixed.images[at][k]) -
                           (share * static_cast<double>(unmixed.images[at][k]) +
                            (1 - share) * static_cast<double>(unmixed.images[other][k]))) <=
                  static_cast<double>(rounding));
        }
      }
      CHECK(changed > 30);
      set_threads(1);
      CHECK(take<element>(data, {mixing}, true, draws) == mixed);
      set_threads(3);
      CHECK(take<element>(data, {mixing}, true, draws) == mixed);
      set_threads(0);
    };
    check(bytes, 0.5f + 0x1p-15f);
    check(floats, 4 * 0x1p-24f * 256);
  }

  TEST_CASE("augmentation comes from the stream alone, whatever the number of threads") {
    const auto data = numbered<std::uint8_t>(100);
    const minnow::random draws(seed{1});
    const augmentation both{.crop = 2, .flip = true};
    set_threads(1);
    const auto first = take(data, {both}, true, draws.stream(1));
    set_threads(2);
    CHECK(take(data, {both}, true, draws.stream(1)) == first);
    set_threads(0);
    CHECK(!(take(data, {both}, true, draws.stream(2)) == first));
  }

  TEST_CASE("the data set itself stays as it is") {
    const auto data = numbered<std::uint8_t>(20);
    const auto kept = data.images;
    (void)take(data, {{.crop = 2, .flip = true}}, true, minnow::random(seed{1}));
    CHECK(data.images == kept);
  }
}
