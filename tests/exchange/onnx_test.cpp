#include <minnow/exchange/onnx.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/data/dataset.hpp>

#include "onnx/models.hpp"
#include "random_numbers.hpp"
#include "system/data_files.hpp"

using namespace minnow;

// Reads ONNX files and executes them in double precision, written from the definitions of onnx.proto3 and of the
// operators.
namespace onnx_reader {

/// A field of a protocol buffer: a number, or bytes.
struct field {
  int number;
  std::uint64_t value;
  std::string_view bytes;
};

std::vector<field> fields(std::string_view text) {
  std::vector<field> all;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(text.at(at++));
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < text.size()) {
    const std::uint64_t key = varint();
    field f{static_cast<int>(key >> 3), 0, {}};
    if ((key & 7) == 0) {
      f.value = varint();
    } else if ((key & 7) == 5) {
      f.bytes = text.substr(at, 4);
      at += 4;
    } else if ((key & 7) == 2) {
      const std::uint64_t length = varint();
      if (length > text.size() - at) throw std::runtime_error("a field ends behind its message");
      f.bytes = text.substr(at, length);
      at += length;
    } else {
      throw std::runtime_error("an unknown kind of field");
    }
    all.push_back(f);
  }
  return all;
}

struct array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

array tensor_of(std::string_view text, std::string& name) {
  array t;
  std::uint64_t kind = 0;
  std::string_view raw;
  for (const field& f : fields(text)) {
    if (f.number == 1) t.shape.push_back(static_cast<std::int64_t>(f.value));
    if (f.number == 2) kind = f.value;
    if (f.number == 8) name = f.bytes;
    if (f.number == 9) raw = f.bytes;
  }
  if (kind == 1)
    for (std::size_t i = 0; i < raw.size(); i += 4) {
      float x = 0;
      std::memcpy(&x, raw.data() + i, 4);
      t.values.push_back(static_cast<double>(x));
    }
  else if (kind == 2)
    for (const char c : raw) t.values.push_back(static_cast<unsigned char>(c));
  else throw std::runtime_error("an unknown kind of tensor");
  return t;
}

struct attribute {
  double number = 0;
  std::string text;
  std::vector<std::int64_t> numbers;
};

struct node {
  std::vector<std::string> inputs;
  std::string output, operation, domain;
  std::map<std::string, attribute, std::less<>> attributes;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise) const {
    const auto at = attributes.find(name);
    return at == attributes.end() ? otherwise : static_cast<std::int64_t>(at->second.number);
  }
};

node node_of(std::string_view text) {
  node n;
  for (const field& f : fields(text)) {
    if (f.number == 1) n.inputs.emplace_back(f.bytes);
    if (f.number == 2) n.output = f.bytes;
    if (f.number == 4) n.operation = f.bytes;
    if (f.number == 7) n.domain = f.bytes;
    if (f.number != 5) continue;
    std::string name;
    attribute a;
    for (const field& g : fields(f.bytes)) {
      if (g.number == 1) name = g.bytes;
      if (g.number == 2) {
        float x = 0;
        std::memcpy(&x, g.bytes.data(), 4);
        a.number = static_cast<double>(x);
      }
      if (g.number == 3) a.number = static_cast<double>(static_cast<std::int64_t>(g.value));
      if (g.number == 4) a.text = g.bytes;
      if (g.number == 8) a.numbers.push_back(static_cast<std::int64_t>(g.value));
    }
    n.attributes[name] = a;
  }
  return n;
}

struct graph {
  std::vector<node> nodes;
  std::map<std::string, array, std::less<>> results;
  std::string output;
  std::vector<std::string> domains;
};

