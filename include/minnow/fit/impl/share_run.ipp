#pragma once

#include <minnow/fit/share_run.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/files/checkpoint.hpp>
#include <minnow/files/container.hpp>

namespace minnow::detail {

template <class Element>
void broadcast(ranks& all, std::span<Element> values) {
  all.broadcast(std::as_writable_bytes(values));
}
/// Broadcasts rank 0's vector. It may have another length on the other ranks.
template <class Element>
void broadcast(ranks& all, std::vector<Element>& values) {
  std::size_t size = values.size();
  broadcast(all, std::span(&size, 1));
  values.resize(size);
  broadcast(all, std::span(values));
}

MINNOW_INLINE void share_run(ranks& all, network_base& net, updater_base& update, run_position& at) {
  numbers_of(at, [&](auto& number) { broadcast(all, std::span(&number, 1)); });
  broadcast(all, at.epochs);
  normalization input = net.input_normalization();
  broadcast(all, input.mean);
  broadcast(all, input.stddev);
  net.normalize(std::move(input));
  net.checkpoint_arrays([&](std::string_view, std::string_view, std::span<float> values) { broadcast(all, values); });
  if (at.step == 0) return;
  if (all.rank() != 0) update.make_room(net);
  for (std::vector<float>& moments : update.moments()) broadcast(all, std::span(moments));
  update.went_on(at.step, at.rate);
}

MINNOW_INLINE void check_ranks(ranks& all, const network_base& net, std::vector<run_fact> facts, int images,
                               int batch) {
  facts.push_back({"network", net.fingerprint()});
  for (const run_fact& f : facts) {
    const double value = crc32(std::as_bytes(std::span(&f.value, 1)));
    const double largest = all.largest(value), smallest = -all.largest(-value);
    if (largest != smallest)
      require(status::failure("fit: expected the same %s on all ranks, found different ones", f.name));
  }
  const int rest = images % batch, fewest = rest > 0 ? rest : batch;
  if (fewest < all.size())
    require(
        status::failure("fit: expected at least %d images in each batch, one for every rank, found %d in the last (%d "
                        "images in batches "
                        "of %d): choose another batch",
                        all.size(), fewest, images, batch));
}

}  // namespace minnow::detail
