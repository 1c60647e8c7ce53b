#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <minnow/core/shape.hpp>
#include <minnow/firmware/cpp_names.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow {

namespace detail {

/// Formats arrays of constants as C++, in the same way in every locale.
class header_text {
  c_locale point_;

public:
  std::string text{};

  template <class... Numbers>
  void add(const char* format, Numbers... numbers) {
    char line[200];
    std::snprintf(line, sizeof line, format, numbers...);
    text += line;
  }

  /// Adds an array and returns its name. If there are no numbers, adds nothing and returns "nullptr".
  template <class Number>
  std::string array(const char* type, const char* name, std::size_t stage, std::span<const Number> numbers) {
    if (numbers.empty()) return "nullptr";
    const std::string full = std::string(name) + "_" + std::to_string(stage);
    add("alignas(8) inline constexpr %s %s[] = {", type, full.c_str());
    std::size_t column = 1000;
    for (const Number n : numbers) {
      char number[40];
      if constexpr (std::is_same_v<Number, float>) std::snprintf(number, sizeof number, "%af,", static_cast<double>(n));
      else if constexpr (std::is_unsigned_v<Number>)
        std::snprintf(number, sizeof number, "0x%08lxu,", static_cast<unsigned long>(n));
      // The smallest number of an integer type has no literal in C++.
      else if (n == std::numeric_limits<Number>::min())
        std::snprintf(number, sizeof number, "%lldLL - 1,", static_cast<long long>(n + 1));
      else std::snprintf(number, sizeof number, "%lld%s,", static_cast<long long>(n), sizeof(Number) == 8 ? "LL" : "");
      const std::size_t length = std::strlen(number);
      const bool breaks = column + 1 + length > 128;
      text += breaks ? "\n  " : " ";
      column = (breaks ? 2 : column + 1) + length;
      text += number;
    }
    text.back() = '}';
    text += ";\n";
    return full;
  }
};

/// The constants of a stage's epilogue: three of the arrays of a `firmware_stage` (firmware/data.hpp).
struct firmware_arrays {
  std::vector<std::int32_t> integers;
  std::vector<std::int64_t> wide;
  std::vector<float> floats;
};

/// All arrays of a `firmware_stage`.
struct stage_arrays : firmware_arrays {
  std::vector<std::uint32_t> weights;
  std::vector<std::int32_t> prepared;

  /// Bytes of read-only memory, in which each array begins at a multiple of 8.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return round_up(4 * weights.size(), 8) + round_up(4 * prepared.size(), 8) + round_up(4 * integers.size(), 8) +
           8 * wide.size() + round_up(4 * floats.size(), 8);
  }
};

/// Returns the arrays of stage `Stage` of a packed network.
template <std::size_t Stage, class Model, class Arch>
[[nodiscard]] stage_arrays arrays_on_device(const packed<Model, Arch>& network) {
  const auto& stage = network.template stage<Stage>();
  using p = typename std::remove_cvref_t<decltype(stage)>::plan;
  using product = typename firmware_plan<Model>::template product<Stage>;
  stage_arrays to;
  to.weights.resize((stage.weights.size() + 3) / 4);
  if (!to.weights.empty()) std::memcpy(to.weights.data(), stage.weights.data(), stage.weights.size());
  if constexpr (p::has_product) {
    to.prepared.resize((product::prepared_bytes(p::window) + 3) / 4);
    auto* const prepared = reinterpret_cast<std::byte*>(to.prepared.data());
    if constexpr (affine_quantizer<typename p::inputs>)
      product::prepare(p::window, stage.weights.data(), prepared, zero_of_map<p::source>(network));
    else product::prepare(p::window, stage.weights.data(), prepared);
  }
  firmware_end<p>::put(stage.constants, to);
  return to;
}

}  // namespace detail

