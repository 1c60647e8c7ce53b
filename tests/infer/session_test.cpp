#include <minnow/infer/session.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/zoo/mobilenet.hpp>

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

// This program replaces operator new to count the allocations of a run.
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
/// A quantizer with too many codes for thresholds (8 bits), so that a run calls its code().
struct throwing : quantizer_base {
  static inline std::atomic<bool> armed{false};
  static constexpr text name() { return "throwing"; }
  static constexpr int bits = 8;
  static constexpr int max_code = 127;
  static float code(float x, const state&) {
    if (armed) throw std::domain_error("not this number");
    return std::clamp(std::nearbyint(x * 127), -127.0f, 127.0f);
  }
  static constexpr float scale(const state&) { return 1.0f / 127; }
};
struct of_throwing : model<features<16>, dense<7, scheme<real, real>>, batch_norm,
                           dense<9, scheme<throwing, integer<8>>>, batch_norm, dense<3, scheme<throwing, integer<8>>>> {
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
  std::vector<float> logits(images.size() / static_cast<std::size_t>(layer_graph<Model>::input.size()) * 5);
  const long long before = allocations;
  run.run(std::span<const T>(images), std::span<float>(logits));
  return allocations - before;
}

/// A trace (observer of a run) that records everything that the run reports.
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

