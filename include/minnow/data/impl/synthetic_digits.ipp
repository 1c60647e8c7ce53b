#pragma once

#include <minnow/data/synthetic_digits.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/data/synthetic_digits_glyphs.hpp>

namespace minnow {

namespace detail {

/// Draws one digit. Each object draws only once. All arithmetic uses integers, so that the pixels do not depend on how
/// a compiler optimizes float operations or on a library's sine.
///
/// Lengths are in grains, 64 per pixel; the center of pixel i is at 64 · i. Factors are fixed-point numbers in units of
/// 1/1024.
class digit_pen {
public:
  static constexpr int side = 28;
  static constexpr std::size_t pixels = 784;

  explicit digit_pen(random numbers) noexcept : numbers_(numbers) {}

  void draw(int digit, std::span<std::uint8_t, pixels> image) noexcept {
    const glyph& way = digit_glyphs[digit][numbers_.below(glyph_ways)];
    const int radius = between(42, 92);
    hold();
    for (std::size_t i = 0; i < paths_.size(); ++i)
      if (way.strokes[i].count > 0) paths_[i] = trace(way.strokes[i]);
    place();
    for (const path& p : paths_) stroke(p, radius + between(-8, 8), full);
    if (numbers_.below(4) == 0) clutter(radius);
    print(image);
  }

private:
  static constexpr int grain = 64;
  static constexpr int full = 255;

  struct point {
    int x = 0;
    int y = 0;
  };

  /// A polyline. `trace` cuts the corners of a curve twice, and each cut doubles the number of points: at most 14
  /// points become at most 56.
  struct path {
    int size = 0;
    std::array<point, 56> points;

    void add(point p) noexcept { points[index(size++)] = p; }
  };

  /// Returns a uniform random number from low to high, inclusive.
  int between(int low, int high) noexcept { return low + numbers_.below(high - low + 1); }

  /// Chooses the size, slant, bend and rotation of the whole digit.
  ///
  /// With t = tan(angle / 2), cos = (1 - t²) / (1 + t²) and sin = 2t / (1 + t²). Integer arithmetic computes these
  /// quotients identically on every platform.
  void hold() noexcept {
    const int t = between(-130, 130);  // ± 14 degrees
    const int norm = 1024 * 1024 + t * t;
    cosine_ = static_cast<int>((std::int64_t{1024} * 1024 * 1024 - std::int64_t{1024} * t * t) / norm);
    sine_ = static_cast<int>(std::int64_t{2} * 1024 * 1024 * t / norm);
    height_ = between(9900, 15200);  // size of a unit in 1/1024 grain: 92 units are 14 to 21 pixels
    width_ = height_ * between(650, 1100) / 1024;
    slant_ = between(-280, 280);
    bend_ = between(-40, 40);
  }

  /// Converts the units of a digit's outline to grains (1/64 pixel) around the origin.
  point transform(point unit) const noexcept {
    const int y = unit.y * height_ / 1024;
    const int x = unit.x * width_ / 1024 + y * slant_ / 1024 + unit.y * unit.y * bend_ / 1024;
    return {(x * cosine_ - y * sine_) / 1024, (x * sine_ + y * cosine_) / 1024};
  }

  /// Converts a stroke to a path. Each point is moved at random, as if drawn by an unsteady hand. Curves are then
  /// smoothed by cutting the corners twice (Chaikin), which approximates the quadratic spline of the points.
  path trace(const glyph_stroke& plan) noexcept {
    path line;
    for (int i = 0; i < plan.count; ++i) {
      const glyph_point p = plan.points[i];
      // Here and below, braced initializers fix the order in which random numbers are drawn: they are evaluated from
      // left to right, whereas the arguments of a call may be evaluated in any order.
      line.add(transform({p.x + between(-5, 5), p.y + between(-5, 5)}));
    }
    for (int round = 0; plan.curved && round < 2; ++round) {
      path cut;
      cut.add(line.points[0]);
      for (std::size_t i = 1; i < index(line.size); ++i) {
        const point a = line.points[i - 1];
        const point b = line.points[i];
        cut.add({(3 * a.x + b.x) / 4, (3 * a.y + b.y) / 4});
        cut.add({(a.x + 3 * b.x) / 4, (a.y + 3 * b.y) / 4});
      }
      cut.add(line.points[index(line.size - 1)]);
      line = cut;
    }
    return line;
  }

