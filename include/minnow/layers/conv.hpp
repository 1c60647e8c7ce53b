#pragma once

#include <minnow/layers/product.hpp>

namespace minnow {

namespace detail {

template <class... Options>
constexpr window conv_window() {
  window w = window_with<Options...>({.kernel = {3, 3}, .stride = {1, 1}});
  if (!w.padding_given) w.padding = w.end_padding = {w.kernel.height / 2, w.kernel.width / 2};
  return w;
}

}  // namespace detail

/// Convolution without a bias (`bias` is a separate layer, and batch_norm adds a shift).
///
/// in (H,W,C) -> out (H',W',Filters)
/// Scheme   scheme<Inputs, Weights>, short for quantize<Inputs> before conv<Filters, Weights>; or the weights'
///          quantizer alone
/// Options  kernel<3>, stride<1>, padding<kernel/2> (rounded down) or `same`, groups<1> unless given. Kernel elements
///          over the padding add nothing to a sum. With stride 1 and the default padding, the output has the input's
///          height and width if the kernel is odd; if the kernel is even, they are larger by 1
/// weights  (Filters, kernel height, kernel width, C / groups)
template <int Filters, class Scheme = real, class... Options>
struct conv {
  static_assert(Filters > 0, "minnow: a convolution has at least one filter");
  using weights = typename detail::scheme_of<Scheme>::weights;

  static constexpr detail::window window = detail::conv_window<Options...>();
  static constexpr bool grouped = window.groups != 1;
  static constexpr geometry over(shape in) { return window.over(in, Filters, window.groups); }

  static constexpr text name() {
    return text("conv<") << Filters << "," << weights::name() << "," << detail::window_name(window) << ">";
  }
  static constexpr shape output(shape in) { return over(in).out; }
  static constexpr fault check(shape in) { return detail::window_fault(over(in)); }
};

}  // namespace minnow
