#include <minnow/core/random.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <set>

using namespace minnow;

// The first numbers of the published splitmix64 sequences for the seeds 0 and 1234567. For each number, splitmix64
// scrambles the state and then adds `golden`, a constant derived from the golden ratio, to the state.
constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
static_assert(detail::scramble(0) == 0xe220a8397b1dcdafu);
static_assert(detail::scramble(golden) == 0x6e789e6aa1b965f4u);
static_assert(detail::scramble(1234567) == 6457827717110365317u);
static_assert(detail::scramble(1234567 + golden) == 3203168211198807973u);
static_assert(detail::scramble(1234567 + 2 * golden) == 9817491932198370423u);

TEST_SUITE("core/random") {
  TEST_CASE("the same seed draws the same numbers, another seed others") {
    minnow::random a(seed{7});
    minnow::random b(seed{7});
    minnow::random c(seed{8});
    for (int i = 0; i < 100; ++i) {
      const auto number = a.next();
      CHECK(number == b.next());
      CHECK(number != c.next());
    }
  }

  TEST_CASE("any number can be had without those before it") {
    minnow::random sequence(seed{7});
    const minnow::random counted(seed{7});
    for (std::uint64_t i = 0; i < 100; ++i) CHECK(sequence.next() == counted.at(i));
    for (std::uint64_t i = 100; i < 200; ++i) CHECK(sequence.uniform() == counted.uniform_at(i));
  }

  TEST_CASE("streams differ from each other and from their source, whatever was drawn before") {
    minnow::random source(seed{7});
    const auto first = source.stream(0);
    source.next();
    CHECK(source.stream(0).at(0) == first.at(0));
    std::set<std::uint64_t> numbers{source.at(0)};
    for (std::uint64_t s = 0; s < 1000; ++s) numbers.insert(source.stream(s).at(0));
    CHECK(numbers.size() == 1001);
  }

  TEST_CASE("streams of a stream differ by their order") {
    const minnow::random source(seed{7});
    CHECK(source.stream(1).stream(2).at(0) != source.stream(2).stream(1).at(0));
  }

  // The mean of 1,000,000 draws deviates from its expectation by more than 4.5 standard errors for one seed in 150,000.
  TEST_CASE("uniform numbers lie in [0, 1), with the mean and the variance of the uniform distribution") {
    minnow::random source(seed{1});
    constexpr int count = 1000000;
    double sum = 0;
    double squares = 0;
    double least = 1;
    double greatest = 0;
    for (int i = 0; i < count; ++i) {
      const double u = source.uniform();
      sum += u;
      squares += (u - 0.5) * (u - 0.5);
      least = std::fmin(least, u);
      greatest = std::fmax(greatest, u);
    }
    CHECK(least >= 0);
    CHECK(greatest < 1);
    CHECK(std::abs(sum / count - 0.5) <= 4.5 * std::sqrt(1.0 / 12 / count));
    // The variance of (u - 1/2)^2 for a uniform u is 1/80 - 1/144.
    CHECK(std::abs(squares / count - 1.0 / 12) <= 4.5 * std::sqrt((1.0 / 80 - 1.0 / 144) / count));
  }

  TEST_CASE("uniform numbers of an interval lie in it and reach both ends") {
    minnow::random source(seed{2});
    float least = 5;
    float greatest = -3;
    for (int i = 0; i < 10000; ++i) {
      const float u = source.uniform(-3, 5);
      least = std::fmin(least, u);
      greatest = std::fmax(greatest, u);
    }
    CHECK(least >= -3);
    CHECK(greatest <= 5);
    // An interval of 0.01 is an eighth of a percent of the range of 8. All 10,000 draws miss it with probability
    // e^-12.5.
    CHECK(least < -2.99f);
    CHECK(greatest > 4.99f);
  }

  TEST_CASE("below(n) draws each of 0 to n-1 equally often") {
    minnow::random source(seed{3});
    constexpr int sides = 7;
    constexpr int count = 700000;
    std::array<int, sides> seen{};
    int outside = 0;
    for (int i = 0; i < count; ++i) {
      const int n = source.below(sides);
      if (n < 0 || n >= sides) ++outside;
      else ++seen[static_cast<std::size_t>(n)];
    }
    CHECK(outside == 0);
    const double deviation = std::sqrt(count * (1.0 / sides) * (1 - 1.0 / sides));
    for (const int n : seen) CHECK(std::abs(n - count / sides) <= 5 * deviation);
    CHECK(source.below(1) == 0);
    CHECK(source.below(0) == 0);
    CHECK(source.below(-7) == 0);
  }
}
