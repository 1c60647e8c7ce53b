// The loop that a user would write: xor and std::popcount on 64-bit words, compiled with the flags of this build.

#include <bit>
#include <cstdint>
#include <memory>

#include "peers.hpp"

namespace {

using namespace bench;

/// Multiplies a (m, words) by b (n, words) into c (m, n). Each result is the sum of 64 · words products of ±1.
void multiply(const std::uint64_t* a, const std::uint64_t* b, std::int32_t* c, int m, int n, int words) {
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      int count = 0;
      for (int k = 0; k < words; ++k) count += std::popcount(a[i * words + k] ^ b[j * words + k]);
      c[i * n + j] = 64 * words - 2 * count;
    }
}

std::string about() { return "u64 xor and std::popcount, this build's flags"; }

call make(peers::task task, const minnow::geometry& g) {
  if (task != peers::task::bit_matrix || g.inputs() % 64 != 0) return {};
  const int m = g.out.pixels();
  const int n = g.out.channels;
  const int words = g.inputs() / 64;
  const auto a = std::make_shared<buffer<std::uint64_t>>(static_cast<std::size_t>(m * words), minnow::seed{1});
  const auto b = std::make_shared<buffer<std::uint64_t>>(static_cast<std::size_t>(n * words), minnow::seed{2});
  const auto c = std::make_shared<buffer<std::int32_t>>(static_cast<std::size_t>(m * n));
  return [=] { multiply(a->data(), b->data(), c->data(), m, n, words); };
}

const peers::enrol enrolled({"naive", "", about, make});

}  // namespace