graph graph_of(const std::string& file) {
  graph g;
  for (const field& f : fields(file)) {
    if (f.number == 8)
      for (const field& d : fields(f.bytes))
        if (d.number == 1) g.domains.emplace_back(d.bytes);
    if (f.number != 7) continue;
    for (const field& part : fields(f.bytes)) {
      if (part.number == 1) g.nodes.push_back(node_of(part.bytes));
      if (part.number == 5) {
        std::string name;
        array t = tensor_of(part.bytes, name);
        g.results[name] = t;
      }
      if (part.number == 12) g.output = fields(part.bytes)[0].bytes;
    }
  }
  return g;
}

/// Combines two arrays whose extents are equal or, in one of them, 1 or missing at the front.
template <class Function>
array broadcast(const array& a, const array& b, Function f) {
  array out;
  const std::size_t rank = std::max(a.shape.size(), b.shape.size());
  const auto extent = [&](const array& x, std::size_t d) {
    return d + x.shape.size() < rank ? 1 : x.shape[d + x.shape.size() - rank];
  };
  std::int64_t count = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    out.shape.push_back(std::max(extent(a, d), extent(b, d)));
    count *= out.shape.back();
  }
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, at_a = 0, at_b = 0, step_a = 1, step_b = 1;
    for (std::size_t d = rank; d-- > 0;) {
      const std::int64_t k = rest % out.shape[d];
      rest /= out.shape[d];
      if (extent(a, d) > 1) at_a += k * step_a;
      if (extent(b, d) > 1) at_b += k * step_b;
      step_a *= extent(a, d);
      step_b *= extent(b, d);
    }
    out.values.push_back(f(a.values.at(static_cast<std::size_t>(at_a)), b.values.at(static_cast<std::size_t>(at_b))));
  }
  return out;
}

template <class Function>
array mapped(array a, Function f) {
  for (double& v : a.values) v = f(v);
  return a;
}

/// Calls visit(n, c, y, x, inputs) for each window; inputs(ky, kx, c) is null outside the map.
template <class Visit>
array windows(const node& n, const array& in, std::int64_t channels, Visit visit) {
  const auto& kernel = n.attributes.at("kernel_shape").numbers;
  const auto& stride = n.attributes.at("strides").numbers;
  const auto& pads = n.attributes.at("pads").numbers;
  const std::int64_t height = in.shape[2], width = in.shape[3];
  array out{{in.shape[0], channels, (height + pads[0] + pads[2] - kernel[0]) / stride[0] + 1,
             (width + pads[1] + pads[3] - kernel[1]) / stride[1] + 1},
            {}};
  for (std::int64_t image = 0; image < out.shape[0]; ++image)
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t y = 0; y < out.shape[2]; ++y)
        for (std::int64_t x = 0; x < out.shape[3]; ++x)
          out.values.push_back(visit(c, [&](std::int64_t ky, std::int64_t kx, std::int64_t from) -> const double* {
            const std::int64_t iy = y * stride[0] + ky - pads[0], ix = x * stride[1] + kx - pads[1];
            if (iy < 0 || iy >= height || ix < 0 || ix >= width) return nullptr;
            return &in.values[static_cast<std::size_t>(((image * in.shape[1] + from) * height + iy) * width + ix)];
          }));
  return out;
}

