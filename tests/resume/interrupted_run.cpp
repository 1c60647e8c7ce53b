// Trains a network, and resumes from its checkpoint if there is one. The script `kill` kills this program.
//
// usage: interrupted_run CHECKPOINT|none NETWORK       writes the trained network; prints the first step of this
// process

#include <cstdio>
#include <exception>
#include <string>

#include <minnow/data/synthetic_digits.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/model.hpp>
#include <minnow/schedule/linear.hpp>

namespace {

using namespace minnow;

struct digits : model<image<1, 28, 28>, conv<16, scheme<pixels, ternary<mean_threshold<>>>, stride<2>>, batch_norm,
                      relu, conv<24, scheme<integer<8>, integer<4, per_channel>>, stride<2>>, batch_norm,
                      dense<10, minw<2, 2>>, batch_norm> {};

}  // namespace

int main(int count, char** arguments) try {
  if (count != 3) return std::fprintf(stderr, "usage: interrupted_run CHECKPOINT|none NETWORK\n"), 2;
  const std::string checkpoint = arguments[1];
  network<digits, aqe> net{seed{1}};
  const auto data = synthetic_digits(1200, seed{2});
  const auto validation = synthetic_digits(100, seed{3});
  bool first = true;
  fit(net, data, adam{.rate = 2e-3f, .decay = cosine_rate{}}, linear{},
      {.epochs = 8,
       .batch = 24,
       .validation = &validation,
       .augmentation = {.crop = 2},
       .checkpoint = {.path = checkpoint == "none" ? "" : checkpoint, .every = 3, .resume = true}},
      [&](const event& e, auto&) {
        if (first) std::printf("from step %lld\n", e.step), std::fflush(stdout);
        first = false;
      });
  save(net, arguments[2]);
} catch (const std::exception& e) {
  std::fprintf(stderr, "interrupted_run: %s\n", e.what());
  return 1;
}
