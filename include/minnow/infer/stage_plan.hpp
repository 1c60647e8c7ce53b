#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/tflite.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/quantize/properties.hpp>

namespace minnow {

namespace detail {

/// Divides the layers of a packed network into stages, which are groups of consecutive layers that are computed
/// together. A stage begins at every product and after every quantize layer. After any other layer, the stage continues
/// only if the next layer, and no other, reads the result.
template <class Model>
struct stages {
  using layer_graph = minnow::layer_graph<Model>;

  template <std::size_t Index>
  static constexpr bool is_product = product_layer<typename layer_graph::template layer<Index>>;
  /// True if a layer quantizes the inputs of later layers. A quantize layer at the end of the model does not count: it
  /// returns values to the user, not codes.
  template <std::size_t Index>
  static constexpr bool is_quantize =
      Index + 1 < layer_graph::count && quantizes<typename layer_graph::template layer<Index>>;

  struct bounds {
    std::array<std::size_t, layer_graph::count + 1> begin{};
    std::size_t count = 0;
  };
  static constexpr bounds found = []<std::size_t... Index>(std::index_sequence<Index...>) {
    bounds b;
    // If the image's bytes are the first layer's codes, no stage is needed to quantize them.
    std::size_t at = layer_graph::takes_pixels ? 1 : 0;
    const std::array<bool, layer_graph::count> products{is_product<Index>...};
    const std::array<bool, layer_graph::count> ends{
        (is_quantize<Index> || !layer_graph::template feeds_next<Index>)...};
    while (at < layer_graph::count) {
      b.begin[b.count++] = at;
      for (++at; at < layer_graph::count && !ends[at - 1] && !products[at];) ++at;
    }
    b.begin[b.count] = layer_graph::count;
    return b;
  }(std::make_index_sequence<layer_graph::count>{});

  static constexpr std::size_t count = found.count;
  static constexpr std::size_t begin(std::size_t s) { return found.begin[s]; }

  /// Returns the stage that computes the result of a layer. Returns `count` for the image, and for a first layer that
  /// uses the image's bytes as codes.
  static constexpr std::size_t maker(std::size_t layer) {
    if (layer == image_input || layer < found.begin[0]) return count;
    std::size_t s = 0;
    while (found.begin[s + 1] <= layer) ++s;
    return s;
  }
};

/// The epilogue of a stage: how the stage computes the next stage's inputs from the sums of its own product.
/// `stage_plan::ends_in` chooses it. infer/ends/end.hpp states the members that every epilogue has.
enum class stage_end {
  thresholds,     ///< the layers are folded into integer thresholds, which give the codes
  fixed_point,    ///< integer multiplications and shifts give the codes; only for `fixed_point<Model>`
  fixed_average,  ///< the same with an average pool, whose windows are added up in integers
  requantize,     ///< the layers and the quantizer are computed in floats, for blocks of 16 sums in the kernel
  floats,         ///< the layers are applied to whole maps of floats
  tflite          ///< TensorFlow Lite's arithmetic gives the codes; only for `tflite_fixed_point<Model>`
};

/// The window of a product over a map; 1x1 windows for another layer. It is not a lambda in `stage_plan`, because clang
/// 16 then rejects the window as a constant expression in the static_assert of firmware.
template <class Layer>
constexpr geometry product_window(shape in) {
  if constexpr (product_layer<Layer>) return Layer::over(in);
  else return geometry{in, in, {1, 1}, {1, 1}};
}

/// The computation of a stage, derived from the model at compile time: an optional product, the layers after it up to
/// the next stage, and an optional quantizer that encodes their result.
template <class Model, std::size_t Stage>
struct stage_plan {
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t begin = stages<Model>::begin(Stage);
  static constexpr std::size_t end = stages<Model>::begin(Stage + 1);
  static constexpr bool has_product = stages<Model>::template is_product<begin>;
  static constexpr bool has_quantizer = stages<Model>::template is_quantize<end - 1>;
  static constexpr std::size_t ops_begin = begin + (has_product ? 1 : 0);
  static constexpr std::size_t ops_end = end - (has_quantizer ? 1 : 0);
  static constexpr std::size_t ops = ops_end - ops_begin;
  using indices = std::make_index_sequence<ops>;

  template <std::size_t Index>
  using op = typename layer_graph::template layer<ops_begin + Index>;

