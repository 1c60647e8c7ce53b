#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/exchange/safetensors.hpp>
#include <minnow/exchange/weights.hpp>
#include <minnow/system/within_memory.hpp>

/// Reads the weights of a network that was imported from another library (scripts/import). Needs nlohmann/json.
namespace minnow {

namespace detail {

/// Takes the tensors normalization.mean and normalization.stddev out of `from`, if there are any.
inline status take_normalization(tensors& from, int channels, normalization& to) {
  for (auto& [name, numbers] : {std::pair{"normalization.mean", &to.mean}, {"normalization.stddev", &to.stddev}}) {
    const auto found = from.find(std::string_view(name));
    if (found == from.end()) continue;
    *numbers = std::move(found->second.values);
    from.erase(found);
  }
  return to.check(channels, "normalization");
}

}  // namespace detail

/// Fills a network from a file of tensors: weights, batch norms, biases, thresholds, the states of the quantizers and,
/// if there are the tensors normalization.mean or normalization.stddev (C), the normalization of images. The network is
/// then ready to be packed, or to be trained further.
///
/// names    as for `load_weights`. An array `state` also has a name
/// options  {.states = false} for a network whose quantizers are measured here (scripts/import --scheme): the file then
///          holds the weights of a float network, which are to be calibrated and trained before packing
/// refuses  as `read_weights` with these options, and a normalization that `normalize` refuses; `net` is then unchanged
template <class Model, class Weights, class Inputs>
[[nodiscard]] status read_imported(const char* path, network<Model, Weights, Inputs>& net, const weight_names& names,
                                   weight_options options = {.states = true}) noexcept {
  return detail::within_memory(path, [&]() -> status {
    tensors from;
    if (status outcome = read_safetensors(path, from); !outcome) return outcome;
    normalization n;
    if (status outcome = detail::take_normalization(from, net.input().channels, n); !outcome) return outcome;
    if (status outcome = read_weights(from, net, names, options); !outcome) return outcome;
    net.normalize(std::move(n));
    return {};
  });
}

#if defined(__cpp_exceptions)

/// The throwing form of `read_imported`: load_imported(net, "net.safetensors", net_names); pack(net) then makes the
/// packed network.
///
/// throws  `error` if `read_imported` fails
template <class Model, class Weights, class Inputs>
void load_imported(network<Model, Weights, Inputs>& net, const std::string& path, const weight_names& names,
                   weight_options options = {.states = true}) {
  require(read_imported(path.c_str(), net, names, options));
}

/// Writes the tensors that `load_imported` reads.
///
/// throws  `error` if `write_weights` fails
template <class Model, class Weights, class Inputs>
[[nodiscard]] tensors export_imported(const network<Model, Weights, Inputs>& net, const weight_names& names) {
  tensors result = export_weights(net, names, {.states = true});
  const normalization n = net.input_normalization().of_channels(net.input().channels);
  result["normalization.mean"] = {{n.mean.size()}, n.mean};
  result["normalization.stddev"] = {{n.stddev.size()}, n.stddev};
  return result;
}

#endif

}  // namespace minnow
