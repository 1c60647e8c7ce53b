#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

namespace {

using low = minw<2, 1>;

struct max_overlapping : model<image<3, 9, 9>, first, conv<33, low>, max_pool<3, stride<2>>, batch_norm, last> {};
struct max_overlapping_behind : model<image<3, 9, 9>, first, conv<33, low>, batch_norm, max_pool<3, stride<1>>, last> {
};
struct max_between : model<image<3, 9, 9>, first, conv<33, low>, batch_norm, max_pool<2>, batch_norm, last> {};
struct two_maxima : model<image<3, 9, 9>, first, conv<33, low>, max_pool<2>, batch_norm, max_pool<2>, last> {};
struct average_before : model<image<3, 9, 9>, first, conv<33, low>, average_pool<2>, batch_norm, last> {};
struct average_of_nine
    : model<image<3, 9, 9>, first, conv<33, minw<3, 3>>, average_pool<3, stride<2>>, batch_norm, last> {};
struct average_of_integers
    : model<image<3, 9, 9>, first, conv<12, scheme<integer<4>, integer<4>>>, average_pool<2>, batch_norm, last> {};
struct average_of_pixels
    : model<image<3, 9, 9>, conv<17, scheme<pixels, ternary<>>>, average_pool<2>, batch_norm, last> {};
struct average_behind : model<image<3, 9, 9>, first, conv<33, low>, batch_norm, average_pool<3>, last> {};
struct global_before : model<image<3, 9, 9>, first, conv<33, low>, global_average_pool, batch_norm, last> {};
struct global_behind : model<image<3, 9, 9>, first, conv<33, low>, batch_norm, relu, global_average_pool, last> {};
/// A network whose global average pool adds the sums of 81 pixels. Each sum has 9 · 17 terms of up to 64 · 64, so the
/// total may need more than the 24 bits of a float's significand.
struct average_beyond_floats : model<image<3, 9, 9>, first, conv<5, scheme<power_of_two<4>, power_of_two<4>>>,
                                     global_average_pool, batch_norm, last> {};

/// Networks whose quantizers have too many codes for epilogues with thresholds (infer/thresholds.hpp). The convolutions
/// write codes of one byte, and the pools read these codes.
struct bytes_before : model<image<3, 9, 9>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm, relu,
                            conv<18, scheme<integer<8>, integer<4>>>, batch_norm, last> {};
struct bytes_overlapping
    : model<image<3, 9, 9>, conv<33, scheme<pixels, ternary<>>>, batch_norm, max_pool<3, stride<2>>, batch_norm,
            conv<18, scheme<integer<6>, integer<8>>>, batch_norm, quantize<integer<8>>, last> {};

/// Networks with pools whose windows begin in the padding. Some pools are computed as part of an epilogue with
/// thresholds (folded), some read codes of one byte, and some read floats.
struct max_padded : model<image<3, 9, 9>, first, conv<33, low>, max_pool<3, stride<2>, padding<1>>, batch_norm, last> {
};
struct max_padded_behind : model<image<3, 8, 9>, first, conv<33, minw<3, 2>>, batch_norm, relu6,
                                 max_pool<2, stride<1>, padding<1, 0>>, last> {};
struct max_padded_floats : model<image<3, 9, 9>, first, conv<33, low>, max_pool<3, stride<2>, padding<1>>, batch_norm,
                                 max_pool<3, padding<1>>, last> {};
struct max_padded_bytes
    : model<image<3, 9, 9>, conv<33, scheme<pixels, ternary<>>>, batch_norm, max_pool<3, stride<2>, padding<1>>, relu6,
            conv<18, scheme<integer<8>, integer<8>>>, batch_norm, last> {};
struct average_padded
    : model<image<3, 9, 9>, first, conv<33, low>, average_pool<3, stride<2>, padding<1>>, batch_norm, last> {};
struct average_padded_behind
    : model<image<3, 9, 9>, first, conv<33, low>, batch_norm, average_pool<3, stride<2>, padding<1>>, last> {};

template <class Model, std::size_t S>
constexpr bool encodes = detail::stage_plan<Model, S>::ends_in == minnow::detail::stage_end::requantize;
template <class Model, std::size_t S>
constexpr bool folds = detail::stage_plan<Model, S>::ends_in == minnow::detail::stage_end::thresholds;

}  // namespace

// Checks which pools are folded into an epilogue with thresholds.
static_assert(folds<max_overlapping, 0> && folds<max_overlapping, 1> && folds<max_overlapping_behind, 1> &&
              folds<max_between, 1>);
static_assert(folds<average_before, 1> && folds<average_of_nine, 1> && folds<global_before, 1>);
static_assert(!folds<two_maxima, 1> && !folds<average_of_integers, 1> && !folds<average_of_pixels, 0> &&
              !folds<average_behind, 1>);
static_assert(!folds<global_behind, 1> && !folds<average_beyond_floats, 1>);
static_assert(encodes<bytes_before, 0> && encodes<bytes_overlapping, 0> && encodes<bytes_overlapping, 1>);
static_assert(folds<max_padded, 1> && folds<max_padded_behind, 1> && !folds<max_padded_floats, 1> &&
              encodes<max_padded_bytes, 0> && folds<average_padded, 1> && !folds<average_padded_behind, 1>);
static_assert(!encodes<max_overlapping, 0> && !encodes<average_behind, 1>);

TEST_SUITE("agreement/structures_pool") {
  TEST_CASE_TEMPLATE("max pools before and behind batch norm, overlapping, twice", Model, max_overlapping,
                     max_overlapping_behind, max_between, two_maxima) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("average pools before and behind batch norm, of every kind of product", Model, average_before,
                     average_of_nine, average_of_integers, average_of_pixels, average_behind, average_beyond_floats) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("padded pools", Model, max_padded, max_padded_behind, max_padded_floats, max_padded_bytes,
                     average_padded, average_padded_behind) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("max pools of 8-bit codes", Model, bytes_before, bytes_overlapping) { check_model<Model>(); }

  TEST_CASE_TEMPLATE("global average pools before and behind batch norm", Model, global_before, global_behind) {
    check_model<Model>();
  }
}
