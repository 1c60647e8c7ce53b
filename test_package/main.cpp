// Trains a small network, packs it, saves it, loads it, and runs it.
#include <cstdio>
#include <vector>

#include <minnow/minnow.hpp>

namespace mn = minnow;

struct tiny : mn::model<mn::features<16>, mn::dense<64, mn::scheme<mn::real, mn::sign>>, mn::batch_norm,
                        mn::dense<2, mn::minw<1, 1>>, mn::batch_norm> {};

/// Returns random points. A point's label tells on which side of a plane the point is.
mn::dataset<float> points(int count, mn::seed seed) {
  mn::random draws(seed);
  mn::dataset<float> data{{1, 1, 16}, {}, {}};
  for (int n = 0; n < count; ++n) {
    float side = 0;
    for (int c = 0; c < 16; ++c) {
      data.images.push_back(draws.uniform(-1, 1));
      side += c % 2 == 0 ? data.images.back() : -data.images.back();
    }
    data.labels.push_back(side > 0 ? 1 : 0);
  }
  return data;
}

int main() {
  mn::network<tiny, mn::aqe> net{mn::seed{1}};
  mn::fit(net, points(2000, mn::seed{2}), mn::adam{.rate = 1e-2f}, mn::constant{0.5f}, {.epochs = 5});
  mn::save(mn::pack(net), "tiny.mnw");
  const double reached = mn::accuracy(mn::load<mn::packed<tiny>>("tiny.mnw"), points(500, mn::seed{3}));
  std::printf("minnow %d.%d.%d: accuracy %.3f\n", MINNOW_VERSION_MAJOR, MINNOW_VERSION_MINOR, MINNOW_VERSION_PATCH,
              reached);
  return reached > 0.8 ? 0 : 1;
}
