// Writes random models as C++. Model number n is the same on every machine.
//
// usage: write_models FIRST COUNT FILE        writes models FIRST … FIRST + COUNT - 1; check_graph (check_graph.hpp)
// checks each, and every fourth one with fixed-point constants too

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>

namespace {

using minnow::shape;

/// Layers as a model's source text, and the shape of their result.
struct part {
  std::string layers;
  shape out;
};

class writer {
public:
  explicit writer(std::uint64_t number) : draws_(minnow::seed{number}) {}

  /// Returns a model's type. The model reads bytes if its first layer reads pixels, otherwise floats.
  std::string model() {
    const int kind = below(8);
    const shape in = kind == 0  ? shape{1, 1, 31 + below(40)}
                     : kind < 3 ? shape{1, 17 + below(16), 5}
                                : shape{7 + below(4), 9, 3};
    part all = first_layers(in);
    for (int blocks = 1 + below(4); blocks > 0; --blocks) all = then(all, block(all.out));
    if (below(4) == 0)
      all =
          then(all, {pick({"global_average_pool, batch_norm", "average_pool<1>, bias", "batch_norm, relu"}), all.out});
    return "model<image<" + numbers({in.channels, in.height, in.width}) + ">, " + all.layers + ", dense<4, " +
           scheme() + ">" + pick({"", ", batch_norm", ", bias", ", batch_norm, quantize<integer<8>>", ", bias, relu"}) +
           ">";
  }

private:
  int below(int count) { return draws_.below(count); }
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[below(static_cast<int>(choices.size()))];
  }
  static std::string numbers(std::initializer_list<int> values) {
    std::string text;
    for (const int v : values) text += (text.empty() ? "" : ", ") + std::to_string(v);
    return text;
  }
  static part then(const part& before, const part& after) {
    return {before.layers + (before.layers.empty() || after.layers.empty() ? "" : ", ") + after.layers, after.out};
  }

  std::string inputs() {
    return pick({"sign",
                 "sign",
                 "sign_nonnegative",
                 "given_sign<>",
                 "given_integer<-1, 1>",
                 "given_integer<-2, 1>",
                 "given_integer<0, 3>",
                 "given_integer<-127, 127>",
                 "given_affine<8>",
                 "ternary<>",
                 "ternary<threshold<1, 3>>",
                 "power_of_two<2>",
                 "power_of_two<3>",
                 "power_of_two<4>",
                 "integer<2>",
                 "integer<3>",
                 "integer<4>",
                 "integer<5>",
                 "integer<6>",
                 "integer<7>",
                 "integer<8>",
                 "integer<8>",
                 "unsigned_integer<2>",
                 "unsigned_integer<4>",
                 "unsigned_integer<8>",
                 "uniform<4>",
                 "uniform<8>",
                 "lsq<2>",
                 "lsq<4>",
                 "lsq<8>",
                 "unsigned_lsq<3>",
                 "unsigned_lsq<8>",
                 "pact<1>",
                 "pact<4>",
                 "pact<8>",
                 "qil_inputs<2>",
                 "qil_inputs<8>",
                 "syq_inputs<2>",
                 "syq_inputs<8>",
                 "dorefa_inputs<1>",
                 "dorefa_inputs<4>",
                 "half_wave<2>",
                 "half_wave_nonuniform<2>",
                 "half_wave_nonuniform<4>",
                 "lq_inputs<1>",
                 "lq_inputs<3>",
                 "abc_inputs<1>",
                 "abc_inputs<3>",
                 "scaled_sign<per_tensor>",
                 "affine_integer<2>",
                 "affine_integer<4>",
                 "affine_integer<6>",
                 "affine_integer<8>",
                 "affine_integer<8>",
                 "third",
                 "negative_steps<3>",
                 "negative_steps<20>"});
  }
  std::string weights() {
    return pick({"sign",
                 "sign",
                 "sign_nonnegative",
                 "given_sign<per_channel>",
                 "given_integer<-1, 1>",
                 "given_integer<-8, 7, per_channel>",
                 "given_integer<-127, 127>",
                 "ternary<>",
                 "ternary<mean_threshold<>>",
                 "power_of_two<3>",
                 "power_of_two<4>",
                 "integer<2>",
                 "integer<3, per_channel>",
                 "integer<4>",
                 "integer<5, per_channel>",
                 "integer<6>",
                 "integer<7>",
                 "integer<8>",
                 "integer<8, per_channel>",
                 "uniform<3>",
                 "uniform<8>",
                 "lsq<2>",
                 "lsq<4, per_channel>",
                 "lsq<8>",
                 "qil_weights<2>",
                 "qil_weights<5>",
                 "syq_weights<1>",
                 "syq_weights<2, per_channel>",
                 "scaled_sign<>",
                 "scaled_sign<per_tensor>",
                 "magnitude_aware_sign<>",
                 "scaled_ternary<>",
                 "scaled_ternary<per_channel>",
                 "trained_ternary",
                 "fine_ternary<4>",
                 "fine_ternary<16>",
                 "lq_weights<2>",
                 "lq_weights<4, per_tensor>",
                 "abc_weights<3>",
                 "abc_weights<5, per_channel>",
                 "dorefa_weights<1>",
                 "affine_weights<3, per_channel>",
                 "affine_weights<4>",
                 "symmetric_weights<4>",
                 "symmetric_weights<8, per_channel>",
                 "third",
                 "dorefa_weights<3>",
                 "dorefa_weights<5>",
                 "dorefa_weights<8>",
                 "inq<2>",
                 "inq<3>",
                 "inq<4>",
                 "inq<5>",
                 "with_freeze<power_of_two<3>>",
                 "with_freeze<scaled_ternary<>>",
                 "negative_steps<20>"});
  }
  /// Returns a scheme. About one product of twenty multiplies floats by codes, codes by floats, or floats by floats.
  /// Inputs with a zero point are not multiplied by floats.
  std::string scheme() {
    const std::string in = below(40) == 0 ? pick({"half", "clipped<half>", "real", "clipped<real>"}) : inputs();
    const bool floats = below(40) == 0 && in.find("affine") == std::string::npos;
    return "scheme<" + in + ", " + (floats ? pick({"half", "real"}) : weights()) + ">";
  }

