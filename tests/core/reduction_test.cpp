#include <minnow/core/reduction.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cstddef>
#include <limits>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

using namespace minnow;

// Each run owns its reduction, so code that only uses a reduction must not be able to delete it through this class.
static_assert(std::is_abstract_v<reduction> && !std::is_destructible_v<reduction>);

namespace {

/// Three processes, simulated by threads.
struct three_processes {
  std::array<std::vector<double>, 3> given;
  std::barrier<> meeting{3};
};
class one_of_three final : public reduction {
public:
  one_of_three(three_processes& all, std::size_t rank) : all_(all), rank_(rank) {}
  void sum(std::span<double> numbers) override {
    exchange(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = all_.given[0][i] + all_.given[1][i] + all_.given[2][i];
    all_.meeting.arrive_and_wait();
  }
  double largest(double number) override {
    exchange({&number, 1});
    const double result = std::max({all_.given[0][0], all_.given[1][0], all_.given[2][0]});
    all_.meeting.arrive_and_wait();
    return result;
  }

private:
  void exchange(std::span<const double> numbers) {
    all_.given[rank_].assign(numbers.begin(), numbers.end());
    all_.meeting.arrive_and_wait();
  }
  three_processes& all_;
  std::size_t rank_;
};

/// Returns the sum and the maximum of a list whose parts are distributed over the processes.
template <class All>
std::array<double, 2> sum_and_largest(std::span<const double> part, All& all) {
  std::array<double, 1> sum{0};
  for (const double x : part) sum[0] += x;
  all.sum(sum);
  return {sum[0], all.largest(*std::max_element(part.begin(), part.end()))};
}

}  // namespace

TEST_SUITE("core/reduction") {
  TEST_CASE("a process that is alone keeps its numbers") {
    std::array<double, 3> numbers{1.5, -2, 1e300};
    detail::alone::sum(numbers);
    CHECK(numbers == std::array<double, 3>{1.5, -2, 1e300});
    detail::alone::sum({});
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double x : {0.0, -7.25, 1e-300, infinity, -infinity}) CHECK(detail::alone::largest(x) == x);
  }

  TEST_CASE("the same code gives the same result on one process and on several") {
    const std::vector<double> numbers{3, -5, 0.25, 8, 2, -1, 7, 6};
    detail::alone one;
    const auto expected = sum_and_largest(numbers, one);
    CHECK(expected == std::array<double, 2>{20.25, 8});
    three_processes all;
    std::array<std::array<double, 2>, 3> found{};
    {
      std::vector<std::jthread> processes;
      for (std::size_t rank = 0; rank < 3; ++rank)
        processes.emplace_back([&, rank] {
          one_of_three own(all, rank);
          reduction& any = own;
          const std::size_t begin = rank * 3;
          found[rank] =
              sum_and_largest(std::span(numbers).subspan(begin, std::min<std::size_t>(3, numbers.size() - begin)), any);
        });
    }
    for (const auto& of_rank : found) CHECK(of_rank == expected);
  }
}