  using inputs = typename layer_graph::template inputs_of<begin>;
  using outputs = std::conditional_t<has_quantizer,
                                     typename quantizer_of<typename layer_graph::template layer<end - 1>>::type, real>;
  /// `source` is the stage whose result this stage reads. `second<I>` is the stage whose result is the other input of
  /// the stage's layer I, which must have two inputs.
  static constexpr std::size_t source = stages<Model>::maker(layer_graph::template from<begin>);
  template <std::size_t Index>
  static constexpr std::size_t second = stages<Model>::maker(layer_graph::template second<ops_begin + Index>);
  template <std::size_t Index>
  using second_inputs = typename input_quantizer<layer_graph, layer_graph::template second<ops_begin + Index>>::type;
  static constexpr shape in = layer_graph::template in<begin>;
  static constexpr shape out = layer_graph::template out<end - 1>;

  template <std::size_t Index>
  struct weights_at {
    using type = real;
  };
  template <std::size_t Index>
    requires(stages<Model>::template is_product<Index>)
  struct weights_at<Index> {
    using type = typename layer_graph::template layer<Index>::weights;
  };
  using weights = typename weights_at<begin>::type;

  static constexpr geometry window = product_window<typename layer_graph::template layer<begin>>(in);
  /// True if a dense layer reads a packed map whose pixels have gaps between them. The map is flattened to one pixel in
  /// place, so no other layer may read it.
  static constexpr bool flattens = has_product && window.in != in && kernels::has_gaps<inputs::storage>(in);
  static_assert(!flattens || layer_graph::readers(layer_graph::template from<begin>) == 1,
                "minnow: a dense layer's input of several pixels has no other readers");
  static constexpr bool integer_sums = has_product && is_integer(inputs::storage) && is_integer(weights::storage);

  template <std::size_t Index>
  static constexpr bool is_pool = pool_layer<op<Index>>;
  template <std::size_t Index>
  static constexpr bool averages = [] {
    if constexpr (is_pool<Index>) return op<Index>::averages;
    else return false;
  }();

  static constexpr std::size_t pools = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (std::size_t{0} + ... + (is_pool<Index> ? 1 : 0));
  }(indices{});
  static constexpr std::size_t pool = []<std::size_t... Index>(std::index_sequence<Index...>) {
    std::size_t at = ops;
    ((at = is_pool<Index> && at == ops ? Index : at), ...);
    return at;
  }(indices{});

  static constexpr std::size_t joins = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (std::size_t{0} + ... + (join_layer<op<Index>> ? 1 : 0));
  }(indices{});

  /// True if an average pool after a product gives the same number from integer sums as from the floats of training.
  /// This requires that a float holds the total of a window exactly (24 bits).
  template <std::size_t Index>
  static constexpr bool averages_exactly = [] {
    if constexpr (integer_sums && is_dyadic<inputs>() && is_dyadic<weights>()) {
      const extent k = op<Index>::pool_over(window.out).kernel;
      return static_cast<long long>(window.inputs()) * inputs::max_code * weights::max_code * k.height * k.width <=
             1 << 24;
    }
    return false;
  }();

private:
  template <std::size_t Index>
  static constexpr bool folds_op = [] {
    if constexpr (averages<Index>) return Index == 0 && averages_exactly<Index>;
    else if constexpr (join_layer<op<Index>>) return false;
    else return is_pool<Index> || monotone_layer<op<Index>>;
  }();

  /// True if the stage folds into thresholds (see infer/thresholds.hpp). The stage needs a product, an output quantizer
  /// with few codes, and between them only monotone layers and at most one pool. An average pool must directly follow
  /// the product, and its sums must be integers that floats hold exactly.
  static constexpr bool folds = [] {
    if constexpr (has_product && has_quantizer && pools <= 1) {
      if constexpr (has_few_codes<outputs>())
        return []<std::size_t... Index>(std::index_sequence<Index...>) { return (folds_op<Index> && ...); }(indices{});
    }
    return false;
  }();

