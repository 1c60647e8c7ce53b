#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/text.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/files/container.hpp>
#include <minnow/files/file_section.hpp>
#include <minnow/files/model_difference.hpp>
#include <minnow/files/probe.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/stored_weights.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/system/within_memory.hpp>

/// Files of packed models. Sections: the mean and the standard deviation of each image channel (absent if the model
/// takes pixels), the sections of each stage (a group of layers that run together, see infer/stage_plan.hpp), from the
/// first stage to the last, and the answer of the probe, a test run (files/probe.hpp).
namespace minnow {

namespace detail {

/// The sections of a packed model's file, in file order.
struct packed_sections {
  std::vector<file_section> sections;
  /// For each section, the weights that own its bytes; null if the section holds no weights or the network is const.
  std::vector<stored_weights*> weights;

  void add(const file_section& section, stored_weights* owner = nullptr);

  /// Adds all sections of a network, which may be const. `input` and `answer` are the caller's memory for the
  /// normalization and the probe's answer. Does not check the numbers; check_packed_numbers does.
  template <class Packed>
  void add_all(Packed& network, normalization& input, std::span<std::int32_t> answer);
};

/// Visitor that adds the arrays of a stage as sections.
struct stage_sections {
  packed_sections& to;
  std::string_view path;    ///< path of the stage's first layer
  stored_weights* weights;  ///< null if the stage is const

  void operator()(std::string_view array, std::span<std::byte> bytes) const;
  void operator()(std::string_view array, std::span<const std::byte> bytes) const;
};

template <class Packed>
void packed_sections::add_all(Packed& network, normalization& input, std::span<std::int32_t> answer) {
  if constexpr (!Packed::layer_graph::takes_pixels) {
    add(file_section(std::as_writable_bytes(std::span(input.mean)), "", "mean"));
    add(file_section(std::as_writable_bytes(std::span(input.stddev)), "", "stddev"));
  }
  network.each_stage([&](auto, auto& stage) {
    using plan = typename std::remove_cvref_t<decltype(stage)>::plan;
    stored_weights* owner = nullptr;
    if constexpr (!std::is_const_v<Packed>) owner = &stage.weights;
    stage.sections(stage_sections{*this, Packed::layer_graph::paths[plan::begin].view(), owner});
  });
  add(file_section(std::as_writable_bytes(answer)));
}

/// True if the arrays of all layers of a const packed network can be visited.
template <class Packed>
inline constexpr bool lists_const_sections = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
  return (stage<Packed, Stage>::lists_const_sections && ...);
}(std::make_index_sequence<Packed::stages>{});

/// The type through which the arrays of a packed network are visited: const if possible.
template <class Packed>
using visited_packed = std::conditional_t<lists_const_sections<Packed>, const Packed, Packed>;

/// Destinations for the content of a packed model's file: the spans of its sections and the answer of the probe
/// (files/probe.hpp). For sections of weights, also records the owner.
struct packed_reading : packed_sections {
  std::vector<std::int32_t> answer;

  template <class Packed>
  explicit packed_reading(Packed& network) {
    using plan = probe_plan<Packed>;
    constexpr auto channels = index(Packed::layer_graph::input.channels);
    network.input = {std::vector<float>(channels), std::vector<float>(channels)};
    if constexpr (plan::exists) answer.resize(index(plan::template stage_plan<plan::last>::window.out.size()));
    network.each_stage([](auto, auto& stage) { stage.weights.detach(); });
    add_all(network, network.input, answer);
  }
};

/// Describes the first packed weight that the quantizer cannot produce: a NaN, an infinity, or a code beyond
/// `max_code`. Returns null if there is none.
///
/// storage, max_code   of the quantizer
[[nodiscard]] const char* unsound_weight(encoding storage, int max_code, std::span<const std::byte> weights) noexcept;

/// Keeps the first error that is found in a packed model's numbers.
struct packed_refusal {
  const char* name;             ///< begins the message
  std::span<const text> paths;  ///< paths of the model's layers
  std::size_t stage_begin = 0;  ///< first layer of the stage that is checked
  status said{};

