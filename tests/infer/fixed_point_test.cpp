#include <minnow/infer/fixed_point.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/summary.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>

#include "agreement/pairs.hpp"
#include "files/damaged_files.hpp"

using namespace minnow;
using test::unit;

namespace {

using bytes = scheme<integer<8>, integer<8, per_channel>>;
using positive = scheme<unsigned_integer<8>, integer<4, per_channel>>;

/// A network with pools before and after batch norm, and with all kinds of clipping activations.
struct chained : model<image<3, 9, 9>, unit<scheme<pixels, sign>, 17>, relu6, unit<bytes, 20>, max_pool<2>, relu,
                       conv<18, positive>, max_pool<2>, batch_norm, hard_tanh, dense<9, bytes>, bias, batch_norm,
                       dense<4, bytes>> {};
/// A network with a residual addition of codes, followed by batch norm.
struct joined : model<image<3, 9, 9>, unit<scheme<pixels, sign>, 17>, relu,
                      residual<chain<unit<positive, 17>, relu, unit<positive, 17>>, chain<>, unsigned_integer<8>>,
                      batch_norm, relu, dense<4, bytes>> {};
/// A network with stages (a stage is a product and the layers up to the next product) that fixed point does not change,
/// because they are not a single linear function or because their codes have few bits.
struct partly_fixed : model<image<3, 9, 9>, unit<scheme<pixels, sign>, 17>, residual<unit<bytes, 17>>,
                            unit<minw<1, 1>, 8>, dense<4, bytes>> {};

template <class Model, std::size_t S>
using plan_of = minnow::detail::stage_plan<fixed_point<Model>, S>;
static_assert(plan_of<chained, 0>::ends_in == minnow::detail::stage_end::fixed_point);
static_assert(plan_of<chained, 1>::ends_in == minnow::detail::stage_end::fixed_point);
static_assert(plan_of<chained, 2>::ends_in == minnow::detail::stage_end::fixed_point);
static_assert(plan_of<chained, 3>::ends_in == minnow::detail::stage_end::fixed_point);
static_assert(plan_of<chained, 4>::ends_in != minnow::detail::stage_end::fixed_point);  // these are the logits
static_assert(minnow::detail::stage_plan<chained, 1>::ends_in != minnow::detail::stage_end::fixed_point);
static_assert(layer_graph<chained>::fingerprint != layer_graph<fixed_point<chained>>::fingerprint);

/// Records the packed maps of quantizers and the sums of products of one image, by layer.
struct recorder final : trace {
  std::map<std::size_t, std::vector<std::int32_t>> sums_of;
  std::map<std::size_t, std::size_t> row_of;
  void sums(std::size_t layer, int first, int last, const std::int32_t* sums) noexcept override {
    sums_of[layer].insert(sums_of[layer].end(), sums, sums + static_cast<std::size_t>(last - first) * row_of[layer]);
  }
  void map(std::size_t layer, const std::byte* packed) noexcept override {
    maps[layer].assign(packed, packed + bytes_of[layer]);
  }
  std::map<std::size_t, std::vector<std::byte>> maps;
  std::map<std::size_t, std::size_t> bytes_of;

  template <class Packed>
  static recorder of() {
    recorder r;
    [&]<std::size_t... S>(std::index_sequence<S...>) {
      (r.expect<typename stage<Packed, S>::plan>(), ...);
    }(std::make_index_sequence<Packed::stages>{});
    return r;
  }

private:
  template <class Plan>
  void expect() {
    row_of[Plan::begin] =
        static_cast<std::size_t>(Plan::window.out.width * kernels::sum_stride(Plan::window.out.channels));
    bytes_of[Plan::end - 1] =
        kernels::input_bytes<Plan::outputs::storage, minnow::detail::operand_of<typename Plan::outputs>::bits>(
            Plan::out);
  }
};

struct count {
  int codes = 0;
  int differ = 0;
  int largest = 0;
};

/// Runs stage S of the exact network on the input codes of the fixed-point network, and counts the codes that differ.
template <std::size_t S, class Exact>
void compare_stage(const Exact& exact, recorder& found, count& total) {
  using p = typename stage<Exact, S>::plan;
  recorder expected = recorder::of<Exact>();
  std::vector<float> logits(Exact::classes);
  const auto input = [&] {
    if constexpr (S == 0) return std::span<const std::byte>();
    else return std::span<const std::byte>(found.maps.at(stage<Exact, S>::plan::begin - 1));
  }();
  session<Exact>(exact).template run_from<S>(input, logits.data(), &expected);
  const auto& a = expected.maps.at(p::end - 1);
  const auto& b = found.maps.at(p::end - 1);
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    using number = kernels::byte_code<p::outputs::storage>;
    const int difference =
        std::abs(static_cast<int>(static_cast<number>(a[i])) - static_cast<int>(static_cast<number>(b[i])));
    ++total.codes;
    total.differ += difference != 0;
    total.largest = std::max(total.largest, difference);
  }
}

}  // namespace