  /// True if the stage encodes, that is, converts blocks of integer sums to codes through floats. The stage needs
  /// integer sums, an output quantizer with one-byte codes, and between them only monotone layers and at most one max
  /// pool. If the stage has no pool, it may also add another branch, which holds floats or one-byte codes. A stage that
  /// folds into thresholds does not encode.
  template <std::size_t Index>
  static constexpr bool encodes_op = [] {
    if constexpr (is_pool<Index>) return !averages<Index>;
    else if constexpr (join_layer<op<Index>>)
      return std::is_same_v<op<Index>, add> && pools == 0 &&
             (std::is_same_v<second_inputs<Index>, real> || is_bytes(second_inputs<Index>::storage));
    else return monotone_layer<op<Index>>;
  }();
  static constexpr bool encodes = [] {
    if constexpr (integer_sums && has_quantizer && !folds && pools <= 1) {
      if constexpr (is_bytes(outputs::storage))
        return
            []<std::size_t... Index>(std::index_sequence<Index...>) { return (encodes_op<Index> && ...); }(indices{});
    }
    return false;
  }();

  /// True if all layers of a stage are one linear function with limits, which integers can compute. The layers must be
  /// affine, clips or pools. In addition, one `add` layer may add codes before any clip and any pool.
  static constexpr bool is_linear = [] {
    bool clipped = false;
    bool possible = joins <= 1;
    const auto see = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      if constexpr (join_layer<op<Index>>)
        possible = possible && !clipped && Index < pool && std::is_same_v<op<Index>, add> &&
                   is_bytes(second_inputs<Index>::storage);
      else if constexpr (clip_layer<op<Index>>) clipped = true;
      else possible = possible && (is_pool<Index> || affine_layer<op<Index>>);
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (see(std::integral_constant<std::size_t, Index>{}), ...);
    }(indices{});
    return possible;
  }();
  /// True if the model asks for integers (`fixed_point<Model>`) and the stage's quantizer rounds.
  static constexpr bool may_fix = [] {
    if constexpr (is_fixed_point<Model> && has_quantizer && requires { requires outputs::rounds; }) return is_linear;
    else return false;
  }();
  /// True if integers average: the stage has one pool, an average, over sums or codes that are integers.
  static constexpr bool fixes_average = [] {
    if constexpr (may_fix && !folds && pools == 1 && is_bytes(outputs::storage))
      return averages<pool> && (integer_sums || (!has_product && is_bytes(inputs::storage)));
    else return false;
  }();

public:
  /// The kind of a stage that computes with TensorFlow Lite's arithmetic. The model must request this
  /// (`tflite_fixed_point<Model>`, `tflite_ruy<Model>`).
  static constexpr tflite_stage in_tflite = [] {
    if constexpr (is_tflite<Model>) return tflite_stage_of<stage_plan>();
    else return tflite_stage::none;
  }();

  /// True if TensorFlow Lite's arithmetic rounds this product once.
  static constexpr bool rounds_once = is_tflite_ruy<Model> && has_product && window.groups == 1;

  static constexpr stage_end ends_in = in_tflite != tflite_stage::none ? stage_end::tflite
                                       : folds                         ? stage_end::thresholds
                                       : encodes && may_fix            ? stage_end::fixed_point
                                       : fixes_average                 ? stage_end::fixed_average
                                       : encodes                       ? stage_end::requantize
                                                                       : stage_end::floats;

  /// True if the stage folds into thresholds and has an average pool before them.
  static constexpr bool folded_average = [] {
    if constexpr (folds && pools > 0) return averages<pool>;
    else return false;
  }();

  /// The pool's windows over the map of sums; 1x1 windows if there is no pool.
  static constexpr geometry pool_window = [] {
    if constexpr (pools > 0) return op<pool>::pool_over(window.out);
    else return window_over(window.out, window.out.channels, {1, 1}, {1, 1}, {0, 0});
  }();
};

/// Index of the join (a layer with two inputs) among the layers of a stage with at most one join; 0 without a join.
template <class Plan>
inline constexpr std::size_t join_of = []<std::size_t... Index>(std::index_sequence<Index...>) {
  std::size_t at = 0;
  ((at = join_layer<typename Plan::template op<Index>> ? Index : at), ...);
  return at;
}(typename Plan::indices{});

/// The sink (see kernels/sink/sink.hpp) that writes the codes of a stage that is folded into thresholds.
template <class Plan>
using code_sink_of = kernels::code_sink<Plan::outputs::storage, operand_of<typename Plan::outputs>::bits,
                                        static_cast<int>(codes_of<typename Plan::outputs>().size()) - 1>;

/// The type of the codes of a stage that ends in one-byte codes.
template <class Plan>
using byte_code_of = kernels::byte_code<Plan::outputs::storage>;

}  // namespace detail

}  // namespace minnow
