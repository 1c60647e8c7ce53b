#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
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

/// visit(bytes, weights, label) for the sections of a packed model, weights being those that the bytes are, or null; `input`
/// and `answer` are filled by the caller.
template <class Packed, class Visit>
void packed_sections(Packed& network, normalisation& input, std::span<std::int32_t> answer, Visit&& visit) {
  stored_weights* const none = nullptr;
  if constexpr (!Packed::flat::takes_pixels) {
    visit(std::as_writable_bytes(std::span(input.mean)), none, section_label{"input", "mean"});
    visit(std::as_writable_bytes(std::span(input.deviation)), none, section_label{"input", "deviation"});
  }
  network.each_stage([&](auto, auto& stage) {
    using plan = typename std::remove_cvref_t<decltype(stage)>::plan;
    stage.sections([&](std::string_view array, std::span<std::byte> bytes) {
      visit(bytes, !bytes.empty() && bytes.data() == stage.weights.bytes() ? &stage.weights : none,
            section_label{Packed::flat::paths[plan::begin].view(), array});
    });
  });
  visit(std::as_writable_bytes(answer), none, section_label{});
}

}  // namespace detail

/// Writes a packed model.
template <class Model, class Arch>
[[nodiscard]] status write(const char* path, const packed<Model, Arch>& network) noexcept {
  using packed_type = packed<Model, Arch>;
  if constexpr (!packed_type::flat::takes_pixels)
    if (const status s = network.input.check(packed_type::flat::input.channels, path); !s) return s;
  normalisation input = network.input.of_channels(packed_type::flat::input.channels);
  std::vector<std::int32_t> answer = detail::probe_answer(network);
  std::vector<std::span<const std::byte>> sections;
  // Sections are spans that a reader fills; writing only looks at them.
  detail::packed_sections(const_cast<packed_type&>(network), input, answer, [&](std::span<std::byte> s, auto, detail::section_label) { sections.emplace_back(s); });
  return detail::write_container(path, detail::file_kind::packed, packed_type::flat::fingerprint, sections);
}

namespace detail {

/// Room for what the file of a packed model holds besides: the sections' spans, and for those of weights whose they are.
template <class Packed>
struct packed_reading {
  std::vector<std::int32_t> answer;
  std::vector<std::span<std::byte>> sections;
  std::vector<stored_weights*> weights;
  std::vector<section_label> labels;

  explicit packed_reading(Packed& network) {
    using plan = probe_plan<Packed>;
    constexpr auto channels = static_cast<std::size_t>(Packed::flat::input.channels);
    network.input = {std::vector<float>(channels), std::vector<float>(channels)};
    if constexpr (plan::exists) answer.resize(static_cast<std::size_t>(plan::template stage_plan<plan::last>::window.out.size()));
    network.each_stage([](auto, auto& stage) { (void)stage.weights.data(); });
    packed_sections(network, network.input, answer, [&](std::span<std::byte> s, stored_weights* of, section_label label) {
      sections.push_back(s);
      weights.push_back(of);
      labels.push_back(label);
    });
  }
  [[nodiscard]] expected_model model() const noexcept { return {Packed::flat::fingerprint, labels, &layer_name_in<typename Packed::flat>}; }
};

/// Holds what was read against what every packed model keeps to, and runs its probe.
template <class Model, class Arch>
status check_packed(const char* name, packed<Model, Arch>& network, std::span<const std::int32_t> answer) noexcept {
  bool sound = true, finite = true;
  const auto check = [&](std::string_view, std::span<float> values) {
    for (const float value : values) finite = finite && std::isfinite(value);
  };
  check("mean", network.input.mean);
  check("deviation", network.input.deviation);
  network.each_stage([&](auto, auto& stage) {
    stage.floats(check);
    if constexpr (requires { stage.constants.sound(); }) sound = sound && stage.constants.sound();
  });
  if (!finite) return status::failure("%s: expected finite constants, found a NaN or an infinity", name);
  if constexpr (!flat<Model>::takes_pixels)
    if (const status s = network.input.check(flat<Model>::input.channels, name); !s) return s;
  if (!sound) return status::failure("%s: expected fixed-point constants whose products fit 64 bits, found larger ones", name);
  if (!std::ranges::equal(probe_answer(network), answer))
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
  detail::packed_reading reading(network);
  if (const status s = detail::read_container(path, detail::file_kind::packed, reading.model(), reading.sections); !s) return s;
  return detail::check_packed(path, network, reading.answer);
}

/// The same from the bytes of a file, which are copied; `name` stands in the sentences.
template <class Model, class Arch>
[[nodiscard]] status read(std::span<const std::byte> file, const char* name, packed<Model, Arch>& network) noexcept {
  detail::packed_reading reading(network);
  if (const status s = detail::read_container(file, name, detail::file_kind::packed, reading.model(), reading.sections); !s) return s;
  return detail::check_packed(name, network, reading.answer);
}

/// The same without a copy of the weights: kernels read them where they are, in a mapped file, in a program's read-only
/// data. Weights that do not stand at a multiple of 64 are copied all the same, and so are the last ones of a file that
/// ends less than 64 bytes behind them.
///
/// requires  that the bytes outlive the network and its copies
template <class Model, class Arch>
[[nodiscard]] status read_in_place(std::span<const std::byte> file, const char* name, packed<Model, Arch>& network) noexcept {
  detail::packed_reading reading(network);
  std::vector<std::size_t> lengths;
  for (const auto& s : reading.sections) lengths.push_back(s.size());
  if (const status s = detail::check_container(file, name, detail::file_kind::packed, reading.model(), lengths); !s) return s;
  const auto offsets = detail::section_offsets(lengths);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::byte* at = file.data() + offsets[i];
    if (reading.weights[i] != nullptr && reading.weights[i]->can_lie_at(at, file.size() - offsets[i])) reading.weights[i]->lie_at(at);
    else if (lengths[i] > 0) std::memcpy(reading.sections[i].data(), at, lengths[i]);
  }
  return detail::check_packed(name, network, reading.answer);
}

