#include <minnow/minnow.hpp>
#include <minnow/zoo/mobilenet.hpp>

namespace mn = minnow;

template <class Scheme, class Norm = mn::batch_norm>
using in_bytes = mn::zoo::schemes<Scheme, mn::scheme<mn::pixels, mn::integer<8>>,
                                  mn::scheme<mn::integer<8>, mn::integer<8>>, Scheme, mn::integer<8>, Norm>;
template <int Weights, int Inputs>
using integers = in_bytes<mn::scheme<mn::integer<Inputs>, mn::integer<Weights>>>;
using folded = in_bytes<mn::scheme<mn::integer<8>, mn::integer<8>>, mn::bias>;
template <class Schemes>
using zoo_net = mn::zoo::mobilenet_v1<Schemes, 25, 32, 10>;

void three_ways(const mn::dataset<std::uint8_t>& train) {
  // the block
}
