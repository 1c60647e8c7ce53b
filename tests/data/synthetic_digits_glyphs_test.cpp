#include <minnow/data/synthetic_digits_glyphs.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using minnow::detail::digit_glyphs;
using minnow::detail::glyph;
using minnow::detail::glyph_point;
using minnow::detail::glyph_stroke;
using minnow::detail::glyph_ways;

namespace {

constexpr glyph_stroke line("line -20,-24 2,-46 0,127");
static_assert(!line.curved && line.count == 3);
static_assert(line.points[0].x == -20 && line.points[0].y == -24 && line.points[1].x == 2 && line.points[1].y == -46 &&
              line.points[2].x == 0 && line.points[2].y == 127);
constexpr glyph_stroke curve("curve 4,-46 -26,-46");
static_assert(curve.curved && curve.count == 2 && curve.points[1].x == -26);
static_assert(glyph_stroke().count == 0);

std::vector<glyph_point> points_of(const glyph& g) {
  std::vector<glyph_point> all;
  for (const glyph_stroke& s : g.strokes) all.insert(all.end(), s.points, s.points + s.count);
  return all;
}

/// Calls visit(glyph, name) for every glyph.
template <class Visit>
void for_each_glyph(Visit visit) {
  for (int digit = 0; digit < 10; ++digit)
    for (int way = 0; way < glyph_ways; ++way)
      visit(digit_glyphs[digit][way], std::to_string(digit) + ", way " + std::to_string(way));
}

}  // namespace

TEST_SUITE("data/synthetic_digits_glyphs") {
  TEST_CASE("every glyph has one to three strokes, without gaps, of two points or more") {
    for_each_glyph([](const glyph& g, const std::string& name) {
      CAPTURE(name);
      bool ended = false;
      for (const glyph_stroke& s : g.strokes) {
        CHECK(!(ended && s.count > 0));
        ended = ended || s.count == 0;
        CHECK((s.count == 0 || (s.count >= (s.curved ? 3 : 2) && s.count <= 14)));
      }
      CHECK(g.strokes[0].count > 0);
    });
  }

  TEST_CASE("every glyph fills the height of its box around the origin") {
    // The control points of a curve may be a little outside the box.
    for_each_glyph([](const glyph& g, const std::string& name) {
      CAPTURE(name);
      const auto points = points_of(g);
      const auto [top, bottom] =
          std::minmax_element(points.begin(), points.end(), [](glyph_point a, glyph_point b) { return a.y < b.y; });
      CHECK(top->y >= -56);
      CHECK(top->y <= -38);
      CHECK(bottom->y >= 38);
      CHECK(bottom->y <= 56);
      for (const glyph_point p : points) CHECK((p.x >= -40 && p.x <= 40));
    });
  }

  TEST_CASE("the four ways of a digit differ, and so do all digits") {
    std::vector<std::vector<int>> all;
    for_each_glyph([&](const glyph& g, const std::string&) {
      std::vector<int> numbers;
      for (const glyph_stroke& s : g.strokes) {
        numbers.push_back(s.curved ? 1 : 0);
        numbers.push_back(s.count);
      }
      for (const glyph_point p : points_of(g)) {
        numbers.push_back(p.x);
        numbers.push_back(p.y);
      }
      all.push_back(numbers);
    });
    REQUIRE(all.size() == 40);
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  }
}
