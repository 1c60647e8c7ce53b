// Compiles a program that runs packed networks without the training headers.
#include <cstdio>

#include <minnow/infer.hpp>

namespace mn = minnow;

namespace {

struct small : mn::model<mn::image<3, 9, 9>, mn::conv<33, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                         mn::max_pool<2>, mn::conv<9, mn::minw<2, 1>>, mn::batch_norm,
                         mn::dense<4, mn::scheme<mn::integer<8>, mn::integer<8>>>, mn::bias> {};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 1;
  mn::packed<small> network;
  if (const mn::status outcome = mn::read(arguments[1], network); !outcome) {
    std::puts(outcome.message());
    return 1;
  }
  mn::session<mn::packed<small>> run(network);
  const std::vector<std::uint8_t> image(static_cast<std::size_t>(mn::layer_graph<small>::input.size()),
                                        std::uint8_t{7});
  float logits[4] = {};
  run.run(std::span<const std::uint8_t>(image), std::span<float>(logits));
  std::printf("%s%f\n", mn::summary(network).c_str(), static_cast<double>(logits[0]));
}
