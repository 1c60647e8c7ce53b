// Compiles firmware. The program is not linked, so the arrays need no definition.
#include <minnow/firmware.hpp>

namespace mn = minnow;

extern const std::uint32_t words[];
extern const std::int32_t integers[];
extern const std::int64_t wide[];
extern const float floats[];

namespace {

struct of_bits : mn::model<mn::image<3, 9, 9>, mn::conv<33, mn::scheme<mn::pixels, mn::sign>>, mn::max_pool<2>,
                           mn::batch_norm, mn::conv<40, mn::minw<1, 1>>, mn::batch_norm, mn::conv<9, mn::minw<2, 3>>,
                           mn::batch_norm, mn::dense<5, mn::minw<3, 2>>, mn::batch_norm, mn::relu> {};
struct of_integers
    : mn::model<mn::image<3, 6, 6>, mn::conv<20, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm, mn::relu,
                mn::conv<9, mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>, mn::stride<2>>,
                mn::max_pool<2>, mn::batch_norm, mn::conv<7, mn::scheme<mn::integer<8>, mn::integer<4>>>, mn::bias,
                mn::relu6, mn::dense<3, mn::scheme<mn::integer<4>, mn::integer<8>>>> {};

struct of_graph
    : mn::model<mn::image<3, 8, 8>,
                mn::conv<16, mn::scheme<mn::unsigned_pixels, mn::integer<8>>, mn::stride<2>, mn::same>, mn::batch_norm,
                mn::relu,
                mn::residual<mn::chain<mn::depthwise_conv<mn::scheme<mn::integer<8>, mn::integer<8>>>, mn::batch_norm>,
                             mn::chain<>, mn::integer<8>>,
                mn::relu, mn::conv<18, mn::scheme<mn::unsigned_integer<8>, mn::integer<4>>, mn::groups<2>>,
                mn::batch_norm, mn::relu, mn::global_average_pool,
                mn::dense<5, mn::scheme<mn::unsigned_integer<8>, mn::integer<8>>>, mn::bias> {};

constexpr mn::firmware_stage stage{words, integers, integers, wide, floats};
constexpr mn::firmware_data<4> bits{mn::layer_graph<of_bits>::fingerprint, {stage, stage, stage, stage}};
constexpr mn::firmware_data<4> bytes{.fingerprint = mn::layer_graph<mn::fixed_point<of_integers>>::fingerprint,
                                     .stages = {stage, stage, stage, stage},
                                     .bytes = 8};
constexpr mn::firmware_data<5> graph{.fingerprint = mn::layer_graph<mn::fixed_point<of_graph>>::fingerprint,
                                     .stages = {stage, stage, stage, stage, stage},
                                     .bytes = 8};

mn::firmware<of_bits, bits> network_of_bits;
mn::firmware<mn::fixed_point<of_integers>, bytes> network_of_integers;
mn::firmware<mn::fixed_point<of_graph>, graph> network_of_graph;

}  // namespace

void run_bits(const std::uint8_t* image, float* logits);
void run_bits(const std::uint8_t* image, float* logits) { network_of_bits.run(image, logits); }
void run_integers(const std::uint8_t* image, float* logits);
void run_integers(const std::uint8_t* image, float* logits) { network_of_integers.run(image, logits); }
void run_graph(const std::uint8_t* image, float* logits);
void run_graph(const std::uint8_t* image, float* logits) { network_of_graph.run(image, logits); }