  void operator()(const char* expected, const char* array, const char* found);
  /// Checks an array of floats of a layer.
  void operator()(std::size_t layer, std::string_view array, std::span<const float> values);
  void check_weights(encoding storage, int max_code, std::span<const std::byte> weights);
};

/// Checks the numbers of a packed model against the rules that every packed model satisfies. `Packed` may be const.
template <class Packed>
status check_packed_numbers(const char* name, Packed& network) {
  using layer_graph = typename Packed::layer_graph;
  packed_refusal refuse{name, layer_graph::paths};
  if constexpr (!layer_graph::takes_pixels) refuse.said = network.input.check(layer_graph::input.channels, name);
  network.each_stage([&](auto, auto& stage) {
    using plan = typename std::remove_cvref_t<decltype(stage)>::plan;
    refuse.stage_begin = plan::begin;
    if constexpr (plan::has_product)
      refuse.check_weights(plan::weights::storage, plan::weights::max_code,
                           {std::as_const(stage.weights).data(), stage.weights.size()});
    stage.floats_of_layers(refuse);
    stage.constants.check(refuse);
  });
  return refuse.said;
}

/// Compares the answer of a model's probe, a test run, with the answer in its file. `arch` is the name of the kernels'
/// architecture, for the message.
[[nodiscard]] status check_answer(const char* name, const char* arch, std::span<const std::int32_t> found,
                                  std::span<const std::int32_t> expected) noexcept;

/// Type-erased packed network that a reader fills.
struct packed_target {
  void* network;
  std::uint64_t fingerprint;
  layer_namer* layer_name;
  packed_reading (*sections)(void* network);
  /// Chooses the arrays that the network's ends read: false for this version's, true for version 0.1's. Returns true if
  /// an end has arrays of version 0.1.
  bool (*select_first_arrays)(void* network, bool first);
  /// Checks the numbers after reading, and runs the probe: a test run whose answer the file holds.
  status (*check)(void* network, const char* name, std::span<const std::int32_t> answer);
};

template <class Packed>
packed_reading sections_of_packed(void* network) {
  return packed_reading(*static_cast<Packed*>(network));
}
template <class Packed>
status check_packed(void* network, const char* name, std::span<const std::int32_t> answer) {
  visited_packed<Packed>& visited = *static_cast<Packed*>(network);
  if (const status s = check_packed_numbers(name, visited); !s) return s;
  static_cast<Packed*>(network)->each_stage([](auto, auto& stage) {
    if constexpr (requires { stage.constants.derive(); }) stage.constants.derive();
  });
  return check_answer(name, kernels::arch_name<typename Packed::arch>(), probe_answer(*static_cast<Packed*>(network)),
                      answer);
}

template <class Packed>
bool select_first_arrays(void* network, bool first) {
  bool found = false;
  static_cast<Packed*>(network)->each_stage([&](auto, auto& stage) {
    if constexpr (requires { stage.constants.lists_integers; }) {
      stage.constants.lists_integers = first;
      found = true;
    }
  });
  return found;
}

template <class Packed>
[[nodiscard]] packed_target target_of(Packed& network) noexcept {
  return {&network,
          Packed::layer_graph::fingerprint,
          &layer_name_in<typename Packed::layer_graph>,
          &sections_of_packed<Packed>,
          &select_first_arrays<Packed>,
          &check_packed<Packed>};
}

[[nodiscard]] status read_packed(const char* path, const packed_target& to) noexcept;
[[nodiscard]] status read_packed(std::span<const std::byte> file, const char* name, const packed_target& to) noexcept;
[[nodiscard]] status read_packed_in_place(std::span<const std::byte> file, const char* name,
                                          const packed_target& to) noexcept;

/// Writes the sections of a packed model whose numbers were checked.
[[nodiscard]] status write_packed(const char* path, std::uint64_t fingerprint,
                                  std::span<const file_section> sections) noexcept;

}  // namespace detail

/// Writes a packed model.
///
/// refuses   numbers that `read` would refuse
template <class Model, class Arch>
[[nodiscard]] status write(const char* path, const packed<Model, Arch>& network) noexcept {
  return detail::within_memory(path, [&]() -> status {
    using packed_type = packed<Model, Arch>;
    using visited_type = detail::visited_packed<packed_type>;
    // The network is copied only if its arrays cannot be visited while it is const.
    std::conditional_t<std::is_const_v<visited_type>, visited_type&, visited_type> visited = network;
    if (const status s = detail::check_packed_numbers(path, visited); !s) return s;
    normalization input = network.input.of_channels(packed_type::layer_graph::input.channels);
    std::vector<std::int32_t> answer = detail::probe_answer(network);
    detail::packed_sections all;
    all.add_all(visited, input, answer);
    return detail::write_packed(path, packed_type::layer_graph::fingerprint, all.sections);
  });
}

/// Reads a packed model and runs its probe, a test run whose integer sums must equal the sums in the file.
///
/// returns  a failure if the file is missing, truncated, damaged or of another model, or if its probe gives another
///          answer; `network` must then not be used
template <class Model, class Arch>
[[nodiscard]] status read(const char* path, packed<Model, Arch>& network) noexcept {
  return detail::read_packed(path, detail::target_of(network));
}

/// Overload for the bytes of a file, which are copied; `name` begins the error messages.
template <class Model, class Arch>
[[nodiscard]] status read(std::span<const std::byte> file, const char* name, packed<Model, Arch>& network) noexcept {
  return detail::read_packed(file, name, detail::target_of(network));
}

/// Reads a packed model from the bytes of a file without copying the weights. Kernels read them in place, in a mapped
/// file or in a program's read-only data. Weights that do not begin at a multiple of 64 bytes are copied nevertheless,
/// and so are the last weights of a file if it ends less than 64 bytes after them.
///
/// requires  that the bytes outlive the network and its copies
template <class Model, class Arch>
[[nodiscard]] status read_in_place(std::span<const std::byte> file, const char* name,
                                   packed<Model, Arch>& network) noexcept {
  return detail::read_packed_in_place(file, name, detail::target_of(network));
}

/// Reads a packed model from the bytes of a file without copying its weights: load_in_place<packed<M>>(file.bytes(),
/// "model.mnw"). See read_in_place.
///
/// throws  if `read_in_place` fails
template <class Packed>
[[nodiscard]] Packed load_in_place(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load_in_place<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read_in_place(file, name, result));
    return result;
  }
}

/// Reads a packed model from the bytes of a file, which are copied: load<packed<M>>(bytes).
///
/// throws  if `read` fails
template <class Packed>
[[nodiscard]] Packed load(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read(file, name, result));
    return result;
  }
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/model_file.ipp>
#endif
