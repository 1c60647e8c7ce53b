#pragma once

// Expected codes of weights.

#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/role.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::test {

/// The codes of a weight tensor, computed by the quantizer's own scalar rule, and the scale of each filter.
template <class Q>
struct coded {
  std::vector<int> codes;
  std::vector<float> scales;

  coded(const std::vector<float>& w, int filters) {
    const std::size_t row = w.size() / static_cast<std::size_t>(filters);
    typename Q::state s{};
    for (std::size_t f = 0; f < static_cast<std::size_t>(filters); ++f) {
      if (Q::per_channel) {
        s = {};
        Q::observe(s, std::span(w).subspan(f * row, row), role::weights);
      } else if (f == 0) {
        Q::observe(s, w, role::weights);
      }
      scales.push_back(Q::scale(s));
      for (std::size_t k = 0; k < row; ++k) codes.push_back(static_cast<int>(Q::code(w[f * row + k], s)));
    }
  }
};

}  // namespace minnow::test
