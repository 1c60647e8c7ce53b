#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/code_layout.hpp>

/// Sizes, packing and unpacking of weights. The table in layout.hpp shows the layout and defines F, C and K.
namespace minnow::kernels {

/// Storage order of weights, which depends on the encodings of inputs and weights. In the table of layout.hpp: `planes`
/// for planes × planes, `masks` for numbers × planes, `quads` for integers × byte or nibble, `numbers` for the rest.
enum class weight_order : std::uint8_t { planes, masks, quads, numbers };

template <encoding In, encoding Weights>
[[nodiscard]] constexpr weight_order weight_order_of() noexcept {
  if (is_integer(In) && (Weights == encoding::nibble || Weights == encoding::byte)) return weight_order::quads;
  if (!is_planes(Weights)) return weight_order::numbers;
  return is_planes(In) ? weight_order::planes : weight_order::masks;
}

/// Returns true if a word of 32 channels of weights is stored as its parity (xor) with the word before it. This holds
/// for the second word of each pair if weights and inputs are bits: the parity chain of xnor/pairs.hpp needs this form.
template <encoding In, encoding Weights>
[[nodiscard]] constexpr bool is_paired(int channel_word) noexcept {
  return In == encoding::bit && Weights == encoding::bit && channel_word % 2 != 0;
}

/// Returns true if weights switch to the order for float inputs. A grouped convolution uses that order for all inputs:
/// its groups have few channels, and words of 32 channels or quads of 4 channels would be mostly padding. False for
/// `real` inputs, which need no switch.
template <encoding In>
[[nodiscard]] constexpr bool in_order_of_floats(const geometry& g) noexcept {
  return In != encoding::real && g.groups != 1;
}

/// Number of groups of 4 channels, the operands of byte dot products. In the last group, the channels beyond the last
/// one are 0.
[[nodiscard]] constexpr int channel_quads(int channels) noexcept { return ceil_div(channels, 4); }

/// Bytes of one block of `filters` (1 … 16) filters.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_block_bytes(const geometry& g, int filters) noexcept {
  if (in_order_of_floats<In>(g)) return weight_block_bytes<encoding::real, Weights, Bits>(g, filters);
  constexpr weight_order order = weight_order_of<In, Weights>();
  const auto nf = index(filters);
  const auto taps = index(g.kernel.height * g.kernel.width);
  const std::size_t inputs = taps * index(g.group_channels());
  if constexpr (order == weight_order::planes) {
    return taps * index(channel_words(g.group_channels())) * weight_planes<Weights, Bits>() * nf * 4;
  } else if constexpr (order == weight_order::masks) {
    return inputs * weight_planes<Weights, Bits>() * 2;
  } else if constexpr (order == weight_order::quads) {
    const std::size_t quads = taps * index(channel_quads(g.group_channels()));
    return quads * nf * (Weights == encoding::nibble ? 2 : 4);
  } else if constexpr (Weights == encoding::nibble) {
    return inputs * ((nf + 1) / 2);
  } else {
    return inputs * nf * (Weights == encoding::real ? 4 : Weights == encoding::half ? 2 : 1);
  }
}

/// Byte offset of a block: the size of the `block` full blocks before it.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_block_offset(const geometry& g, int block) noexcept {
  return index(block) * weight_block_bytes<In, Weights, Bits>(g, block_filters);
}

/// Bytes of all packed weights, without the padding that the owner of the memory adds.
template <encoding In, encoding Weights, int Bits = 3>
[[nodiscard]] constexpr std::size_t weight_bytes(const geometry& g) noexcept {
  const int last = blocks(g.out.channels) - 1;
  return weight_block_offset<In, Weights, Bits>(g, last) +
         weight_block_bytes<In, Weights, Bits>(g, filters_of(g.out.channels, last));
}

