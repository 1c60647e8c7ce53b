#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <minnow/minnow.hpp>

namespace mn = minnow;

template <class Hidden>
struct digits_of
    : mn::model<mn::image<1, 28, 28>, mn::conv<16, mn::scheme<mn::pixels, mn::sign>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<64, Hidden>, mn::batch_norm, mn::dense<10, Hidden>, mn::batch_norm> {};
using digits = digits_of<mn::minw<1, 1>>;
using wide_digits = digits_of<mn::minw<2, 2>>;

struct float_digits : mn::model<mn::image<1, 28, 28>, mn::conv<32, mn::real>, mn::batch_norm, mn::relu, mn::max_pool<2>,
                                mn::dense<10, mn::real>> {};

void train(mn::network<digits>& net, const mn::dataset<std::uint8_t>& data, const mn::dataset<std::uint8_t>& held_out) {
  // the block
}
