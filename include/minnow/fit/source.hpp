#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/fit/batches.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow::detail {

/// One rank's part of every batch: part `index` of `of` parts, whose sizes differ by at most one image.
struct share {
  int index = 0;
  int of = 1;

  /// Images first(count) … end(count) - 1 of a batch of `count` images belong to the part.
  [[nodiscard]] int first(int count) const noexcept { return static_cast<int>(std::int64_t{count} * index / of); }
  [[nodiscard]] int end(int count) const noexcept { return share{index + 1, of}.first(count); }
};

/// One pass over the images of a source.
struct epoch {
  random stream{};        ///< determines the order and the random changes of the images
  bool augments = false;  ///< true: the images get the random changes of training
  bool shuffles = true;
  int batch = 1;
  share part{};
  int first_step = 0;  ///< number of the first batch that is requested
};

/// Source of the images of a run.
class source {
public:
  virtual ~source() = default;

  /// Number of images in an epoch, over all ranks.
  [[nodiscard]] virtual int size() const = 0;
  /// Checks that the network can take the images and labels.
  ///
  /// throws  no images; images of another shape than the network's input; labels that are not classes of the network
  virtual void check(const network_base& net, const char* who) const = 0;
  /// Checksum that identifies the images and labels.
  [[nodiscard]] virtual std::uint64_t checksum() const = 0;
  /// Begins an epoch.
  virtual void begin(const epoch& of) = 0;
  /// Loads this rank's images of batch `step` of the epoch into each of the networks, and their labels into `of`.
  virtual void load(std::span<network_base* const> nets, int step, targets& of) = 0;

  /// Loads a batch, as `load` does, into one network.
  void into(network_base& net, int step, std::vector<int>& labels);
};

/// A data set in memory. Every rank holds all of it and reads its share of each batch.
template <class Element>
class dataset_source : public source {
public:
  /// changes  random changes of training images
  explicit dataset_source(const dataset<Element>& data, image_changes<Element> changes = {});
  explicit dataset_source(const dataset<Element>&& data, image_changes<Element> changes = {}) = delete;

  [[nodiscard]] int size() const override { return data_.size(); }
  void check(const network_base& net, const char* who) const override;
  [[nodiscard]] std::uint64_t checksum() const override;
  void begin(const epoch& of) override;
  void load(std::span<network_base* const> nets, int step, targets& of) override;

private:
  const dataset<Element>& data_;
  image_changes<Element> changes_;
  std::optional<batches<Element>> order_;
  int batch_ = 0;
  share part_;
};

/// The images on which a run measures the accuracy.
class validation_set {
public:
  virtual ~validation_set() = default;

  [[nodiscard]] virtual int size() const = 0;
  /// throws  like `source::check`
  virtual void check(const network_base& net, const char* who) const = 0;
  /// Number of images in [first, last) that are classified correctly.
  [[nodiscard]] virtual int count_correct(network_base& net, float alpha, bool requantize, int first,
                                          int last) const = 0;
};

template <class Element>
class validation_dataset : public validation_set {
public:
  explicit validation_dataset(const dataset<Element>& data) noexcept : data_(data) {}

  [[nodiscard]] int size() const override { return data_.size(); }
  void check(const network_base& net, const char* who) const override;
  [[nodiscard]] int count_correct(network_base& net, float alpha, bool requantize, int first, int last) const override;

private:
  const dataset<Element>& data_;
};

#if defined(MINNOW_COMPILED)
extern template class dataset_source<std::uint8_t>;
extern template class dataset_source<float>;
extern template class validation_dataset<std::uint8_t>;
extern template class validation_dataset<float>;
#endif

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/source.ipp>
#endif