/// Packs codes (F, K) -> packed weights.
///
/// requires  each code is valid for Weights; weight_bytes<In, Weights, Bits>(g) bytes at `packed`
/// throws    never
template <encoding In, encoding Weights, int Bits = 3>
constexpr void pack_weights(const geometry& g, const code<Weights>* codes, std::byte* packed) noexcept {
  if (in_order_of_floats<In>(g)) return pack_weights<encoding::real, Weights, Bits>(g, codes, packed);
  constexpr weight_order order = weight_order_of<In, Weights>();
  constexpr int planes = weight_planes<Weights, Bits>();
  const int inputs = g.inputs();
  const int taps = g.kernel.height * g.kernel.width;
  for (int block = 0; block < blocks(g.out.channels); ++block) {
    const int nf = filters_of(g.out.channels, block);
    const auto at = [&](int filter, int k) {
      return codes[index(block * block_filters + filter) * index(inputs) + index(k)];
    };
    if constexpr (order == weight_order::planes) {
      for (int tap = 0; tap < taps; ++tap) {
        for (int first = 0; first < g.group_channels(); first += word_bits) {
          const int bits = g.group_channels() - first < word_bits ? g.group_channels() - first : word_bits;
          for (int plane = 0; plane < planes; ++plane) {
            for (int filter = 0; filter < nf; ++filter, packed += 4) {
              word w = 0;
              for (int i = 0; i < bits; ++i) {
                const int value = at(filter, tap * g.group_channels() + first + i);
                w |= static_cast<word>(detail::weight_bit<Weights, Bits>(plane, value)) << i;
              }
              if (is_paired<In, Weights>(first / word_bits)) w ^= detail::load32(packed - nf * 4);
              detail::store32(packed, w);
            }
          }
        }
      }
    } else if constexpr (order == weight_order::masks) {
      for (int k = 0; k < inputs; ++k) {
        for (int plane = 0; plane < planes; ++plane, packed += 2) {
          std::uint32_t mask = 0;
          for (int filter = 0; filter < nf; ++filter) {
            mask |= static_cast<std::uint32_t>(detail::weight_bit<Weights, Bits>(plane, at(filter, k))) << filter;
          }
          detail::store16(packed, mask);
        }
      }
    } else if constexpr (order == weight_order::quads) {
      for (int tap = 0; tap < taps; ++tap) {
        for (int first = 0; first < g.group_channels(); first += 4) {
          for (int filter = 0; filter < nf; ++filter) {
            std::uint32_t quad = 0;
            for (int i = 0; i < 4 && first + i < g.group_channels(); ++i) {
              const auto bits = static_cast<std::uint32_t>(at(filter, tap * g.group_channels() + first + i));
              quad |= Weights == encoding::nibble ? (bits & 15) << 4 * i : (bits & 255) << 8 * i;
            }
            if (Weights == encoding::nibble) detail::store16(packed, quad);
            else detail::store32(packed, quad);
            packed += Weights == encoding::nibble ? 2 : 4;
          }
        }
      }
    } else {
      for (int k = 0; k < inputs; ++k) {
        if constexpr (Weights == encoding::nibble) {
          for (int filter = 0; filter < nf; filter += 2, ++packed) {
            const int low = at(filter, k) & 15;
            const int high = filter + 1 < nf ? at(filter + 1, k) & 15 : 0;
            *packed = static_cast<std::byte>(low | high << 4);
          }
        } else {
          for (int filter = 0; filter < nf; ++filter) {
            detail::store_number<Weights>(packed, index(filter), at(filter, k));
          }
          packed += index(nf) * (Weights == encoding::real ? 4 : Weights == encoding::half ? 2 : 1);
        }
      }
    }
  }
}

/// Unpacks one block: packed weights -> codes (K, 16), converted to element type `Code`. The codes beyond the block's
/// last filter are 0.
///
/// requires  `packed` points to the first block, room for K · 16 codes
/// throws    never
template <encoding In, encoding Weights, int Bits = 3, class Code = code<Weights>>
constexpr void unpack_weight_block(const geometry& g, const std::byte* packed, int block, Code* codes) noexcept {
  if (in_order_of_floats<In>(g)) return unpack_weight_block<encoding::real, Weights, Bits>(g, packed, block, codes);
  constexpr weight_order order = weight_order_of<In, Weights>();
  constexpr int planes = weight_planes<Weights, Bits>();
  assert(block >= 0 && block < blocks(g.out.channels) && "a block of these weights");
  packed += weight_block_offset<In, Weights, Bits>(g, block);
  const int nf = filters_of(g.out.channels, block);
  const int channels = g.group_channels();
  [[maybe_unused]] const int words = channel_words(channels);

  for (int k = 0; k < g.inputs(); ++k, codes += block_filters) {
    for (int filter = 0; filter < block_filters; ++filter) {
      if (filter >= nf) {
        codes[filter] = Code{};
      } else if constexpr (order == weight_order::planes) {
        const int c = k % channels;
        const int row = (k / channels * words + c / word_bits) * planes;
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) {
          const std::byte* at = packed + (index(row + p) * index(nf) + index(filter)) * 4;
          word w = detail::load32(at);
          if (is_paired<In, Weights>(c / word_bits)) w ^= detail::load32(at - static_cast<std::ptrdiff_t>(nf) * 4);
          bits |= (w >> (c % word_bits) & 1u) << p;
        }
        codes[filter] = static_cast<Code>(detail::weight_code<Weights, Bits>(bits));
      } else if constexpr (order == weight_order::masks) {
        std::uint32_t bits = 0;
        for (int p = 0; p < planes; ++p) {
          const std::byte* at = packed + (index(k) * planes + index(p)) * 2;
          bits |= (static_cast<std::uint32_t>(detail::load16(at)) >> filter & 1u) << p;
        }
        codes[filter] = static_cast<Code>(detail::weight_code<Weights, Bits>(bits));
      } else if constexpr (order == weight_order::quads) {
        const int c = k % channels;
        const int row = k / channels * channel_quads(channels) + c / 4;
        const auto quad = index(row) * index(nf) + index(filter);
        if constexpr (Weights == encoding::nibble) {
          codes[filter] = static_cast<Code>(detail::nibble_value(detail::load16(packed + quad * 2) >> 4 * (c % 4)));
        } else {
          const std::byte* at = packed + quad * 4 + c % 4;
          codes[filter] = static_cast<Code>(detail::load_number<Weights>(at, 0));
        }
      } else if constexpr (Weights == encoding::nibble) {
        const auto row = index(k) * index((nf + 1) / 2);
        const auto both = static_cast<unsigned>(packed[row + index(filter / 2)]);
        codes[filter] = static_cast<Code>(detail::nibble_value(filter % 2 == 0 ? both : both >> 4));
      } else {
        const auto at = index(k) * index(nf) + index(filter);
        codes[filter] = static_cast<Code>(detail::load_number<Weights>(packed, at));
      }
    }
  }
}

}  // namespace minnow::kernels
