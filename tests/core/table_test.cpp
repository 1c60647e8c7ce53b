#include <minnow/core/table.hpp>

#include <doctest/doctest.h>

using namespace minnow;

TEST_SUITE("core/table") {
  TEST_CASE("columns are as wide as their widest text, the first ones to the left and the rest to the right") {
    detail::table t(1);
    t.add({"layer", "bytes"});
    t.add({"a", "7"});
    t.add({"longer", "1,234"});
    CHECK(t.print() ==
          "layer   bytes\n"
          "a           7\n"
          "longer  1,234\n");
  }

  TEST_CASE("no line ends in spaces, and rows may be shorter than others") {
    detail::table t(2);
    t.add({"a", "bcd", "3"});
    t.add({"x"});
    t.add({"y", "", ""});
    t.add({"long", "b", ""});
    CHECK(t.print() ==
          "a     bcd  3\n"
          "x\n"
          "y\n"
          "long  b\n");
  }

  TEST_CASE("an empty table prints nothing, an empty row an empty line") {
    detail::table t(1);
    CHECK(t.print() == "");
    t.add({});
    CHECK(t.print() == "\n");
  }

  TEST_CASE("thousands are parted by commas") {
    CHECK(detail::with_commas(0) == "0");
    CHECK(detail::with_commas(999) == "999");
    CHECK(detail::with_commas(1000) == "1,000");
    CHECK(detail::with_commas(1'234'567) == "1,234,567");
    CHECK(detail::with_commas(100'000) == "100,000");
  }

  TEST_CASE("extents are height x width x channels") { CHECK(detail::extent_text(2, 34, 5) == "2x34x5"); }
}
