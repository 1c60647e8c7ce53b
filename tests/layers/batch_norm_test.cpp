#include <minnow/layers/batch_norm.hpp>

#include <doctest/doctest.h>

using namespace minnow;

static_assert(layer<batch_norm>);
static_assert(batch_norm::output({3, 4, 5}) == shape{3, 4, 5});
static_assert(batch_norm::epsilon == 1e-5f && batch_norm::momentum == 0.1f, "PyTorch's");

TEST_SUITE("layers/batch_norm") {
  TEST_CASE("has a stable name") { CHECK(batch_norm::name().view() == "batch_norm"); }
}
