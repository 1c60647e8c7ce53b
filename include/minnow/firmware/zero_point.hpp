#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>

/// Products of inputs that have a zero point, for firmware.
namespace minnow::detail {

/// A product whose inputs are bytes q with the codes q - zero. `Product` multiplies the bytes, and a table corrects its
/// sums: the entry of a tap and a filter is -zero times the sum of the weights, over all channels. A sum's correction
/// is the total over the taps inside the image; the last row of the table holds the total over all taps.
template <class Product, class In, class Weights>
struct zero_point_product {
  using sum_type = std::int32_t;

  [[nodiscard]] static constexpr int taps(const geometry& g) noexcept { return g.kernel.height * g.kernel.width; }
  /// Bytes of the product's own data, in front of the table.
  [[nodiscard]] static constexpr std::size_t table_begin(const geometry& g) noexcept {
    return round_up(Product::prepared_bytes(g), 8);
  }
  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return table_begin(g) + index(taps(g) + 1) * index(kernels::sum_stride(g.out.channels)) * sizeof(std::int32_t);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return Product::scratch_bytes(g);
  }

  /// On the host: computes the table.
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int zero) {
    Product::prepare(g, weights, prepared);
    auto* table = reinterpret_cast<std::int32_t*>(prepared + table_begin(g));
    const auto stride = index(kernels::sum_stride(g.out.channels));
    std::vector<std::int16_t> codes(index(g.inputs()) * kernels::block_filters);
    for (int block = 0; block < kernels::blocks(g.out.channels); ++block) {
      kernels::unpack_weight_block<In::storage, Weights::storage, Weights::bits>(g, weights, block, codes.data());
      const int filters = kernels::filters_of(g.out.channels, block);
      std::int32_t* window_sums = table + index(taps(g)) * stride + block * kernels::block_filters;
      for (int tap = 0; tap < taps(g); ++tap) {
        std::int32_t* to = table + index(tap) * stride + block * kernels::block_filters;
        for (int f = 0; f < filters; ++f)
          for (int c = 0; c < g.group_channels(); ++c)
            to[f] -= zero * codes[index((tap * g.group_channels() + c) * kernels::block_filters + f)];
        for (int f = 0; f < filters; ++f) window_sums[f] += to[f];
      }
    }
  }

  template <class Sink>
  static void rows(const geometry& g, const kernels::operands& o, int first, int last, const Sink& sink) noexcept {
    const auto* table = reinterpret_cast<const std::int32_t*>(o.prepared + table_begin(g));
    Product::rows(g, {o.inputs, o.weights, o.prepared, o.scratch}, first, last, correcting<Sink>{g, sink, table});
  }

private:
  /// Corrects sums, and passes them on.
  template <class Sink>
  struct correcting {
    const geometry& g;
    const Sink& sink;
    const std::int32_t* table;

    void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
      const int stride = kernels::sum_stride(g.out.channels);
      std::int32_t corrected[kernels::block_filters] = {};
      const auto add = [&](int row) {
        const std::int32_t* from = table + row * stride + channel;
        for (int f = 0; f < filters; ++f) corrected[f] += from[f];
      };
      for (int f = 0; f < filters; ++f) corrected[f] = sums[f];
      const int_range rows = g.y_axis().taps(y), columns = g.x_axis().taps(x);
      if (rows.size() * columns.size() == taps(g)) {
        add(taps(g));
      } else {
        for (int ky = rows.first; ky < rows.last; ++ky)
          for (int kx = columns.first; kx < columns.last; ++kx) add(ky * g.kernel.width + kx);
      }
      sink.put(y, x, channel, filters, corrected);
    }
  };
};

}  // namespace minnow::detail
