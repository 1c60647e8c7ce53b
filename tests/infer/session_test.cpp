#include <minnow/infer/session.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

long long allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}

}  // namespace

// This program's own, to count what a run allocates.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

struct integers : model<image<3, 7, 7>, conv<33, scheme<pixels, sign>>, max_pool<3, stride<2>>, batch_norm,
                        conv<20, minw<2, 1>>, batch_norm, dense<5, minw<1, 2>>, batch_norm> {};
struct of_all_kinds
    : model<image<3, 7, 7>, conv<9, scheme<real, ternary<>>>, batch_norm, relu, conv<8, scheme<integer<8>, integer<8>>>,
            average_pool<2>, batch_norm, conv<6>, quantize<ternary<>>, max_pool<2>, dense<5, minw<16, 3>>, batch_norm> {
};
struct sums_of_a_pixel : model<image<3, 1, 2>, conv<4, scheme<real, real>, kernel<1>>> {};

std::vector<std::uint8_t> random_bytes(int count, std::uint64_t draws) {
  minnow::random r(seed{draws});
  std::vector<std::uint8_t> result(static_cast<std::size_t>(count));
  for (auto& b : result) b = static_cast<std::uint8_t>(r.below(256));
  return result;
}

template <class Model>
packed<Model> packed_of(std::uint64_t draws = 1) {
  network<Model, aqe> net{seed{draws}};
  return pack(net);
}

template <class Model, class T>
long long allocations_of_a_run(const std::vector<T>& images) {
  const auto network = packed_of<Model>();
  session<packed<Model>> run(network);
  std::vector<float> logits(images.size() / static_cast<std::size_t>(flat<Model>::input.size()) * 5);
  const long long before = allocations;
  run.run(std::span<const T>(images), std::span<float>(logits));
  return allocations - before;
}

/// What a run shows of itself.
struct watched final : trace {
  std::vector<std::size_t> products;
  std::vector<int> rows;
  std::vector<std::size_t> maps;
  std::vector<std::byte> first_map;
  void sums(std::size_t layer, int first, int last, const std::int32_t*) noexcept override {
    products.push_back(layer);
    rows.push_back(first);
    rows.push_back(last);
  }
  void sums(std::size_t layer, int first, int last, const float*) noexcept override {
    products.push_back(100 + layer);
    rows.push_back(first);
    rows.push_back(last);
  }
  void map(std::size_t layer, const std::byte* packed) noexcept override {
    if (maps.empty()) first_map.assign(packed, packed + kernels::input_bytes<encoding::ternary>({3, 3, 33}));
    maps.push_back(layer);
  }
};

}  // namespace

static_assert(noexcept(std::declval<session<packed<integers>>&>().run(std::span<const std::uint8_t>(),
                                                                      std::span<float>())));
static_assert(session<packed<integers>>::arena_bytes() % 64 == 0);
static_assert(session<packed<integers>>::arena_bytes(3) > session<packed<integers>>::arena_bytes(2));

