#pragma once

#include <minnow/exchange/weights.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/quoted.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/train/copy_weights.hpp>

namespace minnow::detail {

/// An array of a network and the tensor that it corresponds to.
///
/// Value  float, or const float for an array that is only read
template <class Value>
struct weight_place {
  std::string layer;
  std::string array;
  std::string tensor;
  std::span<Value> values;
  const weight_shape* product = nullptr;  ///< null: the array is one-dimensional in both libraries

  [[nodiscard]] std::vector<std::uint64_t> shape() const {
    if (product == nullptr) return {values.size()};
    const auto n = [](int extent) { return index(extent); };
    const auto& [height, width, channels] = product->window;
    if (product->flattens) return {n(product->filters), n(product->window.size())};
    if (product->of_signal) return {n(product->filters), n(channels), n(width)};
    return {n(product->filters), n(channels), n(height), n(width)};
  }
  [[nodiscard]] bool takes(std::vector<std::uint64_t> found) const {
    const bool one_row = product != nullptr && !product->flattens && product->window.height == 1;
    const auto without_row = [one_row, this](std::vector<std::uint64_t> extents) {
      if (product == nullptr && extents.empty()) extents = {1};
      if (one_row && extents.size() == 4 && extents[2] == 1) extents.erase(extents.begin() + 2);
      return extents;
    };
    return without_row(std::move(found)) == without_row(shape());
  }

