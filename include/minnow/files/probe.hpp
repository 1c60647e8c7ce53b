#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/infer/trace.hpp>

/// The probe: a test run that detects wrong kernels. Its inputs are derived from the model's fingerprint, and its
/// answer, the integer sums of one layer, is stored in every file of a packed model. If the kernels of a processor or a
/// build are wrong, the answer differs.
namespace minnow::detail {

/// The stages that a model's probe runs, from `first` to `last`. A stage is a group of layers that run together
/// (infer/stage_plan.hpp). `first` is the first stage with integer sums. `last` is the last stage with integer sums
/// before the first float product, or before the first stage that reads a result computed before the input of `first`.
/// Float products are excluded because only integer sums are the same on every processor.
template <class Packed>
struct probe_plan {
  using model = typename Packed::model;
  template <std::size_t Stage>
  using stage_plan = minnow::detail::stage_plan<model, Stage>;

  static constexpr std::size_t first = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    std::size_t found = Packed::stages;
    ((found = found == Packed::stages && stage_plan<Stage>::integer_sums ? Stage : found), ...);
    return found;
  }(std::make_index_sequence<Packed::stages>{});

  template <std::size_t Stage>
  static constexpr bool reads_before_first() {
    // Results are numbered: the image is 0, and the result of stage s is s + 1.
    const auto place = [](std::size_t maker) { return maker == Packed::stages ? 0 : maker + 1; };
    return []<std::size_t... Index>([[maybe_unused]] auto at, std::index_sequence<Index...>) {
      const std::size_t given = at(stage_plan<first>::source);
      [[maybe_unused]] const auto op_reads_before = []<std::size_t Other>(auto& of, std::size_t from,
                                                                          std::integral_constant<std::size_t, Other>) {
        if constexpr (join_layer<typename stage_plan<Stage>::template op<Other>>)
          return of(stage_plan<Stage>::template second<Other>) < from;
        else return false;
      };
      return at(stage_plan<Stage>::source) < given ||
             (op_reads_before(at, given, std::integral_constant<std::size_t, Index>{}) || ...);
    }(place, typename stage_plan<Stage>::indices{});
  }

  static constexpr std::size_t last = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    std::size_t found = first;
    bool unbroken = true;
    ((unbroken = unbroken && (Stage < first || (!reads_before_first<Stage>() &&
                                                (stage_plan<Stage>::integer_sums || !stage_plan<Stage>::has_product))),
      found = Stage >= first && unbroken && stage_plan<Stage>::integer_sums ? Stage : found),
     ...);
    return found;
  }(std::make_index_sequence<Packed::stages>{});

  static constexpr bool exists = first < Packed::stages;
};

/// Draws the codes of the probe's input, with the model's fingerprint as seed.
///
/// all   all codes of the input's quantizer; empty if the input is pixels
[[nodiscard]] std::vector<std::int16_t> probe_codes(std::uint64_t fingerprint, std::size_t count,
                                                    std::span<const int> all);

/// Records the integer sums of one layer, without the padding between pixels.
struct probe_recorder final : trace {
  std::size_t recorded_layer;
  int width;
  int channels;
  std::vector<std::int32_t> answer{};

  probe_recorder(std::size_t layer, int w, int c) noexcept : recorded_layer(layer), width(w), channels(c) {}

  using trace::sums;
  void sums(std::size_t layer, int first_row, int last_row, const std::int32_t* sums) noexcept override;
};

/// Runs the probe and returns the integer sums of its last stage. The inputs are drawn at random, with the model's
/// fingerprint as seed.
template <class Packed>
std::vector<std::int32_t> probe_answer(const Packed& network) {
  using plan = probe_plan<Packed>;
  if constexpr (!plan::exists) {
    return {};
  } else {
    using from = typename plan::template stage_plan<plan::first>;
    using to = typename plan::template stage_plan<plan::last>;
    using operand = operand_of<typename from::inputs>;

    std::vector<std::int16_t> codes;
    if constexpr (operand::storage == encoding::pixel) {
      codes = probe_codes(Packed::layer_graph::fingerprint, index(from::in.size()), {});
    } else {
      static constexpr auto all = codes_of<typename from::inputs>();
      codes = probe_codes(Packed::layer_graph::fingerprint, index(from::in.size()), all);
    }
    std::vector<std::byte> map(kernels::input_bytes<operand::storage, operand::bits>(from::in));
    kernels::pack_inputs<operand::storage, operand::bits>(codes.data(), from::in.pixels(), from::in.channels,
                                                          map.data());
    probe_recorder record(to::begin, to::window.out.width, to::window.out.channels);
    std::vector<float> logits(index(Packed::classes));
    session<Packed>(network).template run_from<plan::first>(map, logits.data(), &record);
    return std::move(record.answer);
  }
}

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/probe.ipp>
#endif
