#include <minnow/train/summary.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/model.hpp>

using namespace minnow;

namespace {

struct summarized
    : model<image<3, 8, 8>, conv<8, scheme<pixels, sign>>, max_pool<2>, batch_norm, dense<10, minw<2, 3>>, bias> {};

/// Returns the line that begins with a layer's path.
std::string line_of(const std::string& table, const std::string& path) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(path + " ", 0) == 0) return line;
  return {};
}

bool has(const std::string& line, const std::string& part) { return line.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("train/summary") {
  TEST_CASE("a product's line has its output, bits, operation, parameters and multiply-accumulates") {
    network<summarized> net;
    const std::string conv = line_of(summary(net), "0");
    for (const char* part : {"conv<8>", "8x8x8", "XNOR ADDER 8x1 ", " 216 ", "13,824"}) {
      CAPTURE(part);
      CHECK(has(conv, part));
    }
    const std::string dense = line_of(summary(net), "3");
    for (const char* part : {"dense<10>", "1x1x10", "XNOR 2x3 ", "1,280"}) {
      CAPTURE(part);
      CHECK(has(dense, part));
    }
  }

  TEST_CASE("every layer has a line, and the sums add up the lines") {
    network<summarized> net;
    const std::string table = summary(net);
    for (const char* path : {"inputs", "0", "1", "2", "3", "4", "sum"}) {
      CAPTURE(path);
      CHECK(!line_of(table, path).empty());
    }
    CHECK(has(line_of(table, "sum"), "1,522"));   // 216 + 16 + 1280 + 10
    CHECK(has(line_of(table, "sum"), "15,104"));  // 13824 + 1280
  }

  TEST_CASE("names the estimators of weights and inputs") {
    network<summarized, aqe, alpha_blend> net;
    CHECK(has(summary(net), "gradients pass quantized weights by aqe, quantized inputs by alpha_blend"));
  }
}
