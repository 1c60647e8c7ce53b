#pragma once

// The network of every method: Model D of MINW-Net with widths divided by 4. Every layer uses the method's scheme,
// except that the image stays in bytes.

#include <type_traits>

#include <minnow/quantize/methods.hpp>

#include "../run.hpp"

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
                             mn::dense<10, Scheme>, mn::batch_norm>;

template <class S>
struct method_network
    : mn::model<mn::image<3, 32, 32>, first<S>, mn::conv<filters, S>, mn::max_pool<2>, norm<S>,  //
                mn::conv<2 * filters, S>, norm<S>, mn::conv<2 * filters, S>, mn::max_pool<2>, norm<S>,
                mn::conv<4 * filters, S>, norm<S>, mn::conv<4 * filters, S>, mn::max_pool<2>, norm<S>, dense_part<S>> {
};

/// The runs of one seed. Learning rates are compared on `search`, which has fewer images and epochs, and which measures
/// accuracy on training images that it does not train on.
struct study {
  task& t;
  task& search;
  const std::vector<float>& rates;
  int seed;
};

/// Trains the network at each rate on `search`, then at the best rate on `t`.
template <class Model, class Estimator>
void run_method(study& s, const std::string& method, const alpha_schedule& alpha = mn::constant{1}) {
  float best = s.rates.front();
  for (double highest = -1; const float rate : s.rates) {
    std::ostringstream row;
    row << method << " at " << rate;
    if (s.rates.size() > 1) {
      run_one<Model, Estimator>(s.search, row.str(), 1, rate, alpha);
      if (const double accuracy = s.search.found.all().at(row.str()).at(1); accuracy > highest) {
        highest = accuracy;
        best = rate;
      }
    }
  }
  run_one<Model, Estimator>(s.t, method, s.seed, best, alpha);
}

/// Runs a method with an estimator that is chosen at run time, and with that estimator's schedule.
template <class Scheme>
void run_chosen(study& s, const std::string& method, const std::string& estimator = "ste") {
  chosen::choose(estimator);
  run_method<method_network<Scheme>, chosen>(s, method, chosen::now->schedule);
}

/// Run the methods with 1-bit weights and inputs, with 2-bit inputs, with 8-bit inputs, and with unquantized inputs.
/// Each function is in a separate translation unit.
void run_one_bit(study& s);
void run_two_bits(study& s);
void run_eight_bits(study& s);
void run_real_inputs(study& s);
