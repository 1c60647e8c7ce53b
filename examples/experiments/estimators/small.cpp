#include "../run.hpp"

namespace {

/// A small ConvNet for 28x28 images: M bits everywhere except for the image.
template <int Width, int M>
struct small
    : mn::model<mn::image<1, 28, 28>,
                mn::conv<Width, mn::scheme<mn::pixels, typename mn::minw<M, M>::weights>, mn::kernel<5>>,
                mn::max_pool<2>, mn::batch_norm, mn::conv<2 * Width, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<8 * Width, mn::minw<M, M>>, mn::batch_norm, mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

template <int M>
using small_8 = small<8, M>;
template <int M>
using small_16 = small<16, M>;
template <int M>
using small_32 = small<32, M>;

}  // namespace

void run_small(task& t, int width) {
  if (width == 8) run_family<small_8>(t, "small8");
  else if (width == 16) run_family<small_16>(t, "small16");
  else if (width == 32) run_family<small_32>(t, "small32");
  else throw std::invalid_argument("--width: expected 8, 16 or 32, found " + std::to_string(width));
}
