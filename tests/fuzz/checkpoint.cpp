// Fuzzes checkpoints of one fixed run. The initial inputs (seeds.cpp) belong to the same run.
#include "checkpoint.hpp"

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  static minnow::network<minnow::test::in_fixed_point, minnow::aqe> net;
  const auto file = as_container(input);
  minnow::updater<minnow::adam> update(minnow::adam{});
  update.make_room(net);
  std::vector<double> position(position_numbers), epochs;
  const minnow::status said = minnow::detail::read_checkpoint(
      as_file(file), {net, facts, position, epochs, epoch_numbers, most_epochs, update.moments()});
  if (said.ok() ? epochs.size() % epoch_numbers != 0 : !epochs.empty()) std::abort();
  return {said, sizeof(float) * 4096 + input.size()};
}
