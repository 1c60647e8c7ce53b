#include <minnow/train/network.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/pool.hpp>

#include "network_gradients.hpp"

using namespace minnow;
using test::numbers;

namespace {

/// An unquantized network with every kind of layer.
struct small_real : model<image<2, 8, 6>, conv<4, real, kernel<3, 2>>, batch_norm, relu, max_pool<2>, conv<5>, bias,
                          hard_tanh, average_pool<2, stride<1>>, conv<6, scheme<clipped<real>, real>, kernel<1>>,
                          global_average_pool, dense<7>, bias, dense<3>> {};

/// Computes the loss of small_real in double precision, from parameters by path.
double small_real_loss(const test::parameter_map& parameters, const numbers& images, const std::vector<int>& labels) {
  const int n = static_cast<int>(labels.size());
  using all = layer_graph<small_real>;
  const auto weights = [&](const std::string& path) -> const numbers& { return parameters.at(path + " weights"); };
  const auto add = [](numbers x, const numbers& b) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += b[i % b.size()];
    return x;
  };
  const auto clip = [](numbers x) {
    for (double& v : x) v = std::fmax(-1, std::fmin(1, v));
    return x;
  };
  numbers x = test::convolve<double>(all::layer<0>::over(all::in<0>), n, images, weights("0"));
  x = test::normalized(x, parameters.at("1 gamma"), parameters.at("1 beta"));
  for (double& v : x) v = std::fmax(0, v);
  x = test::pool(all::layer<3>::pool_over(all::in<3>), n, x, false);
  x = test::convolve<double>(all::layer<4>::over(all::in<4>), n, x, weights("4"));
  x = clip(add(x, parameters.at("5 bias")));
  x = test::pool(all::layer<7>::pool_over(all::in<7>), n, x, true);
  x = test::convolve<double>(all::layer<9>::over(all::in<9>), n, clip(x), weights("8"));
  x = test::pool(all::layer<10>::pool_over(all::in<10>), n, x, true);
  x = test::convolve<double>(all::layer<11>::over(all::in<11>), n, x, weights("10"));
  x = add(x, parameters.at("11 bias"));
  x = test::convolve<double>(all::layer<13>::over(all::in<13>), n, x, weights("12"));
  return test::cross_entropy_of(x, labels);
}

/// A block of `deep`, a network with 20 dense layers. The first dense layer reads the image without a quantizer, so the
/// gradient of its weights passes through 19 input quantizers.
template <class Scheme>
using block = chain<dense<24, Scheme>, batch_norm>;
template <class Scheme>
using four_blocks = chain<block<Scheme>, block<Scheme>, block<Scheme>, block<Scheme>>;
template <class Scheme>
struct deep : model<features<16>, dense<24, scheme<real, typename Scheme::weights>>, batch_norm, four_blocks<Scheme>,
                    four_blocks<Scheme>, four_blocks<Scheme>, four_blocks<Scheme>, block<Scheme>, block<Scheme>,
                    chain<dense<4, Scheme>, batch_norm>> {};

/// Returns all gradients by path and name, after a step on fixed images.
template <class Model, class Estimator>
std::map<std::string, std::vector<float>> gradients_of(float alpha) {
  network<Model, Estimator> net{seed{5}};
  constexpr int images = 32;
  const auto x = test::uniform(images * 16, 6);
  std::copy(x.begin(), x.end(), net.prepare(images).begin());
  const pass p{.mode = mode::train, .alpha = alpha};
  const auto z = net.forward(p);
  std::vector<int> labels(images);
  for (int n = 0; n < images; ++n) labels[static_cast<std::size_t>(n)] = n % 4;
  std::vector<float> gradient(z.size());
  cross_entropy{}(z, labels, gradient);
  net.backward(gradient, p);
  std::map<std::string, std::vector<float>> result;
  net.parameters([&](std::string_view path, const parameter& q) {
    result[std::string(path) + " " + std::string(q.name)].assign(q.gradient.begin(), q.gradient.end());
  });
  return result;
}

double norm(const std::vector<float>& g) {
  double sum = 0;
  for (const float v : g) sum += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(sum);
}

}  // namespace

TEST_SUITE("gradient/network") {
  TEST_CASE("a whole network of real layers, every parameter") {
    CHECK(test::check_gradients<small_real>({2, 0, 1}, small_real_loss) == 9);
  }

  TEST_CASE("at depth 20 gradients stay finite and alive at the rates that the estimators recommend") {
    const auto check = [](const std::map<std::string, std::vector<float>>& gradients) {
      CHECK(gradients.size() == 3 * 20);
      for (const auto& gradient : gradients) {
        const std::string& key = gradient.first;
        const std::vector<float>& g = gradient.second;
        CAPTURE(key);
        for (const float v : g) REQUIRE(std::isfinite(v));
        // Gradients neither vanish nor grow by 2^20. Their norms stay within a factor of 10^5 of the norm of the
        // logits' gradient, which is below 1.
        CHECK(norm(g) > 1e-5);
        CHECK(norm(g) < 1e5);
      }
    };
    check(gradients_of<deep<minw<1, 1>>, aqe>(0.5f));
    check(gradients_of<deep<minw<2, 1>>, aqe>(0.5f));
    for (const float alpha : {0.0f, 0.5f, 1.0f}) {
      CAPTURE(alpha);
      check(gradients_of<deep<minw<1, 1>>, aqe_expected>(alpha));
    }
  }

  TEST_CASE("at depth 20 and alpha 1 aqe doubles the gradient 20 times over") {
    // At alpha 1, `aqe` has the forward pass of `ste`, and multiplies the gradient by 2 at each quantizer.
    // Multiplication by a power of two is exact.
    const auto straight = gradients_of<deep<minw<1, 1>>, ste>(1);
    const auto doubled = gradients_of<deep<minw<1, 1>>, aqe>(1);
    REQUIRE(straight.size() == doubled.size());
    const auto check = [&](const std::string& key, int doublings) {
      CAPTURE(key);
      auto expected = straight.at(key);
      REQUIRE(norm(expected) > 0);
      for (float& g : expected) g = std::ldexp(g, doublings);
      CHECK(doubled.at(key) == expected);
    };
    check("0 weights", 20);  // 19 quantizers of inputs, and the quantizer of its own weights
    check("1 gamma", 19);
    check("2.0.0 weights", 19);
    check("8.0 weights", 1);
    check("8.1 gamma", 0);
    // aqe_expected does not change the gradient with depth.
    CHECK(gradients_of<deep<minw<1, 1>>, aqe_expected>(1) == straight);
  }

  TEST_CASE("alpha_blend at depth 20 fades by 1 - alpha at each quantizer of inputs") {
    // At alpha 1 no gradient passes the last quantizer of inputs. Other alphas are not compared, because their forward
    // values differ too.
    const auto gradients = gradients_of<deep<minw<1, 1>>, alpha_blend>(1);
    CHECK(norm(gradients.at("8.0 weights")) > 0);
    CHECK(norm(gradients.at("7.0 weights")) == 0);
    CHECK(norm(gradients.at("0 weights")) == 0);
    CHECK(norm(gradients_of<deep<minw<1, 1>>, alpha_blend>(0).at("0 weights")) > 0);
  }
}
