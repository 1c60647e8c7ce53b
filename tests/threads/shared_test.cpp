#include <minnow/infer/session.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <vector>

#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>

#include "random_numbers.hpp"

using namespace minnow;

namespace {

struct of_all_stages
    : model<image<2, 6, 6>, conv<18, scheme<pixels, ternary<>>>, max_pool<2>, batch_norm, conv<9, minw<1, 1>>,
            batch_norm, conv<8, scheme<integer<8>, integer<4>>>, batch_norm, dense<5, minw<16, 2>>, bias> {};

}  // namespace

TEST_SUITE("threads/shared") {
  TEST_CASE("threads that share a packed network, each with a session of its own, get what one alone gets") {
    network<of_all_stages> net{seed{1}};
    const packed<of_all_stages> shared = pack(net);
    constexpr int images = 64, threads = 8;
    const auto all = test::random_bytes(images * layer_graph<of_all_stages>::input.size(), 2);
    const auto alone = shared.run(std::span<const std::uint8_t>(all));
    std::vector<std::vector<float>> found(threads, std::vector<float>(alone.size()));
    {
      std::vector<std::jthread> running;
      for (auto& logits : found)
        running.emplace_back([&] {
          session<packed<of_all_stages>>(shared).run(std::span<const std::uint8_t>(all), std::span<float>(logits));
        });
    }
    for (const auto& logits : found) CHECK(logits == alone);
  }
}
