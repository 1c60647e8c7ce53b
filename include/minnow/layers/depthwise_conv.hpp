#pragma once

#include <minnow/layers/conv.hpp>

namespace minnow {

/// Depthwise convolution: each channel has one filter; there are as many groups as channels.
///
/// in (H,W,C) -> out (H',W',C)
/// Scheme   scheme<Inputs, Weights>, short for quantize<Inputs> before depthwise_conv<Weights>; or the weights'
///          quantizer alone
/// Options  kernel<3>, stride<1>, padding<kernel/2> (rounded down) or `same` unless given
/// weights  (C, kernel height, kernel width, 1)
/// source   Howard et al. 2017
template <class Scheme = real, class... Options>
struct depthwise_conv {
  using weights = typename detail::scheme_of<Scheme>::weights;

  static constexpr detail::window window = detail::conv_window<Options...>();
  static_assert(window.groups == 1, "minnow: the groups of a depthwise convolution are its channels");
  static constexpr bool grouped = true;
  static constexpr geometry over(shape in) { return window.over(in, in.channels, in.channels); }

  static constexpr text name() {
    return text("depthwise_conv<") << weights::name() << "," << detail::window_name(window) << ">";
  }
  static constexpr shape output(shape in) { return over(in).out; }
  static constexpr fault check(shape in) { return detail::window_fault(over(in)); }
};

}  // namespace minnow