/// load_in_place<packed<M>>(file.bytes(), "model.mnw"): see read_in_place.
///
/// throws  what `read_in_place` says
template <class Packed>
[[nodiscard]] Packed load_in_place(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load_in_place<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read_in_place(file, name, result));
    return result;
  }
}

/// load<packed<M>>(bytes): a copy of the bytes of a file.
///
/// throws  what `read` says
template <class Packed>
[[nodiscard]] Packed load(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read(file, name, result));
    return result;
  }
}

/// Reads the packed model of a file that may hold any of several.
///
/// returns  what `read` says, or that the file holds none of them
template <class... Models>
[[nodiscard]] status read_any(const char* path, std::variant<packed<Models>...>& network) noexcept {
  std::vector<std::byte> head;
  if (const status s = detail::read_whole(path, detail::file_header, head); !s) return s;
  const bool ours = head.size() >= detail::file_header && std::memcmp(head.data(), detail::file_magic.data(), detail::file_magic.size()) == 0;
  const std::uint64_t found = ours ? detail::get<std::uint64_t>(head, 16) : 0;
  status outcome;
  // What is no file of ours is left to the first model's reader to refuse.
  const auto take = [&]<class Packed>(std::type_identity<Packed>) {
    if (ours && found != Packed::flat::fingerprint) return false;
    outcome = read(path, network.template emplace<Packed>());
    return true;
  };
  if ((take(std::type_identity<packed<Models>>{}) || ...)) return outcome;
  std::string expected;
  for (const std::uint64_t fingerprint : {flat<Models>::fingerprint...}) {
    char text[24];
    std::snprintf(text, sizeof text, "%s%016llx", expected.empty() ? "" : " or ", static_cast<unsigned long long>(fingerprint));
    expected += text;
  }
  return status::failure("%s: expected the model with fingerprint %s, found another model's, %016llx", path, expected.c_str(),
                         static_cast<unsigned long long>(found));
}

/// The packed model of a file that may hold any of several, with this build's best kernels: load_any<A, B>(path), to be
/// visited as any variant.
///
/// throws  what `read_any` says
template <class... Models>
[[nodiscard]] std::variant<packed<Models>...> load_any(const std::string& path) {
  if constexpr ((model_description<Models> && ...)) {
    std::variant<packed<Models>...> result;
    require(read_any<Models...>(path.c_str(), result));
    return result;
  }
}

}  // namespace minnow
