#include <minnow/train/trainable.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/layer.hpp>

using namespace minnow;

namespace {

struct without_backward {
  explicit without_backward(shape) {}
  void forward(const activations&, activations&, const pass&) {}
};

struct complete : without_backward {
  using without_backward::without_backward;
  void backward(const activations&, const activations&, const float*, float*, const pass&) {}
};

}  // namespace

static_assert(trainable_layer<complete>);
static_assert(!trainable_layer<without_backward>);
static_assert(!trainable_layer<int>);

TEST_SUITE("train/trainable") {
  TEST_CASE("activations count their numbers, and the rows of channels among them") {
    const activations a{nullptr, 7, {3, 4, 5}};
    CHECK(a.size() == 7 * 60);
    CHECK(a.rows() == 7 * 12);
    CHECK(a.scale == 1);
    CHECK(a.max_code == 0);
  }

  TEST_CASE("a pass evaluates the quantized network unless told otherwise") {
    const pass p;
    CHECK(p.mode == mode::evaluate);
    CHECK(p.alpha == 1);
    CHECK(p.requantize);
    CHECK(!p.training());
    CHECK(!pass{.mode = mode::reestimate}.training());
    CHECK(pass{.mode = mode::train}.training());
  }
}
