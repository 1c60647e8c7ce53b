// Counts the allocations of a training step with this program's own malloc. That malloc forwards to glibc's internal
// functions, so the test needs glibc and runs without sanitizers.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MINNOW_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MINNOW_SANITIZED 1
#endif

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/train.hpp>

#include "single_layer.hpp"

#if defined(__GLIBC__) && !defined(MINNOW_SANITIZED)

namespace {
std::atomic<long long> allocations{0};
}

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* at, std::size_t size) {
  ++allocations;
  return __libc_realloc(at, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) {
  ++allocations;
  *to = __libc_memalign(alignment, size);
  return *to != nullptr ? 0 : ENOMEM;
}
}

using namespace minnow;

namespace {

/// A network with products of bits and of floats, grouped products, batch norms (some of which the next quantizer
/// computes), pools, and branches.
struct everything
    : model<image<3, 16, 16>, conv<32, scheme<pixels, sign>>, batch_norm, conv<32, minw<1, 1>>, max_pool<2>, batch_norm,
            residual<chain<conv<32, minw<2, 2>>, batch_norm, relu, depthwise_conv<scheme<integer<8>, integer<8>>>,
                           batch_norm>>,
            conv<48, minw<3, 3>, kernel<1>, padding<0>>, bias, hard_tanh, concatenated<conv<16, real, groups<2>>>,
            average_pool<2>, dense<64, minw<1, 1>>, batch_norm, dense<10, minw<1, 2>>, batch_norm> {};

/// Counts the allocations of three steps, after two steps that allocate the buffers. Uses one thread: with several
/// threads, a thread may do some kind of work for the first time in a later step, and would allocate its buffers only
/// then.
template <class Estimator>
long long counted(float alpha) {
  set_threads(1);
  constexpr int images = 16;
  network<everything, Estimator> net{seed{1}};
  const auto drawn = test::uniform(images * 3 * 16 * 16, 2, 0, 255);
  std::vector<float> gradient(images * 10, 0.01f);
  updater update(adam{.rate = 1e-3f});
  const pass p{.mode = mode::train, .alpha = alpha, .unquantized_fraction = 1 - alpha};
  long long before = 0;
  for (int step = 0; step < 5; ++step) {
    if (step == 2) before = allocations;
    const auto in = net.prepare(images);
    for (std::size_t k = 0; k < in.size(); ++k) in[k] = std::floor(drawn[k]);
    (void)net.forward(p);
    net.backward(gradient, p);
    update.step(net, {step, 5, 5}, alpha, true);
  }
  const long long result = allocations - before;
  set_threads(0);
  return result;
}

}  // namespace

TEST_SUITE("allocation/step") {
  TEST_CASE("this program's allocations are counted") {
    const long long before = allocations;
    std::vector<float> some(1000);
    kernels::aligned_floats aligned(1000);
    CHECK(some.data() != nullptr);
    CHECK(aligned.data() != nullptr);
    CHECK(allocations - before == 2);
  }

  TEST_CASE("a step of training allocates nothing, once two have made room") {
    CHECK(counted<ste>(1) == 0);
    CHECK(counted<aqe>(0.5f) == 0);
  }
}

#endif
