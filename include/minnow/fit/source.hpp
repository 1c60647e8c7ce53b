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

/// Part `index` of `of` of every batch: a rank's. Parts differ by one image at most.
struct share {
  int index = 0;
  int of = 1;

  /// Its places in a batch of `count` images: from first(count), below end(count).
  [[nodiscard]] int first(int count) const noexcept { return static_cast<int>(std::int64_t{count} * index / of); }
  [[nodiscard]] int end(int count) const noexcept { return share{index + 1, of}.first(count); }
};

/// Where the images of a run come from.
template <class Element>
class source {
public:
  virtual ~source() = default;

  /// Images of an epoch, of all ranks together.
  [[nodiscard]] virtual int size() const = 0;
  /// throws  where there are no images, or of another shape than the network's, or with labels that it has not
  virtual void check(const untyped_network& net, const char* who) const = 0;
  /// Of all images and labels.
  [[nodiscard]] virtual std::uint64_t checksum() const = 0;
  /// Begins an epoch whose order and changes of images come from `stream`; batches are asked for from number first_step on.
  virtual void begin(random stream, image_changes<Element> changes, bool shuffle, int batch, share s,
                     int first_step) = 0;
  /// Puts this share's images of batch `step` of the epoch into the network, their labels into `labels`.
  virtual void into(untyped_network& net, int step, std::vector<int>& labels) = 0;
};

/// A data set in memory. Every rank holds all of it and reads its share of each batch.
template <class Element>
class dataset_source : public source<Element> {
public:
  explicit dataset_source(const dataset<Element>& data) noexcept : data_(data) {}
  explicit dataset_source(const dataset<Element>&& data) = delete;

  [[nodiscard]] int size() const override { return data_.size(); }
  void check(const untyped_network& net, const char* who) const override {
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
  void into(untyped_network& net, int step, std::vector<int>& labels) override {
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
