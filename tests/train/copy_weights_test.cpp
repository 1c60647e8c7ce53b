#include <minnow/train/copy_weights.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods/given.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/evaluate.hpp>

#include "single_layer.hpp"

namespace mn = minnow;

namespace {

template <class First, class Rest, class Last = Rest>
struct net_of : mn::model<mn::image<2, 6, 6>, mn::conv<4, First>, mn::bias, mn::batch_norm,
                          mn::chain<mn::max_pool<2>, mn::relu>, mn::conv<5, Rest>, mn::batch_norm, mn::dense<3, Last>> {
};
using real_net = net_of<mn::real, mn::real>;
using low_net = net_of<mn::scheme<mn::real, mn::sign>, mn::minw<1, 1>, mn::minw<2, 2>>;
using scaled_net = net_of<mn::scheme<mn::integer<8>, mn::integer<4, mn::per_channel>>,
                          mn::scheme<mn::sign, mn::ternary<mn::mean_threshold<>>>>;

mn::dataset<float> images_for_copies(int count, std::uint64_t draws = 9) {
  std::vector<int> labels;
  for (int n = 0; n < count; ++n) labels.push_back(n % 3);
  return {{6, 6, 2}, mn::test::uniform(count * 72, draws), labels};
}

/// Returns a trained network whose batch norm statistics differ from a new network's.
mn::network<real_net> trained() {
  mn::network<real_net> net{mn::seed{1}};
  net.normalize({.mean = {0.5f, 0}, .stddev = {2, 3}});
  (void)mn::fit(net, images_for_copies(30), mn::adam{.rate = 1e-2f}, mn::constant{1}, {.epochs = 2, .batch = 10});
  return net;
}

template <class Network>
std::map<std::string, std::vector<float>> arrays_of(Network& net) {
  std::map<std::string, std::vector<float>> result;
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    result[std::string(path) + ":" + std::string(name)].assign(values.begin(), values.end());
  });
  return result;
}

/// Returns the error of a copy that is refused, and checks that the target stays unchanged.
template <class From, class To>
std::string refusal() {
  mn::network<From> from{mn::seed{1}};
  mn::network<To> to{mn::seed{2}};
  const auto before = arrays_of(to);
  try {
    mn::copy_weights(from, to);
  } catch (const mn::error& e) {
    CHECK(arrays_of(to) == before);
    return e.what();
  }
  return "";
}

}  // namespace

