#include <minnow/infer/summary.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include <minnow/core/table.hpp>
#include <minnow/model.hpp>
#include <minnow/zoo/densenet.hpp>
#include <minnow/zoo/schemes.hpp>

using namespace minnow;

namespace {

struct small : model<image<3, 8, 8>, chain<conv<32, scheme<pixels, sign>>, max_pool<2>, batch_norm>,
                     conv<40, minw<2, 1>>, batch_norm, relu, dense<10, minw<32, 3>>> {};

/// Returns the lines with runs of spaces reduced to one.
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    std::istringstream words(line);
    std::string joined;
    for (std::string w; words >> w;) joined += (joined.empty() ? "" : " ") + w;
    result.push_back(joined);
  }
  return result;
}

}  // namespace

TEST_SUITE("infer/summary") {
  TEST_CASE("a packed network's table names operation and bits, kernel, architecture, bytes and MACs of every layer") {
    const packed<small, kernels::portable> network;
    const auto found = lines(summary(network));
    REQUIRE(found.size() == 13);
    CHECK(found[0] == "layer output operation kernel bytes MACs");
    CHECK(found[1] == "inputs pixels 8x8x3 the image's bytes");
    // The kernel's name may change, so only the text around it is checked.
    CHECK(found[2].starts_with("0.0 conv<32> 8x8x32 XNOR ADDER 8x1 "));
    CHECK(found[2].ends_with(" portable 108 55,296"));
    CHECK(found[3] == "0.1 max_pool<2x2> 4x4x32 in thresholds");
    CHECK(found[4] == "0.2 batch_norm 4x4x32 in thresholds");
    CHECK(found[5] == "inputs ternary 4x4x32 thresholds");
    CHECK(found[6] == "1 conv<40> 4x4x40 XNOR 2x1 xnor portable 1,440 184,320");
    CHECK(found[7] == "2 batch_norm 4x4x40 32-bit float");
    CHECK(found[8] == "3 relu 4x4x40 32-bit float");
    CHECK(found[9] == "inputs clipped<real> 4x4x40 32-bit float");
    CHECK(found[10].starts_with("4 dense<10> 1x1x10 SHIFT ADDER 32x3 f32 "));
    CHECK(found[10].ends_with(" portable 3,840 6,400"));
    CHECK(found[11] == "sum for portable 5,388 246,016");
    CHECK(found[12] ==
          "weights 43,104 bits, a session's arena " +
              detail::with_commas(static_cast<long long>(session<packed<small, kernels::portable>>::arena_bytes())) +
              " bytes");
  }

  TEST_CASE("a line shows what a name's first parameter says") {
    CHECK(detail::short_name("relu") == text("relu"));
    CHECK(detail::short_name("conv<32,sign,3x3,stride 1x1>") == text("conv<32>"));
    CHECK(detail::short_name("max_pool<3x3,stride 2x2>") == text("max_pool<3x3>"));
    CHECK(detail::short_name("depthwise_conv<integer<8,per_channel>,3x3>") == text("depthwise_conv"));
    CHECK(detail::short_name("quantize<integer<8,per_channel>>") == text("quantize<integer<8>>"));
    CHECK(detail::short_name("quantize<clipped<half>>") == text("quantize<clipped<half>>"));
    CHECK(detail::short_name("ternary<1/2 mean>") == text("ternary<1/2 mean>"));
  }

  TEST_CASE("a deep network's tables fit 100 columns") {
    using deep = zoo::densenet_bc<100, 12, zoo::schemes<scheme<unsigned_integer<8>, power_of_two<3>>>>;
    std::string table = detail::summary_text(packed<deep>(), "");
    std::istringstream all(table);
    for (std::string line; std::getline(all, line);) CHECK(line.size() <= 100);
  }

  TEST_CASE("a program built without the vectors of most processors of its family is told how to get them") {
    CHECK(detail::advice<xsimd::sse2, true>() ==
          "built for sse2: -march=native, or minnow_dispatch in CMake, gives faster kernels\n");
    CHECK(detail::advice<xsimd::sse4_2, true>().starts_with("built for sse4.2: "));
    CHECK(detail::advice<xsimd::avx, true>().starts_with("built for avx: "));
    CHECK(detail::advice<xsimd::avx2, true>() == "");
    CHECK(detail::advice<xsimd::fma3<xsimd::avx2>, true>() == "");
    CHECK(detail::advice<xsimd::avx512bw, true>() == "");
    CHECK(detail::advice<kernels::avx512_vpopcntdq, true>() == "");
    CHECK(detail::advice<xsimd::neon64, true>() == "");
    CHECK(detail::advice<kernels::portable, true>() == "");
  }

  TEST_CASE("a program built without optimization is told so") {
    CHECK(detail::advice<xsimd::avx2, false>() == "built without optimization: -O2 makes it many times faster\n");
    CHECK(lines(detail::advice<xsimd::sse2, false>()).size() == 2);
  }

  TEST_CASE("the advice is the last line for the architecture of the flags, and absent for one asked for by name") {
    const std::string text = summary(packed<small>());
    CHECK(text.ends_with(" bytes\n" + detail::advice<kernels::best>()));
    CHECK(summary(packed<small, kernels::portable>()).ends_with(" bytes\n"));
  }
}
