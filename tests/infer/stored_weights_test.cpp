#include <minnow/infer/stored_weights.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>

using namespace minnow;

TEST_SUITE("infer/stored_weights") {
  TEST_CASE("external weights are read where they are, and copied before they are written") {
    alignas(64) std::byte file[128] = {std::byte{1}, std::byte{2}, std::byte{3}};
    minnow::detail::stored_weights weights(3);
    CHECK(weights.can_lie_at(file, 128));
    CHECK_FALSE(weights.can_lie_at(file + 1, 127));
    CHECK_FALSE(weights.can_lie_at(file + 64, 64));
    weights.lie_at(file);
    CHECK(std::as_const(weights).data() == file);
    weights.data()[1] = std::byte{9};
    CHECK(std::as_const(weights).data() != file);
    CHECK(file[1] == std::byte{2});
    CHECK(weights.data()[0] == std::byte{1});
    CHECK(weights.data()[1] == std::byte{9});
    CHECK(weights.data()[2] == std::byte{3});
    weights.lie_at(file);
    weights.detach();
    CHECK(std::as_const(weights).data() != file);
    CHECK(weights.size() == 3);
  }
}