array run_node(const node& n, const std::vector<array>& in) {
  const auto& op = n.operation;
  const bool custom = op == "Quant" || op == "BipolarQuant" || op == "MultiThreshold";
  if (n.domain != (custom ? "qonnx.custom_op.general" : "")) throw std::runtime_error("domain of " + op);
  if (op == "Add") return broadcast(in[0], in[1], [](double a, double b) { return a + b; });
  if (op == "Sub") return broadcast(in[0], in[1], [](double a, double b) { return a - b; });
  if (op == "Mul") return broadcast(in[0], in[1], [](double a, double b) { return a * b; });
  if (op == "Neg") return mapped(in[0], [](double a) { return -a; });
  if (op == "Relu") return mapped(in[0], [](double a) { return std::max(a, 0.0); });
  if (op == "Clip") return mapped(in[0], [&](double a) { return std::clamp(a, in[1].values[0], in[2].values[0]); });
  if (op == "BipolarQuant") return broadcast(in[0], in[1], [](double x, double s) { return x >= 0 ? s : -s; });
  if (op == "Quant") {
    const bool is_signed = n.number("signed", -1) == 1, narrow = n.number("narrow", -1) == 1;
    if (n.attributes.at("rounding_mode").text != "ROUND" || in[2].values[0] != 0) throw std::runtime_error("Quant");
    const double levels = std::exp2(in[3].values[0] - is_signed);
    const double high = levels - (is_signed || !narrow ? 1 : 2), low = is_signed ? -levels + narrow : 0;
    return broadcast(in[0], in[1],
                     [&](double x, double s) { return s * std::clamp(std::nearbyint(x / s), low, high); });
  }
  if (op == "QuantizeLinear")
    return mapped(
        in[0], [&](double x) { return std::clamp(std::nearbyint(x / in[1].values[0]) + in[2].values[0], 0.0, 255.0); });
  if (op == "DequantizeLinear") return mapped(in[0], [&](double q) { return (q - in[2].values[0]) * in[1].values[0]; });
  if (op == "MultiThreshold") {
    array out = in[0];
    const auto channels = static_cast<std::size_t>(out.shape[1]);
    const std::size_t pixels = out.values.size() / static_cast<std::size_t>(out.shape[0]) / channels;
    const auto count = static_cast<std::size_t>(in[1].shape[1]);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      double reached = 0;
      for (std::size_t k = 0; k < count; ++k) {
        const double* row = in[1].values.data() + i / pixels % channels * count;
        if (k > 0 && row[k] < row[k - 1]) throw std::runtime_error("thresholds that are not sorted");
        reached += out.values[i] >= row[k];
      }
      out.values[i] = n.attributes.at("out_bias").number + n.attributes.at("out_scale").number * reached;
    }
    return out;
  }
  if (op == "BatchNormalization") {
    array out = in[0];
    const auto channels = static_cast<std::size_t>(out.shape[1]);
    const std::size_t pixels = out.values.size() / static_cast<std::size_t>(out.shape[0]) / channels;
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::size_t c = i / pixels % channels;
      out.values[i] = (out.values[i] - in[3].values[c]) /
                          std::sqrt(in[4].values[c] + n.attributes.at("epsilon").number) * in[1].values[c] +
                      in[2].values[c];
    }
    return out;
  }
  if (op == "Flatten") {
    array out = in[0];
    out.shape = {out.shape[0], static_cast<std::int64_t>(out.values.size()) / out.shape[0]};
    return out;
  }
  if (op == "MatMul") {
    array out{{in[0].shape[0], in[1].shape[1]}, {}};
    const auto inner = static_cast<std::size_t>(in[1].shape[0]), units = static_cast<std::size_t>(in[1].shape[1]);
    if (in[0].shape[1] != in[1].shape[0]) throw std::runtime_error("MatMul");
    for (std::size_t image = 0; image < static_cast<std::size_t>(out.shape[0]); ++image)
      for (std::size_t u = 0; u < units; ++u) {
        double sum = 0;
        for (std::size_t k = 0; k < inner; ++k) sum += in[0].values[image * inner + k] * in[1].values[k * units + u];
        out.values.push_back(sum);
      }
    return out;
  }
  if (op == "Concat") {
    array out{{in[0].shape[0], in[0].shape[1] + in[1].shape[1], in[0].shape[2], in[0].shape[3]}, {}};
    for (std::int64_t image = 0; image < out.shape[0]; ++image)
      for (const array& part : in) {
        const std::int64_t size = static_cast<std::int64_t>(part.values.size()) / part.shape[0];
        out.values.insert(out.values.end(), part.values.begin() + image * size,
                          part.values.begin() + (image + 1) * size);
      }
    return out;
  }
  if (op == "GlobalAveragePool") {
    array out{{in[0].shape[0], in[0].shape[1], 1, 1}, {}};
    const std::int64_t pixels = in[0].shape[2] * in[0].shape[3];
    for (std::int64_t i = 0; i < out.shape[0] * out.shape[1]; ++i) {
      double sum = 0;
      for (std::int64_t p = 0; p < pixels; ++p) sum += in[0].values[static_cast<std::size_t>(i * pixels + p)];
      out.values.push_back(sum / static_cast<double>(pixels));
    }
    return out;
  }
  const auto over_kernel = [&](auto&& body) {
    const auto& kernel = n.attributes.at("kernel_shape").numbers;
    for (std::int64_t ky = 0; ky < kernel[0]; ++ky)
      for (std::int64_t kx = 0; kx < kernel[1]; ++kx) body(ky, kx, static_cast<double>(kernel[0] * kernel[1]));
  };
  if (op == "Conv") {
    const std::int64_t per_filter = in[1].shape[1], filters = in[1].shape[0], groups = n.number("group", 1);
    return windows(n, in[0], filters, [&](std::int64_t f, auto inputs) {
      double sum = 0;
      for (std::int64_t c = 0; c < per_filter; ++c)
        over_kernel([&](std::int64_t ky, std::int64_t kx, double) {
          const double* x = inputs(ky, kx, f / (filters / groups) * per_filter + c);
          const std::int64_t at = ((f * per_filter + c) * in[1].shape[2] + ky) * in[1].shape[3] + kx;
          if (x != nullptr) sum += *x * in[1].values[static_cast<std::size_t>(at)];
        });
      return sum;
    });
  }
  if (op == "MaxPool" || op == "AveragePool") {
    if (op == "AveragePool" && n.number("count_include_pad", 0) != 1) throw std::runtime_error("AveragePool");
    return windows(n, in[0], in[0].shape[1], [&](std::int64_t c, auto inputs) {
      double largest = -HUGE_VAL, sum = 0;
      over_kernel([&](std::int64_t ky, std::int64_t kx, double size) {
        const double* x = inputs(ky, kx, c);
        if (x == nullptr) return;
        largest = std::max(largest, *x);
        sum += *x / size;
      });
      return op == "MaxPool" ? largest : sum;
    });
  }
  throw std::runtime_error("an unknown operator, " + op);
}