TEST_SUITE("infer/session") {
  TEST_CASE("a run allocates nothing, from bytes and from floats") {
    REQUIRE(allocations > 0);
    CHECK(allocations_of_a_run<integers>(random_bytes(3 * 147, 1)) == 0);
    CHECK(allocations_of_a_run<of_all_kinds>(random_bytes(3 * 147, 1)) == 0);
    CHECK(allocations_of_a_run<of_all_kinds>(test::uniform(3 * 147, 1)) == 0);
  }

  TEST_CASE("an image's logits do not depend on those before it, nor on who else shares the network") {
    const auto network = packed_of<of_all_kinds>();
    const auto images = test::uniform(5 * 147, 3);
    session<packed<of_all_kinds>> run(network);
    std::vector<float> all(25);
    run.run(std::span<const float>(images), std::span<float>(all));
    for (std::size_t n = 5; n-- > 0;) {
      const auto image = std::span<const float>(images).subspan(147 * n, 147);
      session<packed<of_all_kinds>> fresh(network);
      std::vector<float> alone(5);
      fresh.run(image, std::span<float>(alone));
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<std::ptrdiff_t>(5 * n)));
      run.run(image, std::span<float>(alone));
      CHECK(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<std::ptrdiff_t>(5 * n)));
    }
    CHECK(network.run(std::span<const float>(images)) == all);
  }

  TEST_CASE("any number of threads gives the same logits, for one image and for many") {
    const auto network = packed_of<integers>();
    const auto images = random_bytes(5 * 147, 9);
    for (const int count : {1, 5}) {
      const auto some = std::span<const std::uint8_t>(images).first(static_cast<std::size_t>(147 * count));
      const auto expected = network.run(some);
      for (const int team : {2, 3, 4, 9}) {
        set_threads(team);
        session<packed<integers>> run(network, team);
        std::vector<float> found(expected.size());
        for (int again = 0; again < 3; ++again) {
          run.run(some, std::span<float>(found));
          CHECK(found == expected);
        }
      }
      set_threads(0);
    }
  }

  TEST_CASE("a trace sees each row of each product once, and each packed map") {
    const auto network = packed_of<integers>();
    const auto image = random_bytes(147, 5);
    session<packed<integers>> run(network);
    std::vector<float> logits(5);
    watched seen;
    run.run(std::span<const std::uint8_t>(image), std::span<float>(logits), &seen);
    CHECK(seen.products == std::vector<std::size_t>{1, 1, 1, 1, 1, 1, 1, 5, 5, 5, 8});
    CHECK(seen.rows == std::vector<int>{0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 0, 1, 1, 2, 2, 3, 0, 1});
    CHECK(seen.maps == std::vector<std::size_t>{4, 7});

    const auto other = packed_of<of_all_kinds>();
    session<packed<of_all_kinds>> floats(other);
    watched through_floats;
    floats.run(std::span<const std::uint8_t>(image), std::span<float>(logits), &through_floats);
    CHECK(through_floats.products == std::vector<std::size_t>{100, 4, 107, 107, 107, 111});
    CHECK(through_floats.rows == std::vector<int>{0, 7, 0, 7, 0, 1, 1, 2, 2, 3, 0, 1});
    CHECK(through_floats.maps == std::vector<std::size_t>{3, 8, 10});
  }

  TEST_CASE("a run from a stage's packed inputs gives the logits of the whole run") {
    const auto network = packed_of<integers>();
    session<packed<integers>> run(network);
    for (std::uint64_t draws = 0; draws < 5; ++draws) {
      const auto image = random_bytes(147, draws);
      std::vector<float> logits(5);
      watched seen;
      run.run(std::span<const std::uint8_t>(image), std::span<float>(logits), &seen);
      std::vector<float> from_map(5);
      run.run_from<1>(seen.first_map, from_map.data());
      CHECK(from_map == logits);
      std::vector<float> from_pixels(5);
      run.run_from<0>(std::as_bytes(std::span(image)), from_pixels.data());
      CHECK(from_pixels == logits);
    }
  }

  TEST_CASE("a real image is normalised channel by channel by one fma, bytes from 0 to 1 first") {
    packed<sums_of_a_pixel> network;
    // Filter f of 3 passes channel f on, so that the logits are what the first layer was given.
    float weights[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
    std::memcpy(network.stage<0>().weights.data(), weights, sizeof weights);
    network.input = {.mean = {0.485f, 0.456f, 0.406f}, .deviation = {0.229f, 0.224f, 0.225f}};
    const std::vector<float> floats{0.1f, -3, 0.7f, 0.485f, 1, 0};
    const auto found = network.run(std::span<const float>(floats));
    const std::vector<std::uint8_t> image{0, 1, 254, 255, 128, 77};
    const auto found_bytes = network.run(std::span<const std::uint8_t>(image));
    for (std::size_t p = 0; p < 2; ++p)
      for (std::size_t c = 0; c < 3; ++c) {
        const float mean = network.input.mean[c];
        const float deviation = network.input.deviation[c];
        const auto exact = [&](double x) { return (x - static_cast<double>(mean)) / static_cast<double>(deviation); };
        // Scale and shift are rounded once or twice, the fma once: 3 roundings of numbers not larger than these.
        const auto allowed = [&](double x) {
          return 3 * 0x1p-24 * (std::abs(x) + static_cast<double>(mean)) / static_cast<double>(deviation);
        };
        const double x = static_cast<double>(floats[3 * p + c]);
        CHECK(found[4 * p + c] == std::fma(floats[3 * p + c], 1 / deviation, -mean / deviation));
        CHECK(std::abs(static_cast<double>(found[4 * p + c]) - exact(x)) <= allowed(x));
        const double b = image[3 * p + c] / 255.0;
        CHECK(found_bytes[4 * p + c] ==
              std::fma(static_cast<float>(image[3 * p + c]), (1.0f / 255) / deviation, -mean / deviation));
        CHECK(std::abs(static_cast<double>(found_bytes[4 * p + c]) - exact(b)) <= allowed(b));
      }
    network.input = {};
    CHECK(network.run(std::span<const float>(floats))[1] == -3);
    CHECK(network.run(std::span<const std::uint8_t>(image))[4] == 1);
  }
}
