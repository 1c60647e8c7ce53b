#include <minnow/kernels/arch.hpp>

#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

namespace {

namespace kernels = minnow::kernels;

int kernel_of(kernels::portable) { return 0; }
int kernel_of(xsimd::avx2) { return 1; }
int kernel_of(xsimd::avx512bw) { return 2; }

static_assert(std::is_convertible_v<kernels::best, kernels::portable>, "every architecture has a way down");
static_assert(std::is_convertible_v<xsimd::sse2, kernels::portable>);
static_assert(!std::is_convertible_v<int, kernels::portable>);
static_assert(kernels::best::supported());

}  // namespace

TEST_SUITE("kernels/arch") {
  TEST_CASE("a call walks down to the nearest architecture that has a kernel") {
    CHECK_EQ(kernel_of(kernels::portable{}), 0);
    CHECK_EQ(kernel_of(xsimd::sse2{}), 0);
    CHECK_EQ(kernel_of(xsimd::avx{}), 0);
    CHECK_EQ(kernel_of(xsimd::avx2{}), 1);
    CHECK_EQ(kernel_of(xsimd::fma3<xsimd::avx2>{}), 1);
    CHECK_EQ(kernel_of(xsimd::avx512f{}), 0);
    CHECK_EQ(kernel_of(xsimd::avx512vnni<xsimd::avx512bw>{}), 2);
    CHECK_EQ(kernel_of(kernels::avx512_vpopcntdq{}), 2);
  }

  TEST_CASE("architectures are named, lowest first, and portable is always there") {
    std::vector<std::string> names;
    kernels::available_archs::for_each([&](auto arch) { names.emplace_back(kernels::arch_name<decltype(arch)>()); });
    REQUIRE_EQ(names.size(), static_cast<std::size_t>(kernels::available_archs::size));
    CHECK_EQ(names.front(), "portable");

    std::vector<std::string> steps;
    kernels::available_archs::for_each_step(
        [&](auto arch, auto below) { steps.push_back(std::string(below.name()) + arch.name()); });
    REQUIRE_EQ(steps.size() + 1, names.size());
    for (std::size_t i = 0; i < steps.size(); ++i) CHECK_EQ(steps[i], names[i] + names[i + 1]);
  }

  TEST_CASE("the best architecture is never below the highest of the build") {
    int highest = -1;
    kernels::available_archs::for_each([&](auto arch) { highest = kernel_of(arch); });
    CHECK_EQ(kernel_of(kernels::best{}), highest);
  }
}