std::vector<double> run(const std::string& path, const array& images, graph& g) {
  std::ifstream stream(path, std::ios::binary);
  g = graph_of({std::istreambuf_iterator<char>(stream), {}});
  g.results["images"] = images;
  for (const node& n : g.nodes) {
    std::vector<array> in;
    for (const std::string& name : n.inputs) {
      if (!g.results.contains(name)) throw std::runtime_error("no result " + name);
      in.push_back(g.results.at(name));
    }
    if (g.results.contains(n.output)) throw std::runtime_error("two results " + n.output);
    g.results[n.output] = run_node(n, in);
  }
  return g.results.at(g.output).values;
}

}  // namespace onnx_reader

namespace {

template <class Model, class T>
onnx_reader::graph check_onnx(bool quantizes, bool normalizes = false) {
  network<Model> net{seed{1}};
  onnx_test::draw_for_onnx(net);
  constexpr shape in = layer_graph<Model>::input;
  if (normalizes)
    net.normalize({std::vector<float>(index(in.channels), 0.25f), std::vector<float>(index(in.channels), 0.5f)});
  constexpr int count = 6;
  minnow::random r(seed{5});
  std::vector<T> images(index(in.size() * count));
  for (T& v : images) {
    if constexpr (sizeof(T) == 1) v = static_cast<T>(r.below(256));
    else v = r.uniform(-1, 1);
  }
  onnx_reader::array channels_first{{count, in.channels, in.height, in.width}, {}};
  if (in.pixels() == 1) channels_first.shape.resize(2);
  for (int n = 0; n < count; ++n)
    for (int c = 0; c < in.channels; ++c)
      for (int p = 0; p < in.pixels(); ++p)
        channels_first.values.push_back(static_cast<double>(images[index((n * in.pixels() + p) * in.channels + c)]));
  const data_files::folder folder;
  const std::string path = folder.path("network.onnx");
  if (quantizes) export_qonnx(net, path);
  else export_onnx(net, path);
  onnx_reader::graph g;
  const auto found = onnx_reader::run(path, channels_first, g);
  net.take(dataset<T>(in, images, std::vector<int>(count)), 0, count);
  const auto expected = net.forward({});
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == doctest::Approx(static_cast<double>(expected[i])).epsilon(1e-4));
  return g;
}