/// Writes a packed model as a C++ header that `firmware` runs (minnow/firmware.hpp): a namespace `name` with constexpr
/// arrays and `name`::network. A model that firmware cannot run does not compile.
///
/// refuses   a name that is not an identifier, is a keyword, is reserved or is declared by the standard headers; a
///           constant that is not finite
template <class Model, class Arch>
[[nodiscard]] status write_header(const char* path, const packed<Model, Arch>& network, const char* name) noexcept {
  return detail::within_memory(path, [&]() -> status {
    using plan = detail::firmware_plan<Model>;
    static_assert(plan::sound);
    if (!detail::is_namespace_name(name))
      return status::failure("%s: expected the name of a namespace, found \"%s\"", path, name);
    detail::header_text header;
    header.add("#pragma once\n\n// A packed network as minnow::save_header wrote it: %zu bytes of weights.\n",
               packed<Model, Arch>::weight_bits() / 8);
    header.text += std::string("// See minnow/firmware.hpp.\n\n#include <minnow/firmware/data.hpp>\n\nnamespace ") +
                   name + " {\n\n";
    std::string stages;
    bool finite = true;
    std::size_t bytes = 0;
    network.each_stage([&](auto s, const auto& stage) {
      const detail::stage_arrays arrays = detail::arrays_on_device<s>(network);
      for (const float f : arrays.floats) finite = finite && std::isfinite(f);
      bytes += arrays.bytes();
      const std::size_t number = s;
      stages += "  {" + header.array<std::uint32_t>("std::uint32_t", "weights", number, arrays.weights);
      stages += ", " + header.array<std::int32_t>("std::int32_t", "prepared", number, arrays.prepared);
      stages += ", " + header.array<std::int32_t>("std::int32_t", "integers", number, arrays.integers);
      stages += ", " + header.array<std::int64_t>("std::int64_t", "wide", number, arrays.wide);
      stages += ", " + header.array<float>("float", "floats", number, arrays.floats) + ", " +
                std::to_string(stage.constants.zero()) + "},\n";
    });
    std::string input = ", nullptr, nullptr, 0";
    if constexpr (!plan::layer_graph::takes_pixels) {
      constexpr int channels = plan::layer_graph::input.channels;
      if (const status s = network.input.check(channels, path); !s) return s;
      auto [mean, stddev] = network.input.of_channels(channels);
      const auto equal = [](const std::vector<float>& all) {
        return std::all_of(all.begin(), all.end(), [&](float f) { return f == all.front(); });
      };
      if (equal(mean) && equal(stddev)) mean.resize(1), stddev.resize(1);
      input = ", " + header.array<float>("float", "mean", 0, mean);
      input += ", " + header.array<float>("float", "stddev", 0, stddev) + ", " + std::to_string(mean.size());
      bytes += 2 * round_up(4 * mean.size(), 8);
    }
    if (!finite) return status::failure("%s: expected finite constants, found a NaN or an infinity", path);
    header.add("\ninline constexpr minnow::firmware_data<%zu> network{0x%016llxu, {\n", plan::stages,
               static_cast<unsigned long long>(plan::layer_graph::fingerprint));
    header.text += stages + "}" + input + ", " + std::to_string(bytes) + "};\n\n}  // namespace " + name + "\n";
    return detail::write_whole(path, std::as_bytes(std::span(header.text)));
  });
}

/// Writes a packed model as a C++ header: save_header(pack(net), "digits_data.hpp", "digits_data").
///
/// throws  if `write_header` fails
template <class Packed>
void save_header(const Packed& network, const std::string& path, const std::string& name) {
  static_assert(detail::is_packed<Packed>,
                "minnow: save_header writes a packed network: save_header(pack(net), path, name)");
  if constexpr (detail::is_packed<Packed>) {
    if (name.find('\0') != std::string::npos)
      require(status::failure("%s: expected the name of a namespace, found one with a zero byte", path.c_str()));
    require(write_header(detail::c_path(path), network, name.c_str()));
  }
}

/// Old name of `save_header`.
template <class Packed>
[[deprecated("minnow: renamed to save_header")]] void export_header(const Packed& network, const std::string& path,
                                                                    const std::string& name) {
  save_header(network, path, name);
}
/// Old order of the arguments of `write_header`.
template <class Model, class Arch>
[[deprecated("minnow: the path comes first now"), nodiscard]] status write_header(const packed<Model, Arch>& network,
                                                                                  const char* path,
                                                                                  const char* name) noexcept {
  return write_header(path, network, name);
}

}  // namespace minnow
