#include <minnow/gemm/winograd.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/gemm/winograd_gradient.hpp>

#include "float_problem.hpp"

using namespace minnow;

namespace {

using test::floats, test::problem;

struct products {
  floats out, grad_in, grad_weights;
  bool operator==(const products&) const = default;
};

template <class Arch>
products multiply(const problem& p, int team) {
  products r{floats(p.grad_out.size(), NAN), floats(p.in.size(), NAN), floats(p.weights.size(), NAN)};
  floats transformed(kernels::winograd_weight_floats(p.g)), panels(kernels::winograd_panel_floats<Arch>(p.g), NAN);
  set_threads(team);
  kernels::winograd_weights<Arch>(p.g, p.weights.data(), transformed.data());
  kernels::winograd_pack_forward<Arch>(p.g, transformed.data(), panels.data());
  kernels::winograd_forward<Arch>(p.g, p.images, p.in.data(), panels.data(), r.out.data());
  kernels::winograd_pack_backward<Arch>(p.g, transformed.data(), panels.data());
  kernels::winograd_backward_inputs<Arch>(p.g, p.images, p.grad_out.data(), panels.data(), r.grad_in.data());
  kernels::winograd_backward_weights<Arch>(p.g, p.images, p.in.data(), p.grad_out.data(), r.grad_weights.data());
  set_threads(0);
  return r;
}

/// Returns how many values differ from the exact sum by more than `terms` · 2^-23, which is one rounding per term,
/// because no term is larger than 1. The sums of a Winograd tile share intermediate terms. So the magnitudes of a
/// value's own terms do not bound its error, and test::misses cannot be used.
int winograd_misses(const test::exact_sums& exact, const floats& values, int terms) {
  int result = values.size() == exact.exact.size() ? 0 : -1;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(std::abs(static_cast<double>(values[i]) - exact.exact[i]) <= terms * 0x1p-23)) ++result;
  return result;
}

template <class Arch>
void check_winograd(const geometry& g, int images, minnow::random draws) {
  REQUIRE(kernels::winograd_serves<Arch>(g));
  for (const bool whole : {false, true}) {
    const problem p{g, images, whole, draws};
    INFO(p.name());
    const test::exact_products exact(p);
    const products found = multiply<Arch>(p, 1);
    CHECK(winograd_misses(exact.out, found.out, whole ? 0 : g.inputs()) == 0);
    CHECK(winograd_misses(exact.grad_in, found.grad_in, whole ? 0 : 9 * g.out.channels) == 0);
    CHECK(winograd_misses(exact.grad_weights, found.grad_weights, whole ? 0 : images * g.out.pixels()) == 0);
    if (whole) continue;
    CHECK(multiply<Arch>(p, 2) == found);
    CHECK(multiply<Arch>(p, 3) == found);
  }
}

constexpr geometry layer(shape in, int filters, int padding = 1) {
  return window_over(in, filters, {3, 3}, {1, 1}, {padding, padding});
}

}  // namespace

static_assert(kernels::winograd_serves<>(layer({8, 8, 64}, 64)) ||
              std::is_same_v<kernels::float_vector<kernels::best>, kernels::plain_floats>);
static_assert(!kernels::winograd_serves<>(layer({8, 8, 3}, 64)), "too few channels");
static_assert(!kernels::winograd_serves<>(layer({8, 8, 33}, 64)), "no whole vectors");
static_assert(!kernels::winograd_serves<>(window_over({8, 8, 64}, 64, {3, 3}, {2, 2}, {1, 1})), "a stride");
static_assert(!kernels::winograd_serves<>(window_over({8, 8, 64}, 64, {5, 5}, {1, 1}, {2, 2})), "another window");
static_assert(!kernels::winograd_serves<kernels::portable>(layer({8, 8, 64}, 64)));

TEST_SUITE("gemm/winograd") {
  TEST_CASE(
      "all three products equal double precision, whole numbers exactly, with any number of threads, on every "
      "architecture") {
    kernels::available_archs::for_each([](auto arch) {
      if constexpr (!std::is_same_v<decltype(arch), kernels::portable>) {
        using arch_type = decltype(arch);
        check_winograd<arch_type>(layer({4, 4, 32}, 32), 2, minnow::random{seed{1}});
        check_winograd<arch_type>(layer({5, 7, 64}, 48), 3, minnow::random{seed{2}});
        check_winograd<arch_type>(layer({6, 3, 48}, 80, 0), 2, minnow::random{seed{3}});
        check_winograd<arch_type>(layer({1, 2, 32}, 32, 2), 2, minnow::random{seed{4}});
        check_winograd<arch_type>(window_over({6, 5, 32}, 48, {3, 3}, {1, 1}, {0, 2}, {1, 3}), 2,
                                  minnow::random{seed{8}});
      }
    });
  }

  TEST_CASE("tiles of several blocks and passes") {
    if constexpr (kernels::winograd_serves<>(layer({8, 8, 64}, 64))) {
      check_winograd<kernels::best>(layer({20, 21, 32}, 32), 3, minnow::random{seed{5}});
      check_winograd<kernels::best>(layer({9, 9, 256}, 32), 3, minnow::random{seed{6}});
    }
  }

  TEST_CASE("no images give no outputs, and gradients of zero") {
    const problem p{layer({6, 6, 32}, 32), 0, true, minnow::random{}};
    CHECK(multiply<kernels::best>(p, 1).grad_weights == floats(p.weights.size(), 0.0f));
  }
}
