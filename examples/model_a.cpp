// Model A of MINW-Net with 2-bit inputs and 1-bit weights, trained on CIFAR-10.
#include <iostream>

#include <minnow/minnow.hpp>

namespace mn = minnow;

template <int Filters>
using conv = mn::chain<mn::conv<Filters, mn::minw<2, 1>>, mn::batch_norm>;  // 2-bit inputs, 1-bit weights
template <int Filters>
using convp = mn::chain<mn::conv<Filters, mn::minw<2, 1>>, mn::max_pool<2>, mn::batch_norm>;
template <int Units>
using dense = mn::chain<mn::dense<Units, mn::minw<2, 1>>, mn::batch_norm>;

struct model_a
    : mn::model<mn::image<3, 32, 32>, mn::conv<128, mn::scheme<mn::pixels, mn::sign>>,
                mn::batch_norm,  // the image stays in bytes
                convp<128>, conv<256>, convp<256>, conv<512>, convp<512>, dense<512>, dense<2048>, dense<10>> {};

int main() {
  const auto [train, test] = mn::load_cifar10("data/cifar-10");

  mn::network<model_a, mn::aqe> net{mn::seed{7}};
  mn::fit(net, train, mn::adam{.rate = 1e-2f}, mn::cubic{.from = 0.5f, .to = 1},
          {.epochs = 20, .batch = 128, .validation = &test});

  mn::save(mn::pack(net), "model_a.mnw");
  const auto tiny = mn::load<mn::packed<model_a>>("model_a.mnw");
  std::cout << mn::summary(tiny) << mn::accuracy(tiny, test) << '\n';
}
