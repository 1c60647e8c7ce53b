#include <minnow/quantize/methods.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/estimate/ste.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/trace.hpp>
#include <minnow/train/evaluate.hpp>

#include "../pairs.hpp"

using namespace minnow;
using namespace minnow::test;

// This namespace has a name because several tests of this folder are compiled in one file.
namespace given_pairs {

/// Gives the states of a network scales that are no powers of two, and zero points, and the thresholds of
/// `multi_threshold` numbers that the sums reach, ties included.
inline void give(network_base& net) {
  minnow::random r(seed{5});
  net.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
    if (name == "thresholds")
      for (float& t : values) t = static_cast<float>(r.below(41) - 20);
    if (name == "step") values[0] = 0.75f;
    if (name == "offset") values[0] = -1.5f;
  });
}

/// Trains a network for three steps, changes its states with `change`, and compares it with the packed network.
template <class Model, class T = std::uint8_t, class Change>
void check_given(Change&& change) {
  auto net = trained_three_steps<Model, T, ste>();
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    if (name == "state") change(path, values);
  });
  give(net);
  (void)reestimate_batch_norm(net, random_images<T>(layer_graph<Model>::input, 24, packed<Model>::classes, 1),
                              {.batches = 3, .batch = 8});
  bend(net);
  check_agreement<T>(net);
}

template <class Scheme>
struct given_network : model<image<3, 9, 9>, conv<33, scheme<pixels, typename Scheme::weights>>, max_pool<2>,
                             batch_norm, conv<40, Scheme>, batch_norm, max_pool<2>, dense<4, Scheme>, batch_norm> {};

/// Thresholds that fold after an XNOR product and after a pool; more codes than fold, after a product of bytes; and in
/// front of the first product.
struct threshold_network
    : model<image<3, 9, 9>, multi_threshold<7>, conv<33, scheme<given_integer<-7, 7>, sign_nonnegative>>,
            multi_threshold<1>, conv<32, scheme<sign_nonnegative, sign_nonnegative>>, multi_threshold<3>,
            conv<17, scheme<given_integer<0, 3>, given_integer<-1, 1>>>, max_pool<2>, multi_threshold<15>,
            conv<16, scheme<given_affine<8>, given_integer<-7, 7>>>, multi_threshold<255>,
            conv<16, scheme<given_integer<-127, 127>, given_integer<-127, 127, per_channel>>>, multi_threshold<3>,
            average_pool<2>, dense<4, scheme<given_sign<>, given_sign<per_channel>>>, batch_norm> {};

/// 8 inputs of -1 or +1 and 5 units, each with a batch norm and a sign, and a last layer that sums the signs.
template <class Sign>
struct tie_network : model<features<8>, dense<5, scheme<Sign, Sign>>, batch_norm, dense<5, scheme<Sign, Sign>>> {};

}  // namespace given_pairs

TEST_SUITE("agreement/methods/given") {
  TEST_CASE_TEMPLATE("signs with +1 at 0: the same sums, codes and logits", Scheme,
                     scheme<sign_nonnegative, sign_nonnegative>, scheme<ternary<>, sign_nonnegative>,
                     scheme<sign_nonnegative, integer<4>>, scheme<integer<8>, sign_nonnegative>,
                     scheme<real, sign_nonnegative>, scheme<sign_nonnegative, half>) {
    check_model<pair_network<Scheme>>();
  }

  TEST_CASE_TEMPLATE("given scales: the same sums, codes and logits", Scheme, scheme<given_sign<>, given_sign<>>,
                     scheme<given_sign<>, given_sign<per_channel>>, scheme<given_integer<-1, 1>, given_integer<-1, 1>>,
                     scheme<given_integer<-1, 1>, given_sign<>>,
                     scheme<given_integer<0, 3>, given_integer<-2, 1, per_channel>>,
                     scheme<given_integer<-7, 7>, given_integer<-8, 7>>,
                     scheme<given_integer<0, 255>, given_integer<-127, 127, per_channel>>,
                     scheme<given_integer<-2, 1>, given_sign<>>, scheme<real, given_integer<-7, 7, per_channel>>) {
    int count = 0;
    given_pairs::check_given<given_pairs::given_network<Scheme>>([&](std::string_view, std::span<float> values) {
      for (float& s : values) s = 0.0625f + 0.013f * static_cast<float>(count++ % 11);
    });
    CHECK(count > 0);
  }

  TEST_CASE_TEMPLATE("given zero points: the same sums, codes and logits", Scheme,
                     scheme<given_affine<8>, given_integer<-127, 127, per_channel>>,
                     scheme<given_affine<2>, given_integer<-1, 1>>, scheme<given_affine<4>, given_sign<>>) {
    using model = given_pairs::given_network<Scheme>;
    const auto change = [](std::string_view path, std::span<float> values) {
      for (float& s : values) s = 0.07f;
      if (path.ends_with("inputs")) values[1] = 3;
    };
    given_pairs::check_given<model>(change);
  }

  TEST_CASE("thresholds that are given: the same sums, codes and logits") {
    const auto change = [](std::string_view path, std::span<float> values) {
      for (float& s : values) s = 0.75f;
      if (path == "8.inputs") values[1] = 6;
    };
    given_pairs::check_given<given_pairs::threshold_network, float>(change);
  }

  TEST_CASE_TEMPLATE("a sum exactly at the threshold has the sign of 0, for gammas above, below and at 0", Sign, sign,
                     sign_nonnegative) {
    using network = given_pairs::tie_network<Sign>;
    minnow::network<network> net;
    constexpr float gamma[] = {1.5f, -1.5f, 0, 0, 0.25f}, beta[] = {-3, 3, 0, -1, 1};  // 0 at the sum 2, 2, any, -, -4
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (name == "weights") values[i] = path == "0" ? (i % 8 <= i / 8 ? 1.0f : -1.0f) : (i % 6 == 0 ? 1.0f : -1.0f);
        if (name == "gamma") values[i] = gamma[i];
        if (name == "beta") values[i] = beta[i];
        if (name == "mean") values[i] = 0;
        if (name == "variance") values[i] = 1 - 1e-5f;  // the scale is then exactly gamma
      }
    });
    dataset<float> all{{1, 1, 8}, {}, {}};
    for (int n = 0; n < 256; ++n) {
      for (int k = 0; k < 8; ++k) all.images.push_back((n >> k & 1) != 0 ? 1.0f : -1.0f);
      all.labels.push_back(0);
    }
    net.take(all, 0, 256);
    const auto trained = net.forward({});
    const auto logits = pack(net).run(std::span<const float>(all.images));
    int ties = 0;
    for (int n = 0; n < 256; ++n) {
      int sums[5] = {}, signs[5] = {};
      for (int u = 0; u < 5; ++u) {
        for (int k = 0; k < 8; ++k) sums[u] += ((n >> k & 1) != 0 ? 1 : -1) * (k <= u ? 1 : -1);
        const double y = static_cast<double>(gamma[u]) * sums[u] + static_cast<double>(beta[u]);
        ties += y == 0;
        signs[u] = y > 0 || (y == 0 && std::is_same_v<Sign, sign_nonnegative>) ? 1 : -1;
      }
      for (int u = 0; u < 5; ++u) {
        int expected = 0;
        for (int k = 0; k < 5; ++k) expected += signs[k] * ((u * 5 + k) % 6 == 0 ? 1 : -1);
        const auto at = static_cast<std::size_t>(n * 5 + u);
        CHECK(logits[at] == static_cast<float>(expected));
        CHECK(trained[at] == static_cast<float>(expected));
      }
    }
    CHECK(ties > 256);
  }
}
