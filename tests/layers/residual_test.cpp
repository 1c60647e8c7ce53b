#include <minnow/layers/residual.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/model.hpp>

using namespace minnow;

namespace {

using unit = chain<conv<16, minw<1, 2>>, batch_norm>;

struct residuals : model<image<3, 8, 8>, unit, repeat<2, residual<unit>>,
                         residual<chain<conv<8, ternary<>, stride<2>>>,
                                  conv<8, ternary<>, kernel<1>, padding<0>, stride<2>>, integer<8>>,
                         relu> {};
struct dense_blocks : model<image<3, 8, 8>, dense_block<3, conv<5>>, batch_norm> {};
struct inside_each_other : model<features<4>, residual<residual<relu>>, concatenated<concatenated<bias>>> {};

/// A layer: its path, the layer whose result it reads, the second such layer if it has two inputs, and how many layers
/// read its result.
struct node {
  std::string path;
  int from;
  int second;
  int readers;
  friend bool operator==(const node&, const node&) = default;
};

template <class Model>
std::vector<node> nodes_of() {
  using f = layer_graph<Model>;
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<node>{{std::string(f::paths[I].view()), static_cast<int>(f::template from<I>),
                              static_cast<int>(f::template second<I>), f::readers(I)}...};
  }(std::make_index_sequence<f::count>{});
}

}  // namespace

TEST_SUITE("layers/residual") {
  TEST_CASE("a residual block forks its input; the sum has the block's path") {
    const std::vector<node> expected{
        {"0.0.inputs", -1, -1, 1}, {"0.0", 0, -1, 1},        {"0.1", 1, -1, 2}, {"1.0.body.0.inputs", 2, -1, 1},
        {"1.0.body.0", 3, -1, 1},  {"1.0.body.1", 4, -1, 1}, {"1.0", 5, 2, 2},  {"1.1.body.0.inputs", 6, -1, 1},
        {"1.1.body.0", 7, -1, 1},  {"1.1.body.1", 8, -1, 1}, {"1.1", 9, 6, 1},  {"2.carrier", 10, -1, 2},
        {"2.shortcut", 11, -1, 1}, {"2.body.0", 11, -1, 1},  {"2", 13, 12, 1},  {"3", 14, -1, 0},
    };
    CHECK(nodes_of<residuals>() == expected);
  }

  TEST_CASE("what a layer reads says its shape and its inputs' quantizer") {
    using f = layer_graph<residuals>;
    CHECK(f::in<12> == shape{8, 8, 16});
    CHECK(f::in<13> == shape{8, 8, 16});
    CHECK(f::in<14> == shape{4, 4, 8});
    CHECK(f::second_in<14> == shape{4, 4, 8});
    CHECK(f::output == shape{4, 4, 8});
    CHECK(std::is_same_v<f::inputs_of<12>, integer<8>>);
    CHECK(std::is_same_v<f::inputs_of<13>, integer<8>>);
    CHECK(std::is_same_v<f::inputs_of<14>, real>);
    CHECK(f::feeds_codes<11>);
    CHECK(f::feeds_codes<2>);
    CHECK_FALSE(f::feeds_codes<1>);
    CHECK_FALSE(f::feeds_codes<14>);
    CHECK(f::feeds_next<0>);
    CHECK_FALSE(f::feeds_next<2>);
    CHECK_FALSE(f::feeds_next<12>);
  }

  TEST_CASE("a dense block hands on its input and all that its layers made of it") {
    using f = layer_graph<dense_blocks>;
    CHECK(f::out<1> == shape{8, 8, 8});
    CHECK(f::in<2> == shape{8, 8, 8});
    CHECK(f::out<3> == shape{8, 8, 13});
    CHECK(f::output == shape{8, 8, 18});
    CHECK(f::paths[4].view() == "0.2.body");
    CHECK(f::paths[5].view() == "0.2");
  }

  TEST_CASE("blocks stand in blocks") {
    const std::vector<node> expected{
        {"0.body.body", -1, -1, 1}, {"0.body", 0, -1, 1}, {"0", 1, -1, 3},
        {"1.body.body", 2, -1, 1},  {"1.body", 3, 2, 1},  {"1", 4, 2, 0},
    };
    CHECK(nodes_of<inside_each_other>() == expected);
    CHECK(layer_graph<inside_each_other>::output == shape{1, 1, 12});
  }
}
