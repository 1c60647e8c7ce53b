// Compares packed networks with PyTorch's float networks: one image, one thread. The zoo's networks for 224x224 images
// have 8-8 and 4-8 bits (weights-inputs). CNV is an imported network for 32x32 images, with 1-1 bits. Weights are random
// because speed does not depend on them.
//
// usage: bench_zoo [PART-OF-NAME]      resnet_50_8_8, resnet_50_v2_4_8, resnet_18_8_8, mobilenet_v1_8_8, cnv_1_1 …

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <minnow/quantize/methods/given.hpp>
#include <minnow/zoo/mobilenet.hpp>
#include <minnow/zoo/resnet.hpp>

#include "compare.hpp"
#include "torch.hpp"

namespace {

namespace mn = minnow;
using bench::peers::torch;

/// Quantizers of a network whose layer inputs follow a relu and whose image stays in bytes. First and depthwise layers
/// keep 8 bits, as in Liu & Mattina 2019.
template <int Weights, class Carrier>
using schemes = mn::zoo::schemes<mn::scheme<mn::unsigned_integer<8>, mn::integer<Weights, mn::per_channel>>,
                                 mn::scheme<mn::pixels, mn::integer<8, mn::per_channel>>,
                                 mn::scheme<mn::unsigned_integer<8>, mn::integer<Weights, mn::per_channel>>,
                                 mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>, Carrier>;
using positive = mn::unsigned_integer<8>;

using bits = mn::scheme<mn::sign_nonnegative, mn::sign_nonnegative>;
template <int Filters, class Scheme = bits>
using valid_conv = mn::conv<Filters, Scheme, mn::padding<0>>;
using threshold = mn::multi_threshold<1>;

/// The network CNV of FINN (Umuroglu et al. 2017) as scripts/import writes it for BNN-PYNQ's file cnvW1A1.
struct cnv
    : mn::model<mn::image<3, 32, 32>, valid_conv<64, mn::scheme<mn::given_affine<8>, mn::sign_nonnegative>>, threshold,
                valid_conv<64>, threshold, mn::max_pool<2>, valid_conv<128>, threshold, valid_conv<128>, threshold,
                mn::max_pool<2>, valid_conv<256>, threshold, valid_conv<256>, threshold, mn::dense<512, bits>,
                threshold, mn::dense<512, bits>, threshold, mn::dense<10, bits>> {};

template <class Model>
void measure(const std::string& name, const std::string& theirs, torch& peer, std::string_view wanted) {
  if (name.find(wanted) != std::string::npos) bench::peers::compare<Model>(name, theirs, peer);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  mn::set_threads(1);
  torch peer(MINNOW_BENCH_PYTHON, MINNOW_BENCH_TORCH_SCRIPT);
  if (!peer.available()) {
    std::printf("skipped: PyTorch (python3-torch) not found\n");
    return 0;
  }
  std::printf("minnow: %s\npeer: PyTorch %s\n", mn::kernels::arch_name<mn::kernels::best>(), peer.about().c_str());
  measure<mn::zoo::resnet_50<schemes<8, positive>>>("resnet_50_8_8", "resnet_50", peer, wanted);
  measure<mn::zoo::resnet_50<schemes<4, positive>>>("resnet_50_4_8", "resnet_50", peer, wanted);
  measure<mn::zoo::resnet_50_v2<schemes<8, mn::integer<8>>>>("resnet_50_v2_8_8", "resnet_50_v2", peer, wanted);
  measure<mn::zoo::resnet_50_v2<schemes<4, mn::integer<8>>>>("resnet_50_v2_4_8", "resnet_50_v2", peer, wanted);
  measure<mn::zoo::resnet_18<schemes<8, positive>>>("resnet_18_8_8", "resnet_18", peer, wanted);
  measure<mn::zoo::resnet_18<schemes<4, positive>>>("resnet_18_4_8", "resnet_18", peer, wanted);
  measure<mn::zoo::mobilenet_v1<schemes<8, mn::real>>>("mobilenet_v1_8_8", "mobilenet_v1", peer, wanted);
  measure<mn::zoo::mobilenet_v1<schemes<4, mn::real>>>("mobilenet_v1_4_8", "mobilenet_v1", peer, wanted);
  measure<cnv>("cnv_1_1", "cnv", peer, wanted);
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_zoo: %s\n", e.what());
  return 2;
}
