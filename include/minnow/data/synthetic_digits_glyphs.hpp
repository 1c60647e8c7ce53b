#pragma once

#include <cstdint>

namespace minnow::detail {

/// A point of a digit's outline, in a box that is 100 units high. The box's center is the origin; y points down.
struct glyph_point {
  std::int8_t x = 0;
  std::int8_t y = 0;
};

/// One movement of the pen, written as "line x,y x,y …" for a polyline, or "curve x,y x,y …" for a curve that follows
/// the polyline.
struct glyph_stroke {
  bool curved = false;
  int count = 0;
  glyph_point points[14] = {};

  constexpr glyph_stroke() = default;
  constexpr glyph_stroke(const char* plan) : curved(*plan == 'c') {
    while (*plan != '\0' && *plan != ' ') ++plan;
    while (*plan == ' ') {
      points[count].x = number(++plan);
      points[count++].y = number(++plan);
    }
  }

private:
  /// Reads a number and advances past it.
  static constexpr std::int8_t number(const char*& at) {
    const bool negative = *at == '-';
    if (negative) ++at;
    int value = 0;
    while (*at >= '0' && *at <= '9') value = 10 * value + (*at++ - '0');
    return static_cast<std::int8_t>(negative ? -value : value);
  }
};

/// One way of writing a digit: up to three strokes.
struct glyph {
  glyph_stroke strokes[3] = {};
};

inline constexpr int glyph_ways = 4;

/// The ten digits, each written in four ways.
// clang-format off
inline constexpr glyph digit_glyphs[10][glyph_ways] = {
    // Digit 0: a ring; a narrow ring; an egg that stays open; a ring that ends past its start
    {{"curve 4,-46 -26,-46 -34,0 -26,47 26,47 34,0 26,-46 2,-47 -6,-44"},
     {"curve 6,-46 -18,-44 -24,0 -18,48 20,47 24,0 16,-48 0,-45"},
     {"curve -2,-46 -30,-30 -36,20 -10,52 28,36 32,-8 18,-44 6,-44"},
     {"curve 14,-40 -14,-54 -36,-10 -26,44 10,54 36,10 28,-40 4,-48 -10,-36"}},
    // Digit 1: a bar; with a flag; with a flag and a foot; with a curved flag
    {{"line 0,-46 0,46"},
     {"line -20,-24 2,-46 2,46"},
     {"line -18,-28 0,-46 0,45", "line -20,45 20,45"},
     {"curve -24,-20 -4,-28 4,-46 4,-46", "line 4,-46 0,46"}},
    // Digit 2: with a flat foot; with a loop at the foot; with a wide bow; angular
    {{"curve -26,-24 -22,-48 26,-50 30,-10 0,14 -28,45", "line -28,45 30,44"},
     {"curve -26,-26 -18,-50 28,-48 28,-8 -2,28 -30,50 -34,24 -8,28 8,48 34,38"},
     {"curve -28,-34 0,-54 34,-40 26,0 -10,20 -26,44 -26,44", "curve -26,44 -4,36 10,52 32,42"},
     {"line -22,-38 8,-46 22,-26 -26,44 26,44"}},
    // Digit 3: round; with a flat top; with a deep notch; with a loop in the middle
    {{"curve -28,-34 -8,-52 30,-46 28,-6 -6,-3", "curve -6,-3 34,-4 34,46 -4,52 -30,34"},
     {"line -24,-45 24,-45 -4,-8", "curve -4,-8 32,-12 34,42 -2,52 -28,36"},
     {"curve -24,-40 4,-52 30,-34 18,-6 -12,-2 26,4 32,40 0,52 -30,40"},
     {"curve -26,-32 -14,-50 28,-48 24,-8 -8,4 -12,-8 20,-6 36,34 6,54 -30,38"}},
    // Digit 4: open; closed; open with a short bar; closed in one movement
    {{"line -20,-46 -28,10 30,10", "line 14,-20 12,46"},
     {"line 14,46 14,-46 -30,14 32,14"},
     {"curve -22,-42 -28,-10 -26,6 0,8 22,2", "line 22,-42 16,46"},
     {"curve 8,-46 -8,-20 -32,10 -6,14 32,10", "line 10,-46 12,46"}},
    // Digit 5: in two movements; angular; in one movement; with a small bowl
    {{"line 24,-45 -20,-45 -23,-6", "curve -23,-6 8,-20 36,2 28,46 0,52 -28,38"},
     {"line -16,-44 26,-46", "line -16,-44 -22,-4", "curve -22,-4 26,-16 38,30 8,54 -26,42"},
     {"curve 28,-44 0,-44 -20,-46 -20,-24 -24,-4 6,-14 32,-2 32,34 8,52 -16,48 -28,38"},
     {"line 22,-46 -14,-42 -18,2", "curve -18,2 22,-10 30,26 10,50 -24,44"}},
    // Digit 6: with a curved stem; with a straight stem; with an open belly; with a large belly
    {{"curve 20,-46 -18,-32 -34,18 -22,48 22,50 32,14 6,-6 -20,8 -26,26"},
     {"curve 6,-46 -16,-4 -28,30 -8,52 26,42 26,6 -4,2 -24,24"},
     {"curve 14,-48 -26,-24 -32,34 -4,52 28,40 26,8 2,2 -14,14"},
     {"curve 26,-38 2,-50 -30,-24 -34,24 -16,52 26,48 36,10 10,-12 -22,0 -30,18"}},
    // Digit 7: plain; with a bar; with a curved stem; with a hooked top
    {{"line -26,-45 26,-45 -6,46"},
     {"line -24,-45 26,-45 -4,46", "line -16,2 20,0"},
     {"line -26,-44 28,-46", "curve 28,-46 4,-10 -4,20 -4,46"},
     {"curve -28,-28 -26,-46 0,-42 28,-46 28,-46", "line 28,-46 -10,46"}},
    // Digit 8: in one movement; made of two rings; with a small head; slanting and open
    {{"curve 18,-40 -6,-54 -32,-36 -18,-8 20,4 32,34 4,54 -32,38 -22,6 16,-10 32,-34 12,-52 2,-48"},
     {"curve 2,-2 -26,-8 -24,-46 2,-48 26,-46 24,-8 4,-2 -2,-2", "curve 0,-2 -32,0 -32,48 2,48 34,48 32,0 4,-2 -2,-2"},
     {"curve 0,-12 -20,-14 -18,-46 2,-46 20,-46 18,-14 2,-12 0,-12",
      "curve 0,-12 -34,-4 -30,50 2,48 32,48 34,-6 4,-12 -2,-12"},
     {"curve 26,-38 2,-52 -28,-38 -20,-8 18,8 26,40 -2,54 -28,36 -14,4 14,-14 30,-42"}},
    // Digit 9: with a straight stem; with a curved tail; with an open head; short
    {{"curve 22,-30 4,-50 -28,-42 -28,-4 2,4 22,-16 24,-34 24,-38", "line 24,-40 20,46"},
     {"curve 24,-28 8,-52 -30,-44 -28,-2 10,4 26,-26 28,-34 30,10 18,46 -20,46"},
     {"curve 16,-42 -22,-50 -32,-12 -10,4 16,-10 22,-36", "line 22,-44 10,46"},
     {"curve 24,-26 6,-48 -24,-42 -26,-10 0,-4 22,-18 24,-30 24,-30", "curve 24,-34 24,0 14,26 -8,48"}},
};
// clang-format on

}  // namespace minnow::detail
