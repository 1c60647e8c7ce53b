#include "../../digits_convnet.hpp"
#include "../run.hpp"

namespace {

template <int M>
using small_8 = digits<M, 8>;
template <int M>
using small_16 = digits<M, 16>;
template <int M>
using small_32 = digits<M, 32>;

}  // namespace

void run_small(task& t, int width) {
  if (width == 8) run_family<small_8>(t, "small8");
  else if (width == 16) run_family<small_16>(t, "small16");
  else if (width == 32) run_family<small_32>(t, "small32");
  else throw std::invalid_argument("--width: expected 8, 16 or 32, found " + std::to_string(width));
}
