// expect: minnow: a session runs a packed network, session<packed<M>>: pack(net) makes one of a trainable network
// errors: 1
#include <cstdint>
#include <span>
#include <vector>

#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

void use(mn::network<digits>& net, const std::vector<std::uint8_t>& image, std::vector<float>& logits) {
  mn::session<mn::network<digits>> s(net);
  s.run(std::span<const std::uint8_t>(image), std::span<float>(logits));
}
