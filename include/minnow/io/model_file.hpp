#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/io/container.hpp>

/// Files of packed models. Sections: the mean and the deviation of each image channel (none with pixels), each stage's
/// in order, and the probe's answer.
namespace minnow {

namespace detail {

/// Which stages a model's probe runs through: from the first whose inputs are codes to the last of those behind it that
/// are integers throughout, since only these give the same answer on every processor, and that read nothing which was made
/// before the first.
template <class Packed>
struct probe_plan {
  using model = typename Packed::model;
  template <std::size_t S>
  using stage_plan = minnow::detail::stage_plan<model, S>;

  static constexpr std::size_t first = []<std::size_t... S>(std::index_sequence<S...>) {
    std::size_t found = Packed::stages;
    ((found = found == Packed::stages && stage_plan<S>::integer_sums ? S : found), ...);
    return found;
  }(std::make_index_sequence<Packed::stages>{});

  template <std::size_t S>
  static constexpr bool reads_before_first() {
    // Stages in order, behind the image.
    const auto place = [](std::size_t maker) { return maker == Packed::stages ? 0 : maker + 1; };
    return []<std::size_t... I>([[maybe_unused]] auto at, std::index_sequence<I...>) {
      const std::size_t given = at(stage_plan<first>::source);
      [[maybe_unused]] const auto op_reads_before = []<std::size_t J>(auto& of, std::size_t from, std::integral_constant<std::size_t, J>) {
        if constexpr (join_layer<typename stage_plan<S>::template op<J>>) return of(stage_plan<S>::template second<J>) < from;
        else return false;
      };
      return at(stage_plan<S>::source) < given || (op_reads_before(at, given, std::integral_constant<std::size_t, I>{}) || ...);
    }(place, typename stage_plan<S>::indices{});
  }

  static constexpr std::size_t last = []<std::size_t... S>(std::index_sequence<S...>) {
    std::size_t found = first;
    bool unbroken = true;
    ((unbroken = unbroken && (S < first || (!reads_before_first<S>() && (stage_plan<S>::integer_sums || !stage_plan<S>::has_product))),
      found = S >= first && unbroken && stage_plan<S>::integer_sums ? S : found),
     ...);
    return found;
  }(std::make_index_sequence<Packed::stages>{});

