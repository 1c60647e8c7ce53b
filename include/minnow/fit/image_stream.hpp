#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/data/record_file.hpp>
#include <minnow/fit/fit.hpp>

namespace minnow {

/// Options of an `image_stream`.
struct stream_options {
  int window = 16384;         ///< number of records that are shuffled together, at least 1
  int prefetch = 2;           ///< number of batches that a thread prepares ahead, at least 1
  bool skip_corrupt = false;  ///< true: leaves out corrupt files, see `skipped`; false: a corrupt file is an error
};

/// Images in record files (shards), for data sets that do not fit in memory. `fit` accepts a stream in place of a data
/// set.
///
///   image_stream data({.dimensions = {32, 32, 3}, .classes = 10}, {"data_batch_1.bin", "data_batch_2.bin"});
///   fit(net, data, adam{}, linear{}, {.epochs = 10});
///
/// The files are not copied; the operating system caches the pages that are read. It is an error if a file changes
/// during training, or if the label of a record that is read is out of range. Each epoch reads every record once: it
/// shuffles the order of the files, then shuffles the records within windows of that order. With several ranks
/// (processes that share the run), each rank reads a contiguous part of that order, so two ranks share a file only
/// where their parts meet. For given options, the order depends only on the seed and the number of ranks. A thread
/// reads and augments the next batches in advance.
class image_stream : public detail::source {
public:
  /// Opens the files and reads all labels.
  ///
  /// throws  a file that cannot be read, whose size is not a multiple of the record size, or that has a label out of
  ///         range, unless `skip_corrupt` is true; an invalid format or invalid options; no records at all
  image_stream(record_format format, const std::vector<std::string>& files, stream_options options = {});
  image_stream(const image_stream&) = delete;
  image_stream& operator=(const image_stream&) = delete;
  MINNOW_INLINE ~image_stream() override;

  /// Error message of each file that was left out.
  [[nodiscard]] const std::vector<std::string>& skipped() const noexcept;

  /// Number of records in all files.
  [[nodiscard]] MINNOW_INLINE int size() const override;
  MINNOW_INLINE void check(const network_base& net, const char* who) const override;
  /// Checksum of the labels, in the order of the files.
  [[nodiscard]] MINNOW_INLINE std::uint64_t checksum() const override;

  /// Sets the random changes of training images. Called by `fit`.
  void set_changes(detail::image_changes<std::uint8_t> changes);

  /// throws  a batch below 1, an invalid share, a first step outside the epoch
  MINNOW_INLINE void begin(const detail::epoch& of) override;
  MINNOW_INLINE void load(std::span<network_base* const> nets, int step, detail::targets& of) override;

private:
  class reader;
  std::unique_ptr<reader> reader_;
};

/// Overload of `fit` that trains on an image stream.
template <class Model, class Weights, class Inputs, optimizer Optimizer, schedule Schedule,
          class Observer = detail::no_observer>
history fit(network<Model, Weights, Inputs>& net, image_stream& data, Optimizer optimizer, const Schedule& alpha_at,
            const fit_options<std::uint8_t>& options = {}, Observer observer = {}) {
  data.set_changes({options.augmentation, options.augment});
  return detail::fit_from<std::uint8_t>(net, data, std::move(optimizer), alpha_at, options, observer);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/image_stream.ipp>
#endif
