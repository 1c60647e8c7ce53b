#include <minnow/kernels/sink/erased_sink.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

using namespace minnow;

namespace {

/// Four numbers that replace a SIMD batch.
struct four {
  static constexpr std::size_t size = 4;
  std::int32_t lanes[size];
};
using doubled_counts = kernels::counts_of<2, four>;

/// One call of a sink: the pixel, the group of filters, and the sums that the sink received.
struct call {
  int y;
  int x;
  int channel;
  int filters;
  std::vector<std::int32_t> sums;

  bool operator==(const call&) const = default;
};

/// A sink that records its calls. Its panels receive counts and compute sum = base + Factor · count (see
/// sink/sink.hpp).
struct recorder {
  std::vector<call>* calls;

  template <int Factor, class Batch, std::size_t Vectors>
  struct panel_of {
    const recorder* sink;
    int channel;
    int filters;
    Batch base[Vectors];

    void put(int y, int x, const Batch (&found)[Vectors]) const noexcept {
      call c{y, x, channel, filters, {}};
      for (std::size_t v = 0; v < Vectors; ++v)
        for (std::size_t i = 0; i < Batch::size; ++i) c.sums.push_back(base[v].lanes[i] + Factor * found[v].lanes[i]);
      sink->calls->push_back(c);
    }
  };
  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    panel_of<Factor, Batch, Vectors> result{this, channel, filters, {}};
    for (std::size_t v = 0; v < Vectors; ++v) result.base[v] = base[v];
    return result;
  }
  void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
    calls->push_back({y, x, channel, filters, {sums, sums + filters}});
  }
};

/// An array of vectors whose lanes are numbered consecutively from `first`.
template <std::size_t Vectors>
struct numbered {
  four vectors[Vectors];

  explicit numbered(int first) {
    for (four& v : vectors)
      for (std::int32_t& lane : v.lanes) lane = first++;
  }
};

/// Passes a tile of three pixels to a sink, and then a single pixel. The tile has two arrays of vectors per pixel; the
/// panel receives only the first array.
template <std::size_t Blocks, class Sink>
void put_all(const Sink& sink) {
  constexpr std::size_t vectors = Blocks * doubled_counts::vectors;
  const auto panel = sink.template panel<2>(numbered<vectors>(100).vectors, 48, 11);
  const kernels::detail::cursor at[] = {{1, 2}, {1, 3}, {2, 0}};
  four tile[6][vectors];
  for (int i = 0; i < 6; ++i)
    for (std::size_t v = 0; v < vectors; ++v) tile[i][v] = numbered<vectors>(1000 * i).vectors[v];
  kernels::put_tile(panel, at, 3, tile, 2);
  panel.put(4, 5, numbered<vectors>(7).vectors);
}

}  // namespace

TEST_SUITE("kernels/sink/erased_sink") {
  TEST_CASE("panels of one and of two blocks do the same as the sink's own") {
    std::vector<call> direct, erased;
    const recorder to_direct{&direct}, to_erased{&erased};
    put_all<1>(to_direct);
    put_all<2>(to_direct);
    put_all<1>(kernels::erased_sink::of<doubled_counts>(to_erased));
    put_all<2>(kernels::erased_sink::of<doubled_counts>(to_erased));
    REQUIRE(direct.size() == 8);
    CHECK(direct == erased);
    CHECK(erased[1].y == 1);
    CHECK(erased[1].x == 3);
    CHECK(erased[1].channel == 48);
    CHECK(erased[1].filters == 11);
    CHECK(erased[1].sums.size() == 16);
    CHECK(erased[1].sums[5] == 100 + 5 + 2 * (2000 + 5));
  }

  TEST_CASE("plain sums reach the sink") {
    std::vector<call> calls;
    const recorder sink{&calls};
    const std::int32_t sums[] = {3, 1, 4, 1, 5};
    kernels::erased_sink::of<kernels::plain_sums>(sink).put(6, 7, 16, 5, sums);
    CHECK(calls == std::vector<call>{{6, 7, 16, 5, {3, 1, 4, 1, 5}}});
  }
}
