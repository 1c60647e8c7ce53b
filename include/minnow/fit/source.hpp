#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <minnow/files/container.hpp>
#include <minnow/fit/batches.hpp>
#include <minnow/train/evaluate.hpp>

namespace minnow::detail {

/// Part `index` of `of` of every batch, for one rank. Parts differ by at most one image.
struct share {
  int index = 0;
  int of = 1;

  /// Range of its images in a batch of `count` images: from first(count), below end(count).
  [[nodiscard]] int first(int count) const noexcept { return static_cast<int>(std::int64_t{count} * index / of); }
  [[nodiscard]] int end(int count) const noexcept { return share{index + 1, of}.first(count); }
};

/// Source of the images of a run.
template <class Element>
class source {
public:
  virtual ~source() = default;

  /// Number of images in an epoch, over all ranks.
  [[nodiscard]] virtual int size() const = 0;
  /// Checks that the network can take the images and labels.
  ///
  /// throws  no images; images of another shape than the network's input; labels that are no class of the network
  virtual void check(const network_base& net, const char* who) const = 0;
  /// Checksum that identifies the images and labels.
  [[nodiscard]] virtual std::uint64_t checksum() const = 0;
  /// Begins an epoch. `stream` determines the order and the random changes of the images; batches are requested from
  /// number first_step on.
  virtual void begin(random stream, image_changes<Element> changes, bool shuffle, int batch, share s,
                     int first_step) = 0;
  /// Loads this share's images of batch `step` of the epoch into the network, and their labels into `labels`.
  virtual void into(network_base& net, int step, std::vector<int>& labels) = 0;
};

/// A data set in memory. Every rank holds all of it and reads its share of each batch.
template <class Element>
class dataset_source : public source<Element> {
public:
  explicit dataset_source(const dataset<Element>& data) noexcept : data_(data) {}
  explicit dataset_source(const dataset<Element>&& data) = delete;

  [[nodiscard]] int size() const override { return data_.size(); }
  void check(const network_base& net, const char* who) const override {
    check_data(net, data_, who);
    check_labels(net, data_, who);
  }
  [[nodiscard]] std::uint64_t checksum() const override {
    return crc32(std::as_bytes(std::span(data_.images)), crc32(std::as_bytes(std::span(data_.labels))));
  }
  void begin(random stream, image_changes<Element> changes, bool shuffle, int batch, share s,
             int /*first_step*/) override {
    order_.emplace(data_, std::move(changes), shuffle, stream);
    batch_ = batch;
    share_ = s;
  }
  void into(network_base& net, int step, std::vector<int>& labels) override {
    const int first = step * batch_;
    const int count = std::min(batch_, size() - first);
    order_->into(net, first + share_.first(count), share_.end(count) - share_.first(count), labels);
  }

private:
  const dataset<Element>& data_;
  std::optional<batches<Element>> order_;
  int batch_ = 0;
  share share_;
};

}  // namespace minnow::detail
