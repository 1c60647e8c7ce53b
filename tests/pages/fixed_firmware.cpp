#include <minnow/firmware.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct small : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm,
                         mn::relu, mn::dense<3, mn::scheme<mn::unsigned_integer<8>, mn::integer<8>>>> {};

/// Replaces a header written by save_header, without its arrays.
namespace small_data {
inline constexpr mn::firmware_data<2> network{
    .fingerprint = mn::layer_graph<mn::fixed_point<small>>::fingerprint, .stages = {}, .bytes = 8};
}

void run(mn::network<small, mn::ste>& net, const std::uint8_t* image, float* logits) {
  // the block
}