  /// Returns one to four element-wise layers.
  std::string functions() {
    std::string text = pick({"batch_norm", "batch_norm", "bias", "relu", "relu6", "hard_tanh"});
    for (int more = below(4); more > 0; --more)
      text += pick({", batch_norm", ", batch_norm", ", bias", ", relu", ", hard_tanh"});
    return text;
  }
  part pool(shape in) {
    struct choice {
      const char* name;
      minnow::extent kernel, stride, padding, end_padding = padding;
    };
    static constexpr choice of_images[] = {{"max_pool<2>", {2, 2}, {2, 2}, {0, 0}},
                                           {"max_pool<3, stride<2>, padding<1>>", {3, 3}, {2, 2}, {1, 1}},
                                           {"max_pool<2, stride<1>>", {2, 2}, {1, 1}, {0, 0}},
                                           {"max_pool<2, stride<1>, same>", {2, 2}, {1, 1}, {0, 0}, {1, 1}},
                                           {"average_pool<2>", {2, 2}, {2, 2}, {0, 0}},
                                           {"average_pool<3, stride<1>, padding<1>>", {3, 3}, {1, 1}, {1, 1}}};
    static constexpr choice of_signals[] = {{"max_pool<1, kernel<1, 2>, stride<1, 2>>", {1, 2}, {1, 2}, {0, 0}},
                                            {"average_pool<1, kernel<1, 2>, stride<1>>", {1, 2}, {1, 1}, {0, 0}}};
    if (in.width < 3) return {"max_pool<1>", in};
    if (in.height == 2) return {"average_pool<1>", in};
    const choice c = in.height == 1 ? of_signals[below(static_cast<int>(std::size(of_signals)))]
                                    : of_images[below(static_cast<int>(std::size(of_images)))];
    return {c.name, minnow::window_over(in, in.channels, c.kernel, c.stride, c.padding, c.end_padding).out};
  }
  /// Returns element-wise layers, sometimes with a pool before, between or after them.
  part functions_and_pool(shape in) {
    const int where = below(5);
    if (where < 2) return {functions(), in};
    const part p = pool(in);
    if (where == 2) return {p.layers + ", " + functions(), p.out};
    if (where == 3) return {functions() + ", " + p.layers, p.out};
    const std::string before = functions();
    return {before + ", " + p.layers + ", " + functions(), p.out};
  }