TEST_SUITE("train/copy_weights") {
  TEST_CASE("all weights come over by path, also where quantizers of inputs stand between") {
    auto from = trained();
    mn::network<low_net, mn::aqe> to{mn::seed{2}};
    mn::copy_weights(from, to);
    const auto expected = arrays_of(from);
    const auto found = arrays_of(to);
    CHECK_EQ(expected.size(), 14);
    CHECK_EQ(found.size(), expected.size());
    for (const auto& array : expected) {
      const std::string& name = array.first;  // clang 16 cannot capture a structured binding under OpenMP
      CAPTURE(name);
      REQUIRE(found.contains(name));
      if (!name.ends_with("stale_statistics")) CHECK(found.at(name) == array.second);
    }
    CHECK_EQ(to.input_normalization().mean, from.input_normalization().mean);
    CHECK_EQ(to.input_normalization().stddev, from.input_normalization().stddev);
  }

  TEST_CASE("and back, and between networks of few bits") {
    auto from = trained();
    mn::network<low_net> low{mn::seed{2}};
    mn::network<scaled_net> scaled{mn::seed{3}};
    mn::network<real_net> back{mn::seed{4}};
    mn::copy_weights(from, low);
    mn::copy_weights(low, scaled);
    mn::copy_weights(scaled, back);
    CHECK(mn::logits(back, images_for_copies(5)) == mn::logits(from, images_for_copies(5)));
  }

  TEST_CASE("a copy within one model computes and packs the same") {
    mn::network<low_net, mn::aqe> from{mn::seed{1}};
    (void)mn::fit(from, images_for_copies(30), mn::adam{.rate = 1e-2f}, mn::constant{0.5f}, {.epochs = 2, .batch = 10});
    mn::network<low_net> to{mn::seed{2}};
    mn::copy_weights(from, to);
    CHECK(arrays_of(to) == arrays_of(from));
    CHECK(mn::logits(to, images_for_copies(5)) == mn::logits(from, images_for_copies(5)));
    CHECK_NOTHROW((void)mn::pack(to));
  }

  TEST_CASE("codes and scales of weights are taken anew, whatever the target had before") {
    auto from = trained();
    mn::network<scaled_net> fresh{mn::seed{2}}, used{mn::seed{2}};
    (void)mn::fit(used, images_for_copies(30), mn::adam{.rate = 1}, mn::constant{1}, {.epochs = 1, .batch = 10});
    (void)mn::logits(used, images_for_copies(5));
    const float inputs = used.layer<"0.inputs">().state().g;
    CHECK_GT(inputs, 0);
    mn::copy_weights(from, fresh);
    mn::copy_weights(from, used);
    // Quantizers of inputs keep their measured state.
    CHECK_EQ(used.layer<"0.inputs">().state().g, inputs);
    auto expected = arrays_of(fresh);
    expected.at("0.inputs:state") = {inputs};
    CHECK(arrays_of(used) == expected);
    fresh.arrays([&](std::string_view path, std::string_view, std::span<float> values) {
      if (path == "0.inputs") values[0] = inputs;
    });
    CHECK(mn::logits(used, images_for_copies(5)) == mn::logits(fresh, images_for_copies(5)));
  }

  TEST_CASE("statistics of another model are not packed before new ones were taken") {
    auto from = trained();
    mn::network<low_net> to{mn::seed{2}};
    mn::copy_weights(from, to);
    CHECK_THROWS_WITH_AS((void)mn::pack(to), doctest::Contains("call reestimate_batch_norm(net, data) first"),
                         mn::error);
    mn::reestimate_batch_norm(to, images_for_copies(30), {.batches = 3, .batch = 10});
    CHECK_NOTHROW((void)mn::pack(to));
    mn::network<real_net> real{mn::seed{2}};
    mn::copy_weights(from, real);
    CHECK_NOTHROW((void)mn::pack(real));
  }

  TEST_CASE("weights come over into the branches of graphs, with quantizers or without") {
    using block = mn::chain<mn::conv<4>, mn::batch_norm>;
    using low_block = mn::chain<mn::conv<4, mn::minw<2, 1>>, mn::batch_norm>;
    struct real_graph : mn::model<mn::image<2, 6, 6>, block, mn::repeat<2, mn::residual<block>>,
                                  mn::residual<block, block>, mn::concatenated<block>, mn::dense<3>> {};
    struct low_graph
        : mn::model<mn::image<2, 6, 6>, block, mn::repeat<2, mn::residual<low_block, mn::chain<>, mn::integer<8>>>,
                    mn::residual<low_block, low_block>, mn::concatenated<low_block>, mn::dense<3, mn::minw<2, 2>>> {};
    mn::network<real_graph> from{mn::seed{1}}, back{mn::seed{2}};
    mn::network<low_graph> to{mn::seed{3}};
    mn::copy_weights(from, to);
    mn::copy_weights(to, back);
    CHECK(mn::logits(back, images_for_copies(5)) == mn::logits(from, images_for_copies(5)));
    const auto& copied = to.layer<"2.shortcut.0">().weights();
    CHECK(copied == from.layer<"2.shortcut.0">().weights());
  }

  TEST_CASE("what only one network has, and other shapes, are refused by path") {
    using namespace mn;
    struct base : model<image<2, 6, 6>, conv<4>, batch_norm, dense<3>> {};
    struct biased : model<image<2, 6, 6>, conv<4>, batch_norm, dense<3>, mn::bias> {};
    struct plain : model<image<2, 6, 6>, conv<4>, relu, dense<3>> {};
    struct chained : model<image<2, 6, 6>, chain<conv<4>, batch_norm>, relu, dense<3>> {};
    struct wide : model<image<2, 6, 6>, conv<8>, batch_norm, dense<3>> {};
    struct flat_window : model<image<2, 6, 6>, conv<4, real, kernel<1, 9>>, batch_norm, dense<3>> {};
    struct other_map : model<image<1, 12, 6>, dense<3>> {};
    struct map : model<image<2, 6, 6>, dense<3>> {};
    struct one_norm : model<features<3>, batch_norm> {};
    struct two_norm : model<features<4>, batch_norm> {};
    CHECK_EQ(refusal<base, base>(), "");
    CHECK_EQ(refusal<base, biased>(),
             "copy_weights: layer 3: expected the array 'bias' in both networks, found it only in the one that is "
             "copied to");
    CHECK_EQ(refusal<biased, base>(),
             "copy_weights: layer 3: expected the array 'bias' in both networks, found it only in the one that is "
             "copied from");
    CHECK_EQ(refusal<plain, base>(),
             "copy_weights: layer 1: expected the array 'beta' in both networks, found it only in the one that is "
             "copied to");
    CHECK_EQ(refusal<base, chained>(),
             "copy_weights: layer 0.0: expected the array 'weights' in both networks, found it only in the one that is "
             "copied to");
    CHECK_EQ(refusal<base, wide>(), "copy_weights: layer 0: expected (8, 3, 3, 2) weights, found (4, 3, 3, 2)");
    CHECK_EQ(refusal<base, flat_window>(), "copy_weights: layer 0: expected (4, 1, 9, 2) weights, found (4, 3, 3, 2)");
    CHECK_EQ(refusal<map, other_map>(), "copy_weights: layer 0: expected (3, 12, 6, 1) weights, found (3, 6, 6, 2)");
    CHECK_EQ(refusal<one_norm, two_norm>(), "copy_weights: layer 0: expected 4 numbers in 'beta', found 3");
  }

  TEST_CASE("layers that are left out keep their weights, and may differ or be in one network alone") {
    using namespace mn;
    struct of_ten : model<image<2, 6, 6>, chain<conv<4>, batch_norm>, relu, conv<3, real, groups<1>>,
                          chain<dense<10>, mn::bias>> {};
    struct of_two : model<image<2, 6, 6>, chain<conv<4>, batch_norm>, relu, conv<3, real, groups<1>>, chain<dense<2>>> {
    };
    mn::network<of_ten> from{mn::seed{1}};
    mn::network<of_two> to{mn::seed{2}};
    const auto given = arrays_of(from), before = arrays_of(to);
    mn::copy_weights(from, to, {.except = {"3"}});
    const auto after = arrays_of(to);
    CHECK_EQ(after.size(), before.size());
    for (const auto& array : after) {
      const std::string& name = array.first;
      CAPTURE(name);
      CHECK(array.second == (name.starts_with("3") ? before : given).at(name));
    }
    // Excluding the parts of chain 3 one by one gives the same result as excluding the chain.
    mn::network<of_two> again{mn::seed{2}};
    mn::copy_weights(from, again, {.except = {"3.0", "3.1"}});
    CHECK(arrays_of(again) == after);
    // Layer 1 is not part of layer 10, and 3.1 is not part of 3.10.
    CHECK(!mn::detail::is_part_of("10", "1"));
    CHECK(!mn::detail::is_part_of("3.10", "3.1"));
    CHECK(mn::detail::is_part_of("3.1.0", "3.1"));
  }

  TEST_CASE("a layer in the middle of one model may be left out; its quantized network is to be settled") {
    mn::network<low_net, mn::aqe> from{mn::seed{1}};
    (void)mn::fit(from, images_for_copies(30), mn::adam{.rate = 1e-2f}, mn::constant{1}, {.epochs = 1, .batch = 10});
    mn::network<low_net> to{mn::seed{2}};
    const auto first = to.layer<"0">().weights();
    mn::copy_weights(from, to, {.except = {"0"}});
    CHECK(to.layer<"0">().weights() == first);
    CHECK(to.layer<"4">().weights() == from.layer<"4">().weights());
    CHECK_THROWS_WITH_AS((void)mn::pack(to), doctest::Contains("call reestimate_batch_norm(net, data) first"),
                         mn::error);
  }

  TEST_CASE("a path to leave out that names nothing is refused, and what was not named is as well") {
    using namespace mn;
    struct of_ten : model<image<2, 6, 6>, conv<4>, relu, dense<10>, mn::bias> {};
    struct of_two : model<image<2, 6, 6>, conv<4>, relu, dense<2>, mn::bias> {};
    const auto refusal_without = [](std::vector<std::string> except) {
      mn::network<of_ten> from{mn::seed{1}};
      mn::network<of_two> to{mn::seed{2}};
      const auto before = arrays_of(to);
      std::string said;
      try {
        mn::copy_weights(from, to, {.except = std::move(except)});
      } catch (const mn::error& e) {
        said = e.what();
        CHECK(arrays_of(to) == before);
      }
      return said;
    };
    CHECK_EQ(refusal_without({"2", "3"}), "");
    CHECK_EQ(refusal_without({"2"}), "copy_weights: layer 3: expected 2 numbers in 'bias', found 10");
    CHECK_EQ(refusal_without({"3"}), "copy_weights: layer 2: expected (2, 6, 6, 4) weights, found (10, 6, 6, 4)");
    for (const char* path : {"1", "4", "", "2.0", "2."}) {
      CAPTURE(path);
      CHECK_EQ(refusal_without({"2", "3", path}),
               "copy_weights: except: expected the path of a layer with weights that no path before it names, found '" +
                   std::string(path) + "'");
    }
  }

  TEST_CASE("given states are copied between equal quantizers, and excluded or other quantizers keep theirs") {
    using given = net_of<mn::scheme<mn::given_affine<8>, mn::given_sign<mn::per_channel>>,
                         mn::scheme<mn::given_integer<-7, 7>, mn::given_integer<-127, 127>>>;
    using other = net_of<mn::scheme<mn::given_affine<8>, mn::given_sign<mn::per_channel>>,
                         mn::scheme<mn::given_integer<0, 15>, mn::given_integer<-127, 127>>>;
    mn::network<given> from;
    float next = 1;
    from.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
      if (name == "state")
        for (float& v : values) v = ++next;
    });
    mn::network<given, mn::aqe> all;
    mn::copy_weights(from, all);
    CHECK(arrays_of(all) == arrays_of(from));
    mn::network<other> some;
    mn::copy_weights(from, some, {.except = {"6"}});
    auto found = arrays_of(some), expected = arrays_of(from);
    for (const char* same_state : {"0:state", "0.inputs:state", "4:state"})
      CHECK(found.at(same_state) == expected.at(same_state));
    for (const char* own_state : {"4.inputs:state", "6.inputs:state", "6:state"})
      CHECK(found.at(own_state) == std::vector<float>{1});
  }
}