  /// Calls visit(index in minnow's array, index in the tensor) for every number.
  template <class Visit>
  void each(Visit&& visit) const {
    const auto channels = index(product == nullptr ? 1 : product->window.channels);
    const auto pixels = product == nullptr ? values.size() : index(product->window.pixels());
    const std::size_t filters = values.size() / (pixels * channels);
    for (std::size_t f = 0; f < filters; ++f)
      for (std::size_t p = 0; p < pixels; ++p)
        for (std::size_t c = 0; c < channels; ++c)
          visit((f * pixels + p) * channels + c, (f * channels + c) * pixels + p);
  }
};

/// Returns PyTorch's name for an array of a module.
MINNOW_COLD std::string_view torch_name(std::string_view array) noexcept {
  constexpr std::pair<std::string_view, std::string_view> names[] = {{"weights", "weight"},
                                                                     {"gamma", "weight"},
                                                                     {"beta", "bias"},
                                                                     {"mean", "running_mean"},
                                                                     {"variance", "running_var"}};
  for (const auto& [ours, theirs] : names)
    if (ours == array) return theirs;
  return array;
}

/// Finds the tensor's name for every array of the network, and checks that every name in `names` belongs to an array.
template <class Value, class Network>
status find_places(Network& net, std::span<const weight_shape> products, const weight_names& names,
                   weight_options options, std::vector<weight_place<Value>>& places) {
  status outcome;
  std::set<std::string_view> taken;
  net.arrays([&](std::string_view path, std::string_view array, std::span<Value> values) {
    if (values.empty() || array == "stale_statistics" || (array == "state" && !options.states)) return;
    weight_place<Value> place{std::string(path), std::string(array), {}, values};
    if (const auto exact = names.find(place.layer + "." + place.array); exact != names.end()) {
      taken.insert(exact->first);
      place.tensor = exact->second;
    } else if (const auto module = names.find(path); module != names.end()) {
      taken.insert(module->first);
      place.tensor = module->second + "." + std::string(torch_name(array));
    } else {
      if (!options.allow_unnamed && outcome)
        outcome = status::failure(
            "layer %s: expected a name for its '%s' (of \"%s\" for the module, or of \"%s.%s\"), found none",
            place.layer.c_str(), place.array.c_str(), place.layer.c_str(), place.layer.c_str(), place.array.c_str());
      return;
    }
    if (has_weight_shape(array))
      for (const weight_shape& product : products)
        if (product.path == path) place.product = &product;
    places.push_back(std::move(place));
  });
  if (!outcome) return outcome;
  for (const auto& [ours, theirs] : names)
    if (!taken.contains(ours))
      return status::failure("names: expected the path of a layer with weights, or of one of its arrays, found %s",
                             in_quotes(ours).c_str());
  return {};
}

/// Returns true if a tensor is the batch counter of PyTorch's batch norm. PyTorch uses it only for averages without a
/// momentum.
MINNOW_COLD bool counts_batches(std::string_view tensor) noexcept { return tensor.ends_with(".num_batches_tracked"); }

/// Checks that every array finds its tensor, with sound numbers, and that every tensor is used.
MINNOW_COLD status check_places(const std::vector<weight_place<float>>& places, const tensors& from,
                                bool allow_unused) {
  std::set<std::string_view> used;
  for (const weight_place<float>& place : places) {
    const std::string who = in_quotes(place.tensor), tensor_name = "tensor " + who;
    const auto found = from.find(place.tensor);
    if (found == from.end())
      return missing_tensor(from, place.tensor, (" for '" + place.array + "' of layer " + place.layer).c_str());
    const tensor& t = found->second;
    if (!place.takes(t.shape) || t.values.size() != place.values.size())
      return status::failure("tensor %s: expected the shape %s for '%s' of layer %s, found %s of %zu numbers",
                             who.c_str(), text_of(place.shape()).c_str(), place.array.c_str(), place.layer.c_str(),
                             text_of(t.shape).c_str(), t.values.size());
    if (status outcome = check_numbers(tensor_name.c_str(), place.layer, place.array, t.values); !outcome)
      return outcome;
    used.insert(found->first);
  }
  const auto unused = [](const std::string& name) {
    return status::failure("tensor %s: expected an array of the network that takes it, found none in the names",
                           in_quotes(name).c_str());
  };
  for (const auto& [name, t] : from)
    if (!allow_unused && !used.contains(name) && !counts_batches(name)) return unused(name);
  for (const auto& [name, kind] : from.unreadable)
    if (!allow_unused && !counts_batches(name)) return unused(name);
  return {};
}

MINNOW_COLD void fill_places(const std::vector<weight_place<float>>& places, const tensors& from) {
  for (const weight_place<float>& place : places) {
    const std::vector<float>& values = from.find(place.tensor)->second.values;
    place.each([&](std::size_t here, std::size_t there) { place.values[here] = values[there]; });
  }
}

/// Writes the states first, and takes them back if one of them is outside its quantizer's bounds.
MINNOW_COLD status fill_states(std::span<const weight_place<float>> places, const tensors& from, network_base& net) {
  std::vector<weight_place<float>> states;
  std::vector<std::vector<float>> before;
  for (const weight_place<float>& place : places) {
    if (place.array != "state") continue;
    states.push_back(place);
    before.emplace_back(place.values.begin(), place.values.end());
  }
  fill_places(states, from);
  status outcome = net.check_states("weights");
  if (!outcome)
    for (std::size_t i = 0; i < states.size(); ++i) std::ranges::copy(before[i], states[i].values.begin());
  return outcome;
}

MINNOW_COLD status read_weights(const tensors& from, network_base& net, std::span<const weight_shape> products,
                                bool quantizes, const weight_names& names, weight_options options) noexcept {
  return within_memory("weights", [&]() -> status {
    std::vector<weight_place<float>> places;
    if (status outcome = find_places(net, products, names, options, places); !outcome) return outcome;
    if (status outcome = check_places(places, from, options.allow_unused); !outcome) return outcome;
    if (options.states) {
      if (status outcome = fill_states(places, from, net); !outcome) return outcome;
      fill_places(places, from);
      // Visiting the arrays drops the codes of the old weights. It also measures weights that could not be measured
      // before, so the states are written once more.
      net.arrays([](std::string_view, std::string_view, std::span<float>) {});
      fill_places(places, from);
    } else {
      fill_places(places, from);
      net.weights_replaced();
    }
    set_stale_statistics(net, quantizes && !options.states ? 1.0f : 0.0f);
    return {};
  });
}

MINNOW_COLD status write_weights(const network_base& net, std::span<const weight_shape> products,
                                 const weight_names& names, tensors& out, weight_options options) noexcept {
  return within_memory("weights", [&]() -> status {
    std::vector<weight_place<const float>> places;
    if (status outcome = find_places(net, products, names, options, places); !outcome) return outcome;
    tensors result;
    for (const weight_place<const float>& place : places) {
      const auto [at, added] = result.try_emplace(place.tensor);
      if (!added)
        return status::failure("tensor %s: expected one array of this name, found a second, '%s' of layer %s",
                               in_quotes(place.tensor).c_str(), place.array.c_str(), place.layer.c_str());
      if (status outcome = check_numbers("weights", place.layer, place.array, place.values); !outcome) return outcome;
      tensor& to = at->second;
      to.shape = place.shape();
      to.values.resize(place.values.size());
      place.each([&](std::size_t here, std::size_t there) { to.values[there] = place.values[here]; });
    }
    out = std::move(result);
    return {};
  });
}

}  // namespace minnow::detail
