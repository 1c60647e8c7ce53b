#pragma once

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

#include <minnow/firmware/cpp_names.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/packed.hpp>
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
    network.each_stage([&](auto s, const auto& stage) {
      using p = typename std::remove_cvref_t<decltype(stage)>::plan;
      using product = typename plan::template product<s>;
      std::vector<std::uint32_t> weights((stage.weights.size() + 3) / 4);
      if (!weights.empty()) std::memcpy(weights.data(), stage.weights.data(), stage.weights.size());
      std::vector<std::int32_t> prepared;
      if constexpr (p::has_product) {
        prepared.resize((product::prepared_bytes(p::window) + 3) / 4);
        product::prepare(p::window, stage.weights.data(), reinterpret_cast<std::byte*>(prepared.data()));
      }
      detail::firmware_arrays arrays;
      detail::firmware_end<p>::put(stage.constants, arrays);
      for (const float f : arrays.floats) finite = finite && std::isfinite(f);
      const std::size_t number = s;
      stages += "  {" + header.array<std::uint32_t>("std::uint32_t", "weights", number, weights);
      stages += ", " + header.array<std::int32_t>("std::int32_t", "prepared", number, prepared);
      stages += ", " + header.array<std::int32_t>("std::int32_t", "integers", number, arrays.integers);
      stages += ", " + header.array<std::int64_t>("std::int64_t", "wide", number, arrays.wide);
      stages += ", " + header.array<float>("float", "floats", number, arrays.floats) + "},\n";
    });
    if (!finite) return status::failure("%s: expected finite constants, found a NaN or an infinity", path);
    header.add("\ninline constexpr minnow::firmware_data<%zu> network{0x%016llxu, {\n", plan::stages,
               static_cast<unsigned long long>(plan::layer_graph::fingerprint));
    header.text += stages + "}};\n\n}  // namespace " + name + "\n";
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