template <class Model>
std::string refused_by_onnx(bool quantizes) {
  network<Model> net;
  const data_files::folder folder;
  const std::string path = folder.path("network.onnx");
  const status outcome = quantizes ? write_qonnx(path.c_str(), net) : write_onnx(path.c_str(), net);
  CHECK_FALSE(outcome);
  CHECK_FALSE(std::ifstream(path).good());
  const std::string message = outcome.message();
  CHECK(message.find(path + ": ") == 0);
  return message.substr(path.size() + 2);
}

struct onnx_scaled : model<image<2, 5, 5>, window_scaled<conv<3, scheme<sign, scaled_sign<>>>>, dense<2>> {};
struct onnx_conv_of_vector : model<features<4>, dense<4>, conv<3, real, kernel<1>, padding<0>>> {};
struct onnx_no_codes : model<features<4>, dense<4>, batch_norm, dense<2, scheme<half_wave<2>, real>>> {};

}  // namespace

TEST_SUITE("exchange/onnx") {
  TEST_CASE("networks of floats: an execution of the file in double precision gives the logits") {
    const auto g = check_onnx<onnx_test::onnx_floats, float>(false);
    CHECK(g.domains == std::vector<std::string>{""});
    (void)check_onnx<onnx_test::onnx_floats, float>(false, true);
    (void)check_onnx<onnx_test::onnx_global, float>(false, true);
  }

  TEST_CASE("quantized networks: an execution of the file in double precision gives the logits") {
    const auto g = check_onnx<onnx_test::onnx_codes, std::uint8_t>(true);
    CHECK(g.domains == std::vector<std::string>{"", "qonnx.custom_op.general"});
    std::map<std::string, int> operators;
    for (const auto& n : g.nodes) ++operators[n.operation];
    CHECK(operators["BipolarQuant"] == 7);
    CHECK(operators["MultiThreshold"] == 1);
    CHECK(operators["QuantizeLinear"] == 1);
    (void)check_onnx<onnx_test::onnx_features, float>(true, true);
    (void)check_onnx<onnx_test::onnx_bytes, std::uint8_t>(true);
  }

  TEST_CASE("what a format cannot express is refused by path and name") {
    CHECK(refused_by_onnx<onnx_test::onnx_codes>(false) ==
          "layer 0: expected no quantizer, or export_qonnx, found sign");
    CHECK(refused_by_onnx<onnx_scaled>(true).find("expected a layer that ONNX has, found channel_magnitude") !=
          std::string::npos);
    CHECK(refused_by_onnx<onnx_conv_of_vector>(true).find(
              "layer 1: expected a layer that ONNX has, found conv<3,real") == 0);
    CHECK(refused_by_onnx<onnx_no_codes>(true) ==
          "layer 2.inputs: expected a quantizer that QONNX has, found half_wave<2>");
  }

  TEST_CASE("weights with a NaN are refused") {
    network<onnx_test::onnx_global> net;
    net.arrays([](std::string_view, std::string_view name, std::span<float> values) {
      if (name == "weights") values[1] = std::nanf("");
    });
    CHECK_FALSE(write_onnx("/nowhere/network.onnx", net));
  }
}