  static constexpr bool exists = first < Packed::stages;
};

/// The integer sums of the probe's last product, for inputs drawn from the model's fingerprint.
template <class Packed>
std::vector<std::int32_t> probe_answer(const Packed& network) noexcept {
  using plan = probe_plan<Packed>;
  if constexpr (!plan::exists) {
    return {};
  } else {
    using from = typename plan::template stage_plan<plan::first>;
    using to = typename plan::template stage_plan<plan::last>;
    using operand = operand_of<typename from::inputs>;

    random r(seed{Packed::flat::fingerprint});
    std::vector<kernels::code<operand::storage>> codes(static_cast<std::size_t>(from::in.size()));
    for (auto& code : codes) {
      if constexpr (operand::storage == encoding::pixel) {
        code = static_cast<std::int16_t>(2 * r.below(256) - 255);
      } else {
        constexpr auto all = codes_of<typename from::inputs>();
        code = static_cast<std::int16_t>(all[static_cast<std::size_t>(r.below(static_cast<int>(all.size())))]);
      }
    }
    std::vector<std::byte> map(kernels::input_bytes<operand::storage, operand::bits>(from::in));
    kernels::pack_inputs<operand::storage, operand::bits>(codes.data(), from::in.pixels(), from::in.channels, map.data());

    struct recorder final : trace {
      std::vector<std::int32_t> answer;
      void sums(std::size_t layer, int first_row, int last_row, const std::int32_t* sums) noexcept override {
        if (layer != to::begin) return;
        constexpr int channels = to::window.out.channels;
        for (int p = (last_row - first_row) * to::window.out.width; p > 0; --p, sums += kernels::sum_stride(channels))
          answer.insert(answer.end(), sums, sums + channels);
      }
    } record;
    std::vector<float> logits(static_cast<std::size_t>(Packed::classes));
    session<Packed>(network).template run_from<plan::first>(map, logits.data(), &record);
    return std::move(record.answer);
  }
}

/// The sections of a packed model; `mean`, `deviation` and `answer` are filled by the caller.
template <class Packed, class Visit>
void packed_sections(Packed& network, std::span<float> mean, std::span<float> deviation, std::span<std::int32_t> answer, Visit&& visit) {
  if constexpr (!Packed::flat::takes_pixels) {
    visit(std::as_writable_bytes(mean));
    visit(std::as_writable_bytes(deviation));
  }
  network.each_stage([&](auto, auto& stage) { stage.sections([&](std::string_view, std::span<std::byte> bytes) { visit(bytes); }); });
  visit(std::as_writable_bytes(answer));
}

}  // namespace detail

/// Writes a packed model.
template <class Model, class Arch>
[[nodiscard]] status write(const char* path, const packed<Model, Arch>& network) noexcept {
  using packed_type = packed<Model, Arch>;
  constexpr auto channels = static_cast<std::size_t>(packed_type::flat::input.channels);
  std::vector<float> mean = network.input.mean.empty() ? std::vector<float>(channels, 0.0f) : network.input.mean;
  std::vector<float> deviation = network.input.deviation.empty() ? std::vector<float>(channels, 1.0f) : network.input.deviation;
  std::vector<std::int32_t> answer = detail::probe_answer(network);
  std::vector<std::span<const std::byte>> sections;
  // Sections are spans that a reader fills; writing only looks at them.
  detail::packed_sections(const_cast<packed_type&>(network), mean, deviation, answer, [&](std::span<std::byte> s) { sections.emplace_back(s); });
  return write_container(path, file_kind::packed, packed_type::flat::fingerprint, sections);
}

namespace detail {

/// Reads a packed model with fill(fingerprint, sections), and runs its probe.
template <class Model, class Arch, class Fill>
status read_packed(const char* name, packed<Model, Arch>& network, Fill&& fill) noexcept {
  using packed_type = packed<Model, Arch>;
  using plan = probe_plan<packed_type>;
  constexpr auto channels = static_cast<std::size_t>(packed_type::flat::input.channels);
  network.input = {std::vector<float>(channels), std::vector<float>(channels)};
  std::vector<std::int32_t> answer;
  if constexpr (plan::exists) {
    answer.resize(static_cast<std::size_t>(plan::template stage_plan<plan::last>::window.out.size()));
  }
  std::vector<std::span<std::byte>> sections;
  packed_sections(network, network.input.mean, network.input.deviation, answer, [&](std::span<std::byte> s) { sections.push_back(s); });
  if (const status s = fill(packed_type::flat::fingerprint, sections); !s) return s;
  bool sound = true;
  network.each_stage([&](auto, auto& stage) {
    if constexpr (requires { stage.constants.sound(); }) sound = sound && stage.constants.sound();
  });
  if (!sound) return status::failure("%s: expected fixed-point constants whose products fit 64 bits, found larger ones", name);
  if (probe_answer(network) != answer)
    return status::failure("%s: the stored probe gives other sums than when the model was packed: expected the same on every processor; "
                           "this build's %s kernels or the file are wrong", name, kernels::arch_name<Arch>());
  return {};
}

}  // namespace detail

/// Reads a packed model, and runs its probe: the sums must be those that the writer had.
///
/// returns  a failure for a file that is missing, truncated, damaged, another model's, or whose probe answers differently;
///          `network` is then not to be used
template <class Model, class Arch>
[[nodiscard]] status read(const char* path, packed<Model, Arch>& network) noexcept {
  return detail::read_packed(path, network, [&](std::uint64_t fingerprint, std::span<const std::span<std::byte>> sections) {
    return read_container(path, file_kind::packed, fingerprint, sections);
  });
}

/// The same from the bytes of a file, which are copied; `name` stands in the sentences.
template <class Model, class Arch>
[[nodiscard]] status read(std::span<const std::byte> file, const char* name, packed<Model, Arch>& network) noexcept {
  return detail::read_packed(name, network, [&](std::uint64_t fingerprint, std::span<const std::span<std::byte>> sections) {
    return read_container(file, name, file_kind::packed, fingerprint, sections);
  });
}

}  // namespace minnow
