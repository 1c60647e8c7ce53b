// XNNPACK: convolutions of signed bytes into signed bytes, with channels last.

#include <xnnpack.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>

#include "peers.hpp"

namespace {

using namespace bench;

std::string about() { return "qs8"; }

void check(xnn_status status, const char* what) {
  if (status != xnn_status_success) throw std::runtime_error(std::string("XNNPACK: ") + what + " failed");
}

struct release {
  void operator()(xnn_operator_t o) const noexcept { (void)xnn_delete_operator(o); }
};

call make(peers::task task, const minnow::geometry& g) {
  if (task != peers::task::byte_convolution) return {};
  check(xnn_initialize(nullptr), "initialization");
  const auto unsigned_of = [](int n) { return static_cast<std::uint32_t>(n); };
  const auto size_of = [](int n) { return static_cast<std::size_t>(n); };
  const auto in = std::make_shared<buffer<std::int8_t>>(size_of(g.in.size()), minnow::seed{1});
  const auto out = std::make_shared<buffer<std::int8_t>>(size_of(g.out.size()));
  const buffer<std::int8_t> weights(size_of(g.weights()), minnow::seed{2});
  const std::uint32_t vertical = unsigned_of(g.padding.height);
  const std::uint32_t horizontal = unsigned_of(g.padding.width);
  using limits = std::numeric_limits<std::int8_t>;
  xnn_operator_t made = nullptr;
  check(xnn_create_convolution2d_nhwc_qs8(
            vertical, horizontal, vertical, horizontal, unsigned_of(g.kernel.height), unsigned_of(g.kernel.width),
            unsigned_of(g.stride.height), unsigned_of(g.stride.width), 1, 1, 1, size_of(g.in.channels),
            size_of(g.out.channels), size_of(g.in.channels), size_of(g.out.channels), 0, 1, 1, weights.data(), nullptr,
            0, 4096, limits::min(), limits::max(), 0, &made),
        "making a convolution");
  const std::shared_ptr<xnn_operator> product(made, release{});
  check(xnn_setup_convolution2d_nhwc_qs8(made, 1, size_of(g.in.height), size_of(g.in.width), in->data(), out->data(),
                                         nullptr),
        "setting up a convolution");
  // The operator only borrows its maps, so the call keeps them alive.
  return [product, in, out] { (void)xnn_run_operator(product.get(), nullptr); };
}

const peers::enrol enrolled({"XNNPACK", "libxnnpack-dev", about, make});

}  // namespace
