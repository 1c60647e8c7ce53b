#pragma once

#include <minnow/fit/source.hpp>

#include <algorithm>
#include <span>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/files/container.hpp>
#include <minnow/train/evaluate.hpp>

namespace minnow::detail {

MINNOW_INLINE void source::into(network_base& net, int step, std::vector<int>& labels) {
  targets of;
  network_base* const nets[] = {&net};
  load(nets, step, of);
  labels = std::move(of.labels);
}

template <class Element>
dataset_source<Element>::dataset_source(const dataset<Element>& data, image_changes<Element> changes)
    : data_(data), changes_(std::move(changes)) {}

template <class Element>
void dataset_source<Element>::check(const network_base& net, const char* who) const {
  check_data(net, data_, who);
  check_labels(net, data_, who);
}

template <class Element>
std::uint64_t dataset_source<Element>::checksum() const {
  return crc32(std::as_bytes(std::span(data_.images)), crc32(std::as_bytes(std::span(data_.labels))));
}

template <class Element>
void dataset_source<Element>::begin(const epoch& of) {
  order_.emplace(data_, of.augments ? changes_ : image_changes<Element>{}, of.shuffles, of.stream);
  batch_ = of.batch;
  part_ = of.part;
}

template <class Element>
void dataset_source<Element>::load(std::span<network_base* const> nets, int step, targets& of) {
  const int first = step * batch_;
  const int count = std::min(batch_, size() - first);
  order_->into(nets, first + part_.first(count), part_.end(count) - part_.first(count), of);
}

template <class Element>
void validation_dataset<Element>::check(const network_base& net, const char* who) const {
  check_data(net, data_, who);
  check_labels(net, data_, who);
}

template <class Element>
int validation_dataset<Element>::count_correct(network_base& net, float alpha, bool requantize, int first,
                                               int last) const {
  return detail::count_correct(net, data_, alpha, requantize, first, last);
}

}  // namespace minnow::detail
