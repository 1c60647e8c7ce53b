#pragma once

// The network of every method: Model D of MINW-Net with widths divided by 4. Every layer uses the method's scheme,
// except that the image stays in bytes.

#include <type_traits>

#include <minnow/quantize/methods.hpp>

#include "../study.hpp"

namespace mm = mn::methods;

inline constexpr int filters = 16;
inline constexpr int hidden_1 = 32;
inline constexpr int hidden_2 = 128;

/// Batch norm, followed by a relu if the scheme's inputs are not quantized: such inputs need a nonlinearity.
template <class Scheme>
using norm = std::conditional_t<std::is_same_v<typename Scheme::inputs, mn::real>, mn::chain<mn::batch_norm, mn::relu>,
                                mn::batch_norm>;

template <class Scheme>
using first = mn::chain<mn::conv<filters, mn::scheme<mn::pixels, typename Scheme::weights>>, norm<Scheme>>;
template <class Scheme>
using dense_part = mn::chain<mn::dense<hidden_1, Scheme>, norm<Scheme>, mn::dense<hidden_2, Scheme>, norm<Scheme>,
                             mn::dense<classes, Scheme>, mn::batch_norm>;

template <class S>
struct method_network
    : mn::model<mn::image<3, 32, 32>, first<S>, mn::conv<filters, S>, mn::max_pool<2>, norm<S>,  //
                mn::conv<2 * filters, S>, norm<S>, mn::conv<2 * filters, S>, mn::max_pool<2>, norm<S>,
                mn::conv<4 * filters, S>, norm<S>, mn::conv<4 * filters, S>, mn::max_pool<2>, norm<S>, dense_part<S>> {
};

/// Trains the network of one method and seed at the best rate.
template <class Model, class Estimator>
void run_method(study& s, int seed, const std::string& method, const alpha_schedule& alpha = mn::constant{1}) {
  s.train(method, seed, [&](task& t, const std::string& row, int run_seed, float rate) {
    run_one<Model, Estimator>(t, row, run_seed, adam_of(t.o, rate), alpha);
  });
}

/// Runs a method with an estimator that is chosen at run time, and with that estimator's schedule.
template <class Scheme>
void run_chosen(study& s, int seed, const std::string& method, const std::string& estimator = "ste") {
  chosen::choose(estimator);
  run_method<method_network<Scheme>, chosen>(s, seed, method, chosen::now->schedule);
}

/// Run the methods with 1-bit weights and inputs, with 2-bit inputs, with 8-bit inputs, with unquantized inputs, and those
/// that a method's own estimator trains or whose levels are fitted. Each function is in a separate translation unit.
void run_one_bit(study& s, int seed);
void run_two_bits(study& s, int seed);
void run_eight_bits(study& s, int seed);
void run_real_inputs(study& s, int seed);
void run_other(study& s, int seed);
