#include <minnow/infer/ends/end.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <utility>

#include <minnow/infer/packed.hpp>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_end_of;
using test::four_ends_plan;

static_assert(four_ends_plan<0>::ends_in == stage_end::thresholds);
static_assert(four_ends_plan<1>::ends_in == stage_end::fixed_point);
static_assert(four_ends_plan<2>::ends_in == stage_end::requantize);
static_assert(four_ends_plan<3>::ends_in == stage_end::floats);

static_assert(stage_end_of<end_of<four_ends_plan<0>>, four_ends_plan<0>>);
static_assert(stage_end_of<end_of<four_ends_plan<1>>, four_ends_plan<1>>);
static_assert(stage_end_of<end_of<four_ends_plan<2>>, four_ends_plan<2>>);
static_assert(stage_end_of<end_of<four_ends_plan<3>>, four_ends_plan<3>>);

namespace {

/// An epilogue of a stage (see infer/ends/end.hpp), without the member function `check`.
struct end_without_check : end_of<four_ends_plan<0>> {
  void check() = delete;
};
/// An epilogue with arrays that cannot be visited while it is const.
struct end_without_const_arrays : end_of<four_ends_plan<0>> {
  template <class Visit>
  static void arrays(end_without_const_arrays&, Visit&&) {}
};

/// True if the `run` of the stage's epilogue is noexcept.
template <std::size_t Stage>
constexpr bool runs_without_exceptions =
    noexcept(std::declval<const end_of<four_ends_plan<Stage>>&>().template run<test::given_sums, kernels::best>(
        std::declval<const minnow::detail::stage_run<four_ends_plan<Stage>>&>()));

}  // namespace

static_assert(!stage_end_of<end_without_check, four_ends_plan<0>>);
static_assert(!stage_end_of<end_without_const_arrays, four_ends_plan<0>>);

// The last two epilogues, requantize and floats, call the user's quantizer or layers, which may throw.
static_assert(runs_without_exceptions<0> && runs_without_exceptions<1> && !runs_without_exceptions<2> &&
              !runs_without_exceptions<3>);

TEST_SUITE("infer/ends/end") {
  TEST_CASE("a const end lists the same arrays, as const numbers") {
    const auto compare = []<class End>(End own) {
      CHECK(test::arrays_of(own) == test::arrays_of(std::as_const(own)));
      bool writable = true, constant = true;
      End::arrays(own, [&](std::size_t, std::string_view, auto numbers) {
        writable = writable && !std::is_const_v<typename decltype(numbers)::element_type>;
      });
      End::arrays(std::as_const(own), [&](std::size_t, std::string_view, auto numbers) {
        constant = constant && std::is_const_v<typename decltype(numbers)::element_type>;
      });
      CHECK(writable);
      CHECK(constant);
    };
    compare(end_of<four_ends_plan<0>>());
    compare(end_of<four_ends_plan<1>>());
    compare(end_of<four_ends_plan<2>>());
    compare(end_of<four_ends_plan<3>>());
  }

  TEST_CASE("a stage's sections are its weights and the arrays of its end") {
    packed<fixed_point<test::four_ends>> network;
    std::string expected, found;
    network.each_stage([&](auto, auto& stage) {
      expected += "weights:" + std::to_string(stage.weights.size()) + " ";
      std::remove_reference_t<decltype(stage)>::end_type::arrays(
          stage.constants, [&](std::size_t, std::string_view name, auto numbers) {
            expected += std::string(name) + ":" + std::to_string(numbers.size_bytes()) + " ";
          });
      stage.sections([&](std::string_view name, std::span<std::byte> bytes) {
        found += std::string(name) + ":" + std::to_string(bytes.size()) + " ";
      });
    });
    CHECK(found == expected);
    found.clear();
    std::as_const(network).each_stage([&](auto, const auto& stage) {
      stage.sections([&](std::string_view name, std::span<const std::byte> bytes) {
        found += std::string(name) + ":" + std::to_string(bytes.size()) + " ";
      });
    });
    CHECK(found == expected);
  }
}
