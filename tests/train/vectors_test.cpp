#include <minnow/train/vectors.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/quantize/sign.hpp>

#include "single_layer.hpp"

using namespace minnow;
using detail::vector;

namespace {

constexpr int sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 100};

struct sign_of_one : quantizer_base {
  static constexpr text name() { return "sign_of_one"; }
  static constexpr int bits = 1;
  static constexpr int max_code = 1;
  static float code(float x, const state&) { return x > 0 ? 1.0f : -1.0f; }
  static constexpr float scale(const state&) { return 1; }
};

struct aqe_of_one : estimator_base {
  static constexpr text name() { return "aqe_of_one"; }
  static float quantized_fraction(float alpha) { return alpha; }
  static float slope(role, float alpha, float, bool inside) { return inside ? 2 * alpha : 0; }
};

/// Applies `body` to all of x, one SIMD vector at a time, and returns the results.
template <class Body>
std::vector<float> over(const std::vector<float>& x, Body&& body) {
  std::vector<float> out(x.size());
  detail::for_vectors(static_cast<int>(x.size()), [&](int i, auto count) {
    detail::store(out.data() + i, body(detail::load(x.data() + i, count)), count);
  });
  return out;
}

}  // namespace

TEST_SUITE("train/vectors") {
  TEST_CASE("for_vectors touches every element once, and nothing behind the last") {
    for (const int n : sizes) {
      std::vector<float> x(static_cast<std::size_t>(n) + 64, 0.5f);
      detail::for_vectors(n, [&](int i, auto count) {
        detail::store(x.data() + i, detail::load(x.data() + i, count) + vector(1.0f), count);
      });
      for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == (i < static_cast<std::size_t>(n) ? 1.5f : 0.5f));
    }
  }

  TEST_CASE("for_rows touches every element of every row once") {
    for (const int n : {1, 5, 16, 19, 40000})
      for (const std::size_t rows : {std::size_t{1}, std::size_t{3}, std::size_t{50}}) {
        std::vector<float> x(rows * static_cast<std::size_t>(n) + 64, 0);
        detail::for_rows(rows, n, [&](std::size_t row, int i, auto count) {
          float* at = x.data() + row * static_cast<std::size_t>(n) + i;
          detail::store(at, detail::load(at, count) + vector(static_cast<float>(row + 1)), count);
        });
        bool right = true;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t row = i / static_cast<std::size_t>(n);
          right = right && x[i] == (row < rows ? static_cast<float>(row + 1) : 0.0f);
        }
        CHECK(right);
      }
  }

  TEST_CASE("for_all touches every element once, around its pieces' borders too") {
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{16383}, std::size_t{16384},
                                std::size_t{16385}, std::size_t{40001}}) {
      std::vector<float> x(n + 64, 0);
      detail::for_all(n, [&](std::size_t i, auto count) {
        detail::store(x.data() + i, detail::load(x.data() + i, count) + vector(1.0f), count);
      });
      bool right = true;
      for (std::size_t i = 0; i < x.size(); ++i) right = right && x[i] == (i < n ? 1.0f : 0.0f);
      CHECK(right);
    }
  }

  TEST_CASE("rules for one number and rules for batches give the same") {
    const auto x = test::uniform(37, 1, -2, 2);
    CHECK(over(x, [](auto v) { return detail::code_of<sign_of_one>(v, {}); }) ==
          over(x, [](auto v) { return detail::code_of<sign>(v, {}); }));
    CHECK(over(x, [](auto v) { return detail::slope_of<aqe_of_one>(role::inputs, 0.3f, v, -1, 1); }) ==
          over(x, [](auto v) { return detail::slope_of<aqe>(role::inputs, 0.3f, v, -1, 1); }));
  }

  TEST_CASE("fused is std::fma, rounded once") {
    const auto x = test::uniform(100, 1, -3, 3);
    const auto a = test::uniform(100, 2, -3, 3);
    const auto b = test::uniform(100, 3, -3, 3);
    bool twice_differs = false;
    detail::for_vectors(100, [&](int i, auto count) {
      float out[100];
      detail::store(out,
                    detail::fused(detail::load(&x[static_cast<std::size_t>(i)], count),
                                  detail::load(&a[static_cast<std::size_t>(i)], count),
                                  detail::load(&b[static_cast<std::size_t>(i)], count)),
                    count);
      for (int k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(i + k);
        CHECK(out[k] == std::fma(x[at], a[at], b[at]));
        const volatile float product = x[at] * a[at];
        twice_differs = twice_differs || product + b[at] != out[k];
      }
    });
    CHECK(twice_differs);
  }

  TEST_CASE("keep_inside keeps the range's ends and drops what lies beyond, and NaN") {
    const std::vector<float> where{
        -1, 1, 0, std::nextafter(1.0f, 2.0f), std::nextafter(-1.0f, -2.0f), std::nanf(""), HUGE_VALF};
    CHECK(over(where, [](auto v) { return detail::keep_inside(vector(5.0f), v, -1, 1); }) ==
          std::vector<float>{5, 5, 5, 0, 0, 0, 0});
  }
}