TEST_SUITE("infer/fixed_point") {
  TEST_CASE("codes of a network are the exact reading's or their neighbors, counted") {
    auto net = test::trained_three_steps<chained, std::uint8_t>();
    const auto exact = pack(net);
    const auto fixed = pack<fixed_point>(net);
    using fixed_type = std::remove_const_t<decltype(fixed)>;
    const auto data = test::random_images<std::uint8_t>({9, 9, 3}, 500, 4, 5);
    count total;
    for (int n = 0; n < data.size(); ++n) {
      recorder found = recorder::of<fixed_type>();
      std::vector<float> logits(4);
      session<fixed_type>(fixed).run(
          std::span<const std::uint8_t>(data.images).subspan(static_cast<std::size_t>(n) * 243, 243),
          std::span<float>(logits), &found);
      compare_stage<1>(exact, found, total);
      compare_stage<2>(exact, found, total);
      compare_stage<3>(exact, found, total);
    }
    MESSAGE("fixed point: ", total.differ, " of ", total.codes, " codes differ, by at most ", total.largest);
    CHECK(total.codes == 500 * (4 * 4 * 20 + 2 * 2 * 18 + 9));
    CHECK(total.largest <= 1);
    CHECK(total.differ * 1000 <= total.codes);
  }

  TEST_CASE("codes that are added: the formula in double precision, or its neighbor") {
    using fixed_type = packed<fixed_point<joined>>;
    static_assert(plan_of<joined, 3>::joins == 1 &&
                  plan_of<joined, 3>::ends_in == minnow::detail::stage_end::fixed_point);
    auto net = test::trained_three_steps<joined, std::uint8_t>();
    const auto fixed = pack<fixed_point>(net);
    recorder found = recorder::of<fixed_type>();
    const auto data = test::random_images<std::uint8_t>({9, 9, 3}, 1, 4, 5);
    std::vector<float> logits(4);
    session<fixed_type>(fixed).run(std::span<const std::uint8_t>(data.images), std::span<float>(logits), &found);

    using layers = layer_graph<joined>;
    const auto at = [](std::string_view path) { return layers::find(path); };
    const auto& sums = found.sums_of.at(at("2.body.2.0"));
    const auto& skip = found.maps.at(at("2.carrier"));
    const auto& codes = found.maps.at(at("5.inputs"));
    const auto weights = net.layer<"2.body.2.0">().quantize("");
    const double skipped = net.layer<"2.carrier">().state().g, inputs = net.layer<"2.body.2.0.inputs">().state().g;
    const double out = net.layer<"5.inputs">().state().g;
    int differ = 0;
    for (int pixel = 0; pixel < 81; ++pixel)
      for (int c = 0; c < 17; ++c) {
        const auto inner = net.layer<"2.body.2.1">().evaluated(c), outer = net.layer<"3">().evaluated(c);
        const double sum = sums[static_cast<std::size_t>(pixel * kernels::sum_stride(17) + c)];
        const auto i = static_cast<std::size_t>(pixel * 17 + c);
        const double body = sum * inputs * static_cast<double>(weights.scale(c)) * static_cast<double>(inner.scale) +
                            static_cast<double>(inner.shift);
        const double total = body + skipped * static_cast<double>(static_cast<std::uint8_t>(skip[i]));
        const double value = std::max(0.0, total * static_cast<double>(outer.scale) + static_cast<double>(outer.shift));
        const double wanted = std::clamp(std::nearbyint(value / out), -127.0, 127.0);
        const double code = static_cast<std::int8_t>(codes[i]);
        CHECK(std::abs(code - wanted) <= 1);
        differ += code != wanted;
      }
    CHECK(differ <= 2);
  }

  TEST_CASE("other stages keep their way, and summary says which is which") {
    static_assert(plan_of<partly_fixed, 1>::ends_in != minnow::detail::stage_end::fixed_point);
    auto net = test::trained_three_steps<chained, std::uint8_t>();
    const std::string text = summary(pack<fixed_point>(net));
    CHECK(text.find("fixed point") != std::string::npos);
    CHECK(summary(pack(net)).find("fixed point") == std::string::npos);
    auto other = test::trained_three_steps<partly_fixed, std::uint8_t>();
    const auto data = test::random_images<std::uint8_t>({9, 9, 3}, 3, 4, 5);
    const std::span<const std::uint8_t> images(data.images);
    CHECK(pack<fixed_point>(other).run(images) == pack(other).run(images));
  }

  TEST_CASE("files keep it, and are not taken for the exact reading's") {
    auto net = test::trained_three_steps<chained, std::uint8_t>();
    const auto fixed = pack<fixed_point>(net);
    const data_files::folder folder;
    save(fixed, folder.path("fixed.mnw"));
    const auto loaded = load<packed<fixed_point<chained>>>(folder.path("fixed.mnw"));
    const auto data = test::random_images<std::uint8_t>({9, 9, 3}, 5, 4, 5);
    CHECK(loaded.run(std::span<const std::uint8_t>(data.images)) ==
          fixed.run(std::span<const std::uint8_t>(data.images)));
    // The file has the size of the exact network's.
    save(pack(net), folder.path("exact.mnw"));
    CHECK(data_files::content(folder.path("fixed.mnw")).size() == data_files::content(folder.path("exact.mnw")).size());
    // A network of the layout of version 0.1 is written in this layout, and read again.
    auto first = fixed;
    const auto list_integers = [](auto, auto& stage) {
      if constexpr (requires { stage.constants.lists_integers; }) stage.constants.lists_integers = true;
    };
    first.each_stage(list_integers);
    save(first, folder.path("first.mnw"));
    CHECK(data_files::content(folder.path("first.mnw")).size() > data_files::content(folder.path("fixed.mnw")).size());
    auto again = load<packed<fixed_point<chained>>>(folder.path("first.mnw"));
    CHECK(again.run(std::span<const std::uint8_t>(data.images)) ==
          fixed.run(std::span<const std::uint8_t>(data.images)));
    save(again, folder.path("again.mnw"));
    CHECK(data_files::content(folder.path("again.mnw")) == data_files::content(folder.path("first.mnw")));
    // The same object then reads a file of the other layout.
    REQUIRE(read(folder.path("fixed.mnw").c_str(), again).ok());
    save(again, folder.path("again.mnw"));
    CHECK(data_files::content(folder.path("again.mnw")) == data_files::content(folder.path("fixed.mnw")));
    auto spoilt = first;
    spoilt.stage<1>().constants.other_multiplier[3] = std::int64_t{1} << 53;
    CHECK_THROWS_WITH_AS(save(spoilt, folder.path("spoilt.mnw")),
                         doctest::Contains("expected fixed-point constants whose products fit 64 bits"), error);
    // Find the offset of the array in the file.
    auto sections_of = first;
    normalization input;
    detail::packed_sections all;
    all.add_all(sections_of, input, {});
    const std::vector<detail::file_section>& sections = all.sections;
    const auto& array = sections_of.stage<1>().constants.other_multiplier;
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const detail::file_section& one) {
      return static_cast<const void*>(one.bytes.data()) == array.data();
    });
    REQUIRE(found != sections.end());
    const auto place =
        detail::section_offsets(detail::lengths_of(sections))[static_cast<std::size_t>(found - sections.begin())];
    auto file = data_files::content(folder.path("first.mnw"));
    const std::int64_t large = std::int64_t{1} << 53;
    std::memcpy(file.data() + place + 3 * sizeof large, &large, sizeof large);
    data_files::repair_checksum(file);
    folder.write("spoilt.mnw", file);
    CHECK_THROWS_WITH_AS((void)load<packed<fixed_point<chained>>>(folder.path("spoilt.mnw")),
                         doctest::Contains("expected fixed-point constants whose products fit 64 bits"), error);
    CHECK_THROWS_WITH_AS((void)load<packed<chained>>(folder.path("fixed.mnw")), doctest::Contains("fingerprint"),
                         error);
  }
}
