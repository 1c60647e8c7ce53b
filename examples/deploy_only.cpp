// A program for a device: includes only infer.hpp, loads a packed model and runs it. Compiles without exceptions and
// run-time type information.
#include <cstdio>
#include <vector>

#include <minnow/infer.hpp>

namespace mn = minnow;

/// The network that the demo trains at --bits 1.
struct digits
    : mn::model<mn::image<1, 28, 28>, mn::conv<32, mn::scheme<mn::pixels, mn::sign>, mn::kernel<5>>, mn::max_pool<2>,
                mn::batch_norm, mn::conv<64, mn::minw<1, 1>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<256, mn::minw<1, 1>>, mn::batch_norm, mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: deploy_only MODEL.mnw < IMAGE (28x28 bytes)\n");
    return 2;
  }
  mn::packed<digits> network;
  if (const mn::status s = mn::read(argv[1], network); !s) {
    std::fprintf(stderr, "deploy_only: %s\n", s.message());
    return 1;
  }
  std::vector<unsigned char> image(28 * 28);
  if (std::fread(image.data(), 1, image.size(), stdin) != image.size()) {
    std::fprintf(stderr, "deploy_only: expected an image of 28x28 bytes on standard input\n");
    return 1;
  }
  float logits[10];
  mn::session<mn::packed<digits>> session(network);
  session.run(image, logits);
  for (const mn::prediction& g : mn::top_k(logits, 3))
    std::printf("%d %.3f\n", g.label, static_cast<double>(g.probability));
  return 0;
}
