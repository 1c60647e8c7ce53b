// Fuzzes files of records of 7 bytes, and reads the batches of an epoch from them.
#include <minnow/fit/image_stream.hpp>

#include "fuzz.hpp"

namespace {

struct of_records : minnow::model<minnow::image<1, 2, 3>,
                                  minnow::dense<3, minnow::scheme<minnow::pixels, minnow::sign>>, minnow::batch_norm> {
};

}  // namespace

fuzz::outcome fuzz::fuzz_one(bytes input) {
  static minnow::network<of_records> net;
  minnow::status said;
  try {
    minnow::image_stream stream({.dimensions = {2, 3, 1}, .classes = 3}, {as_file(input)},
                                {.window = 5, .prefetch = 2});
    stream.check(net, "fuzz");
    stream.set_changes({.moves = {.crop = 1, .flip = true}});
    stream.begin({.stream = minnow::random(minnow::seed{1}), .augments = true, .batch = 4});
    minnow::detail::targets of;
    minnow::network_base* const nets[] = {&net};
    for (int step = 0; step * 4 < stream.size() && step < 8; ++step) {
      stream.load(nets, step, of);
      for (const int label : of.labels)
        if (label < 0 || label >= 3) std::abort();
    }
  } catch (const minnow::error& e) {
    said = minnow::status::failure("%s", e.what());
  }
  return {said, input.size() + 4096};
}