static_assert(noexcept(session<packed<integers>>::check(0, 0)));
// A session keeps a reference to its network, so a temporary network does not compile.
static_assert(std::is_constructible_v<session<packed<integers>>, const packed<integers>&>);
static_assert(!std::is_constructible_v<session<packed<integers>>, packed<integers>>);
static_assert(!std::is_constructible_v<session<packed<integers>>, const packed<integers>, int>);
// MobileNet v1 with a quarter of the width for 96x96 images. Its largest map has 48x48x16 codes (36 KB) and is computed
// from a map of 18 KB. Buffers that are not needed at the same time share memory.
template <class First>
using small_mobilenet = zoo::mobilenet_v1<zoo::schemes<scheme<integer<8>, integer<8, per_channel>>, First>, 25, 96, 2>;
struct of_bytes : small_mobilenet<scheme<pixels, integer<8, per_channel>>> {};
struct of_floats : small_mobilenet<scheme<integer<8>, integer<8, per_channel>>> {
};  // the image takes 110 KB as floats, and 27 KB as codes
constexpr std::size_t largest_maps = 48 * 48 * (8 + 16), image_maps = 96 * 96 * 3 * (4 + 1);
static_assert(session<packed<of_bytes>>::arena_bytes() < 4 * largest_maps);
static_assert(session<packed<of_bytes, kernels::portable>>::arena_bytes() < 4 * largest_maps);
static_assert(4 * session<packed<of_floats>>::arena_bytes() < 9 * image_maps);
// A network in floats needs memory for the largest map, the map computed from it, and its sums.
struct in_floats : small_mobilenet<scheme<real, real>> {};
static_assert(session<packed<in_floats>>::arena_bytes() < 6 * 48 * 48 * 16 * 4);

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

  TEST_CASE("vectors, arrays and spans are taken alike, by a session and by a network") {
    const auto network = packed_of<sums_of_a_pixel>();
    session<packed<sums_of_a_pixel>> run(network);
    const std::vector<float> images{0.5f, -1, 0.25f, 1, 0, -0.5f};
    std::vector<float> expected(8);
    run.run(std::span<const float>(images), std::span<float>(expected));
    CHECK(expected != std::vector<float>(8));
    std::vector<float> from_vectors(8);
    run.run(images, from_vectors);
    CHECK(from_vectors == expected);
    std::array<float, 6> array{};
    std::copy(images.begin(), images.end(), array.begin());
    std::array<float, 8> logits{};
    run.run(array, logits);
    CHECK(std::equal(logits.begin(), logits.end(), expected.begin()));
    float plain[6], plain_logits[8];
    std::copy(images.begin(), images.end(), plain);
    run.run(plain, plain_logits);
    CHECK(std::equal(plain_logits, plain_logits + 8, expected.begin()));
    CHECK(network.run(images) == expected);
    CHECK(network.run(array) == expected);
  }

  TEST_CASE("refuses parts of images, too few and too many logits, and writes nothing then") {
    const auto network = packed_of<integers>();
    session<packed<integers>> run(network);
    std::vector<float> logits(15, 7);
    const auto refuses = [&](std::size_t numbers, std::size_t room, const char* sentence) {
      CHECK_THROWS_WITH_AS(run.run(std::vector<std::uint8_t>(numbers), std::span(logits).first(room)), sentence,
                           minnow::error);
      CHECK(std::string(session<packed<integers>>::check(numbers, room).message()) == sentence);
    };
    refuses(146, 5, "run: expected whole images of 147 numbers, found 146");
    refuses(1, 0, "run: expected whole images of 147 numbers, found 1");
    refuses(295, 10, "run: expected whole images of 147 numbers, found 295");
    refuses(147, 4, "run: expected room for 5 logits of 1 images, found 4");
    refuses(147, 6, "run: expected room for 5 logits of 1 images, found 6");
    refuses(294, 5, "run: expected room for 10 logits of 2 images, found 5");
    refuses(0, 5, "run: expected room for 0 logits of 0 images, found 5");
    CHECK(logits == std::vector<float>(15, 7));
    CHECK_THROWS_WITH_AS((void)network.run(std::vector<std::uint8_t>(148)),
                         "run: expected whole images of 147 numbers, found 148", minnow::error);
    CHECK_THROWS_AS(run.run_from<1>(std::vector<std::byte>(4096), logits.data()), minnow::error);
    run.run(std::vector<std::uint8_t>(), std::span<float>());
  }

  TEST_CASE("threads below 1 are 1, more than a machine has are cut") {
    using type = session<packed<integers>>;
    CHECK(type::arena_bytes(0) == type::arena_bytes(1));
    CHECK(type::arena_bytes(-5) == type::arena_bytes(1));
    CHECK(type::arena_bytes(std::numeric_limits<int>::max()) == type::arena_bytes(1024));
    const auto network = packed_of<integers>();
    const auto image = random_bytes(147, 1);
    std::vector<float> logits(5);
    type(network, -5).run(image, logits);
    CHECK(logits == network.run(image));
  }

  TEST_CASE("refuses a normalization that is not of the image's channels, or no deviation") {
    packed<sums_of_a_pixel> network;
    network.input = {.mean = {1}, .stddev = {}};
    CHECK_THROWS_WITH_AS((void)network.run(std::vector<float>(6)),
                         "session: expected 3 channels, found 1 means and 0 deviations", minnow::error);
    network.input = {.mean = {}, .stddev = {1, 0, 1}};
    CHECK_THROWS_WITH_AS((void)network.run(std::vector<float>(6)),
                         "session: expected numbers above 0 in 'stddev', found 0 at index 1", minnow::error);
  }

  TEST_CASE("what a quantizer throws in a run arrives at the caller, from any thread") {
    network<of_throwing> net{seed{1}};
    const auto network = pack(net);
    const auto images = test::uniform(8 * 16, 1);
    std::vector<float> logits(8 * 3);
    for (const int count : {1, 4}) {
      set_threads(count);
      session<packed<of_throwing>> run(network, count);
      throwing::armed = true;
      CHECK_THROWS_WITH_AS(run.run(images, logits), "not this number", std::domain_error);
      throwing::armed = false;
      run.run(images, logits);
      CHECK(logits == network.run(images));
    }
    set_threads(0);
  }

  TEST_CASE("a real image is normalized channel by channel by one fma, bytes from 0 to 1 first") {
    packed<sums_of_a_pixel> network;
    // Filter f copies channel f, so that the logits are the first layer's inputs.
    float weights[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
    std::memcpy(network.stage<0>().weights.data(), weights, sizeof weights);
    network.input = {.mean = {0.485f, 0.456f, 0.406f}, .stddev = {0.229f, 0.224f, 0.225f}};
    const std::vector<float> floats{0.1f, -3, 0.7f, 0.485f, 1, 0};
    const auto found = network.run(std::span<const float>(floats));
    const std::vector<std::uint8_t> image{0, 1, 254, 255, 128, 77};
    const auto found_bytes = network.run(std::span<const std::uint8_t>(image));
    for (std::size_t p = 0; p < 2; ++p)
      for (std::size_t c = 0; c < 3; ++c) {
        const float mean = network.input.mean[c];
        const float deviation = network.input.stddev[c];
        const auto exact = [&](double x) { return (x - static_cast<double>(mean)) / static_cast<double>(deviation); };
        // The bound allows for 3 roundings: one or two of the scale and the shift, and one of the fma.
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