  part first_layers(shape in) {
    const int filters = 8 + 4 * below(5) + (below(3) == 0 ? 1 : 0);
    const std::string kind = in.pixels() == 1 ? "dense<" : "conv<";
    const std::string product =
        kind + numbers({filters}) + ", " +
        (below(4) == 0 ? scheme()
                       : "scheme<" + std::string(pick({"pixels, ", "unsigned_pixels, "})) + weights() + ">") +
        ">";
    return {product + ", " + functions(), {in.height, in.width, filters}};
  }
  /// Returns a product that keeps height and width.
  part product(shape in, int filters) {
    const shape out{in.height, in.width, filters};
    if (in.pixels() == 1 && below(4) != 0) return {"dense<" + numbers({filters}) + ", " + scheme() + ">", out};
    if (filters == in.channels && below(4) == 0)
      return {"depthwise_conv<" + scheme() + pick({"", ", kernel<1, 5>", ", kernel<5>", ", kernel<4>, same"}) + ">",
              out};
    std::string options = pick({"", "", ", kernel<1>", ", kernel<1, 3>", ", kernel<5, 3>", ", padding<0, 2, 2, 0>"});
    for (const int groups : {4, 3, 2})
      if (filters % groups == 0 && in.channels % groups == 0 && below(4) == 0) {
        options += ", groups<" + numbers({groups}) + ">";
        break;
      }
    return {"conv<" + numbers({filters}) + ", " + scheme() + options + ">", out};
  }
  /// Returns the last layers of a branch, which output values or codes of the branch's own quantizer.
  std::string branch_end() {
    const std::string values = pick({"batch_norm", "bias", "batch_norm, relu", "bias, batch_norm"});
    const int how = below(5);
    if (how < 2) return values;
    const std::string codes = "quantize<" + (how == 4 ? inputs() : std::string("integer<8>")) + ">";
    return below(4) == 0 ? codes : values + ", " + codes;
  }
  part branch(shape in, int filters, int depth) {
    if (depth > 0 && filters == in.channels && below(3) == 0) return join(in, depth - 1);
    if (below(2) == 0) return {product(in, filters).layers + ", " + branch_end(), {in.height, in.width, filters}};
    const part inner = product(in, 12);
    const std::string between = functions();
    const part outer = product(inner.out, filters);
    return {inner.layers + ", " + between + ", " + outer.layers + ", " + branch_end(), outer.out};
  }
  std::string pointwise(int filters, const char* options) {
    return "conv<" + numbers({filters}) + ", " + scheme() + ", kernel<1>" + options + ">, " + branch_end();
  }
  std::string shortcut(int channels) {
    switch (below(6)) {
      case 0:
        return "chain<quantize<" + inputs() + ">>";
      case 1:
        return "chain<batch_norm, relu, quantize<integer<8>>>";
      case 2:
        return "chain<batch_norm>";
      case 3:
        return "chain<>";
      default:
        return "chain<" + pointwise(channels, "") + ">";
    }
  }
  std::string carrier() {
    return pick({"", "", ", integer<8>", ", unsigned_integer<8>", ", ternary<>", ", integer<4>", ", lsq<8>"});
  }

  /// Returns a residual block that keeps height, width and channels.
  part join(shape in, int depth) {
    const std::string body = branch(in, in.channels, depth).layers;
    const std::string skip = shortcut(in.channels);
    return {"residual<chain<" + body + ">, " + skip + carrier() + ">", in};
  }
  part grown(shape in) {
    const part body = branch(in, 4 + below(9), 1);
    return {"concatenated<chain<" + body.layers + ">>", {in.height, in.width, in.channels + body.out.channels}};
  }
  part halved(shape in, int filters) {
    const shape out = minnow::window_over(in, filters, {3, 3}, {2, 2}, {1, 1}).out;
    const std::string body = "conv<" + numbers({filters}) + ", " + scheme() + ", stride<2>>, " + branch_end();
    return {"residual<chain<" + body + ">, chain<" + pointwise(filters, ", stride<2>") + ">" + carrier() + ">", out};
  }
  /// Returns a product whose outputs are scaled by the magnitudes of their windows.
  part scaled(shape in, int filters) {
    if (in.pixels() == 1)
      return {"window_scaled<dense<" + numbers({filters}) + ", " + scheme() + ">>", {1, 1, filters}};
    const std::string options = pick({"", ", kernel<1>", ", kernel<1, 3>", ", kernel<5, 3>"});
    return {"window_scaled<conv<" + numbers({filters}) + ", " + scheme() + options + ">>",
            {in.height, in.width, filters}};
  }
  part block(shape in) {
    const int filters = 4 * (1 + below(9)) + (below(3) == 0 ? 1 : 0);
    part made;
    switch (below(10)) {
      case 0:
      case 1:
        made = product(in, filters);
        break;
      case 2:
        made = halved(in, filters);
        break;
      case 3:
      case 4:
        made = join(in, 2);
        break;
      case 5:
        made = grown(in);
        break;
      case 6:
        made = {"quantize<" + inputs() + ">", in};
        break;
      case 7:
        return join(in, 2);
      case 8:
        made = scaled(in, filters);
        break;
      default:
        made = {"conv<" + numbers({filters}) + ", " + scheme() + pick({", stride<2>>", ", stride<2>, same>"}),
                minnow::window_over(in, filters, {3, 3}, {2, 2}, {1, 1}).out};
    }
    return then(made, functions_and_pool(made.out));
  }

  minnow::random draws_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return std::fputs("usage: write_models FIRST COUNT FILE\n", stderr), 2;
  const long first = std::atol(arguments[1]), last = first + std::atol(arguments[2]);
  std::FILE* file = std::fopen(arguments[3], "w");
  if (file == nullptr) return std::perror(arguments[3]), 1;
  std::fputs("#include \"random_graphs/check_graph.hpp\"\n\nusing namespace minnow;\nusing namespace minnow::test;\n",
             file);
  for (long number = first; number < last; ++number) {
    const std::string model = writer(static_cast<std::uint64_t>(number)).model();
    const char* fixed_point = number % 4 == 0 ? "true" : "false";
    std::fprintf(file,
                 "\nstruct graph_%ld : %s {};\nTEST_CASE(\"random graph %ld\") { check_graph<graph_%ld, %s>(%ld); }\n",
                 number, model.c_str(), number, number, fixed_point, number);
  }
  return std::fclose(file) == 0 ? 0 : 1;
}
