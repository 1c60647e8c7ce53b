#pragma once

#include <cstdint>

#include <minnow/core/shape.hpp>
#include <minnow/kernels/operand.hpp>

namespace minnow::detail {

/// A reference to any sink (kernels/sink/sink.hpp) for kernels that pass plain sums.
struct device_sink {
  void (*put_block)(const void* sink, int y, int x, int channel, int filters, const std::int32_t* sums) noexcept;
  const void* sink;

  template <class Sink>
  [[nodiscard]] static device_sink of(const Sink& sink) noexcept {
    return {[](const void* to, int y, int x, int channel, int filters, const std::int32_t* sums) noexcept {
              static_cast<const Sink*>(to)->put(y, x, channel, filters, sums);
            },
            &sink};
  }
  void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
    put_block(sink, y, x, channel, filters, sums);
  }
};

/// A product whose kernel is compiled once for all sinks, so that a program for a device stays small.
template <class Product>
struct device_product : Product {
  template <class Sink>
  static void rows(const geometry& g, const kernels::operands& o, int first, int last, const Sink& sink) noexcept {
    run(g, o, first, last, device_sink::of(sink));
  }

private:
  [[gnu::noinline]] static void run(const geometry& g, const kernels::operands& o, int first, int last,
                                    device_sink sink) noexcept {
    Product::rows(g, o, first, last, sink);
  }
};

}  // namespace minnow::detail