  /// Shifts the digit to a random position within the image.
  void place() noexcept {
    point low{1 << 20, 1 << 20};
    point high{-(1 << 20), -(1 << 20)};
    for (const path& p : paths_)
      for (int i = 0; i < p.size; ++i) {
        const point at = p.points[index(i)];
        low = {std::min(low.x, at.x), std::min(low.y, at.y)};
        high = {std::max(high.x, at.x), std::max(high.y, at.y)};
      }
    const point by{offset(low.x, high.x), offset(low.y, high.y)};
    for (path& p : paths_)
      for (point& at : p.points) at = {at.x + by.x, at.y + by.y};
  }

  int offset(int low, int high) noexcept {
    constexpr int first = 2 * grain;
    constexpr int last = (side - 3) * grain;
    const int middle = (first + last - low - high) / 2;
    const int room = (std::clamp)((last - first - (high - low)) / 2, 0, 11 * grain / 4);
    return middle + between(-room, room);
  }

  /// Moves a round brush along a path, in steps of at most half a pixel.
  void stroke(const path& line, int radius, int ink) noexcept {
    for (std::size_t i = 1; i < index(line.size); ++i) {
      const point a = line.points[i - 1];
      const point b = line.points[i];
      const int steps = std::max(std::abs(b.x - a.x), std::abs(b.y - a.y)) / (grain / 2) + 1;
      for (int step = 0; step <= steps; ++step)
        stamp({a.x + (b.x - a.x) * step / steps, a.y + (b.y - a.y) * step / steps}, radius, ink);
    }
  }

  /// Covers the pixels within the radius. Across a border one pixel wide, the coverage falls linearly with the squared
  /// distance, so that no square root is needed.
  void stamp(point at, int radius, int ink) noexcept {
    const int outer = radius + grain / 2;
    const int inner = std::max(radius - grain / 2, 0);
    const int gain = (full << 16) / (outer * outer - inner * inner);
    const auto first = [&](int middle) { return std::max((middle - outer + grain - 1) / grain, 0); };
    const auto last = [&](int middle) { return std::min((middle + outer) / grain, side - 1); };
    for (int y = first(at.y); y <= last(at.y); ++y) {
      const int down = y * grain - at.y;
      int* row = cover_.data() + std::ptrdiff_t{side} * y;
      for (int x = first(at.x); x <= last(at.x); ++x) {
        const int across = x * grain - at.x;
        int& cover = row[x];
        cover = std::max(cover, std::min((outer * outer - down * down - across * across) * gain >> 16, ink));
      }
    }
  }

  /// Draws a short line that belongs to no digit, somewhere in the image.
  void clutter(int radius) noexcept {
    path line;
    const point from{between(0, (side - 1) * grain), between(0, (side - 1) * grain)};
    line.add(from);
    line.add({from.x + between(-6 * grain, 6 * grain), from.y + between(-6 * grain, 6 * grain)});
    stroke(line, radius * 3 / 4, between(100, full));
  }

  /// Writes the image: ink on paper, both of random strength, plus noise. Each random number gives eight bytes of
  /// noise.
  void print(std::span<std::uint8_t, pixels> image) noexcept {
    const int paper = between(0, 50);
    const int ink = between(150, 255) - paper;
    const int noise = between(8, 72);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
      if (i % 8 == 0) bytes = numbers_.next();
      const int deviation = static_cast<int>(bytes & 255) - 128;
      bytes >>= 8;
      image[i] =
          static_cast<std::uint8_t>((std::clamp)(paper + cover_[i] * ink / full + deviation * noise / 128, 0, 255));
    }
  }

  random numbers_;
  int cosine_ = 0, sine_ = 0, height_ = 0, width_ = 0, slant_ = 0, bend_ = 0;
  std::array<path, 3> paths_;
  std::array<int, pixels> cover_{};
};

}  // namespace detail

MINNOW_INLINE dataset<std::uint8_t> synthetic_digits(int count, seed s) {
  constexpr int side = detail::digit_pen::side;
  constexpr std::size_t pixels = detail::digit_pen::pixels;
  if (count < 1) require(status::failure("synthetic_digits: expected a count of 1 or more, found %d", count));
  dataset<std::uint8_t> result;
  result.dimensions = {side, side, 1};
  result.images.resize(index(count) * pixels);
  result.labels.resize(index(count));
  const random hands(s);
  const random orders = hands.stream(~std::uint64_t{0});
  std::array<int, 10> order{};
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    if (i % 10 == 0) {
      random numbers = orders.stream(i / 10);
      for (int k = 0; k < 10; ++k) order[index(k)] = k;
      for (int k = 9; k > 0; --k) std::swap(order[index(k)], order[index(numbers.below(k + 1))]);
    }
    result.labels[i] = order[i % 10];
    detail::digit_pen(hands.stream(i))
        .draw(result.labels[i], std::span(result.images).subspan(i * pixels).first<pixels>());
  }
  return result;
}

}  // namespace minnow
