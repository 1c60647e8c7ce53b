#include <doctest/doctest.h>

#include <minnow/data/synthetic_digits.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/optimizer.hpp>

#include "comparison.hpp"

using namespace minnow;

namespace {

template <int Bits>
struct digits_net : model<image<1, 28, 28>, conv<16, scheme<pixels, typename minw<Bits, Bits>::weights>, stride<2>>,
                          batch_norm, conv<24, minw<Bits, Bits>>, max_pool<2>, batch_norm, dense<48, minw<Bits, Bits>>,
                          batch_norm, dense<10, minw<Bits, Bits>>, batch_norm> {};

}  // namespace

TEST_SUITE("agreement/synthetic_digits") {
  TEST_CASE_TEMPLATE("a network that has learned digits has the same sums, codes and classes packed", Model,
                     digits_net<1>, digits_net<2>, digits_net<3>) {
    static const auto train = synthetic_digits(2000, seed{1});
    static const auto test = synthetic_digits(200, seed{2});
    network<Model, aqe> net{seed{3}};
    (void)fit(net, train, adam{.rate = 1e-2f}, constant{0.5f}, {.batch = 50});
    const auto small = pack(net);
    const test::report r = test::compare(net, small, test);
    CHECK(r.first == "");
    CHECK(r.differences == 0);
    CHECK(r.wrong_classes == 0);
    CHECK(r.layers == 7);
    // Networks whose codes hardly vary would agree trivially, so the accuracy must be far above chance (0.1).
    CHECK(accuracy(small, test) > 0.3);
  }
}
