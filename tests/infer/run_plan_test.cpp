#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/infer/run_plan.hpp>

namespace minnow {
namespace {

constexpr std::size_t plan_stages = 7;
using random_needs = detail::run_needs<plan_stages>;
using random_plan = detail::run_plan<plan_stages>;

struct placed_buffer {
  std::size_t begin;
  std::size_t bytes;
};

/// Sizes of buffers of a graph in which each stage reads the map before it, and some maps are read again later.
random_needs draw_needs(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  random_needs n;
  for (std::size_t& bytes : n.maps) bytes = 1 + below(3) * 100 + below(2) * below(64);
  n.last_reader[plan_stages] = below(3) > 0 ? 0 : below(plan_stages);
  for (std::size_t s = 0; s < plan_stages; ++s) {
    n.last_reader[s] = s + 1;
    if (below(3) == 0) n.last_reader[s] += below(plan_stages - s);
    n.overwrites[s] = below(2) == 0 ? s : below(s + 1);
    if (n.overwrites[s] == s && below(4) == 0) n.overwrites[s] = plan_stages;
    detail::stage_memory& m = n.memory[s];
    for (std::size_t* bytes : {&m.floats[0], &m.floats[1], &m.floats[2], &m.sums, &m.waiting, &m.scratch})
      *bytes = below(2) * below(500);
  }
  return n;
}

/// The buffers that hold values at the same time: maps, and the buffers of a stage's product or of its float layers.
std::vector<placed_buffer> buffers_of(const random_needs& n, const random_plan& plan, std::size_t stage, bool product) {
  std::vector<placed_buffer> all;
  const bool in_place = n.overwrites[stage] != stage && plan.maps[stage] == plan.maps[n.overwrites[stage]] &&
                        n.last_reader[n.overwrites[stage]] == stage;
  for (std::size_t map = 0; map <= plan_stages; ++map) {
    const bool written = map == plan_stages || map <= stage;
    const bool given_up = in_place && map == n.overwrites[stage];
    if (written && n.last_reader[map] >= stage && !given_up) all.push_back({plan.maps[map], n.maps[map]});
  }
  const detail::stage_memory& at = plan.memory[stage];
  const detail::stage_memory& bytes = n.memory[stage];
  all.push_back({at.floats[0], bytes.floats[0]});
  if (product) {
    all.push_back({at.sums, bytes.sums});
    all.push_back({at.waiting, bytes.waiting});
    all.push_back({at.scratch, bytes.scratch});
  } else {
    all.push_back({at.floats[1], bytes.floats[1]});
    all.push_back({at.floats[2], bytes.floats[2]});
  }
  std::erase_if(all, [](const placed_buffer& b) { return b.bytes == 0; });
  return all;
}

TEST_SUITE("infer/run_plan") {
  TEST_CASE("buffers that hold values at the same time do not overlap, in random graphs") {
    std::mt19937 random(5);
    int places_taken = 0;
    for (int round = 0; round < 2000; ++round) {
      const random_needs n = draw_needs(random);
      const std::size_t margin = round % 2 == 0 ? 0 : 64;
      const std::size_t unit = round % 3 == 0 ? 64 : 4;
      const random_plan plan = detail::place_buffers(n, margin, unit);
      for (std::size_t stage = 0; stage < plan_stages; ++stage) {
        const std::size_t other = n.overwrites[stage];
        places_taken += other != stage && plan.maps[stage] == plan.maps[other] && n.last_reader[other] == stage;
        for (const bool product : {true, false}) {
          const std::vector<placed_buffer> all = buffers_of(n, plan, stage, product);
          for (std::size_t a = 0; a < all.size(); ++a) {
            CHECK(all[a].begin % unit == 0);
            CHECK(all[a].begin + all[a].bytes + margin <= plan.size);
            for (std::size_t b = a + 1; b < all.size(); ++b) {
              const auto& [low, high] = std::minmax(all[a], all[b], [](auto& l, auto& r) { return l.begin < r.begin; });
              INFO("round " << round << ", stage " << stage << ", buffers " << a << " and " << b);
              CHECK(low.begin + low.bytes + margin <= high.begin);
            }
          }
        }
      }
    }
    CHECK(places_taken > 100);
  }

  TEST_CASE("a chain needs the two largest neighboring maps, and a map that may be overwritten takes no memory") {
    detail::run_needs<3> chain;
    chain.maps = {40, 20, 8, 100};  // the last one is the image
    chain.last_reader = {1, 2, 3, 0};
    chain.overwrites = {0, 1, 2};
    const detail::run_plan<3> two_maps = detail::place_buffers(chain, 0, 4);
    CHECK(two_maps.size == 140);
    CHECK(two_maps.maps == std::array<std::size_t, 4>{100, 0, 20, 0});

    chain.maps = {100, 20, 8, 100};
    chain.overwrites = {3, 1, 2};
    const detail::run_plan<3> in_place = detail::place_buffers(chain, 0, 4);
    CHECK(in_place.size == 120);
    CHECK(in_place.maps[0] == in_place.maps[3]);

    chain.last_reader[3] = 1;  // the image is read again, so its place is not free
    CHECK(detail::place_buffers(chain, 0, 4).size == 220);
  }
}

}  // namespace
}  // namespace minnow
