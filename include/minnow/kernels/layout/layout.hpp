#pragma once

#include <minnow/kernels/layout/code_layout.hpp>
#include <minnow/kernels/layout/input_layout.hpp>
#include <minnow/kernels/layout/weight_layout.hpp>

/// The byte order of packed inputs and weights. It is the file's order on every processor: everything here reads and
/// writes little-endian bytes, and can run at compile time.
///
/// With F filters, C channels, Cw = ceil(C / 32), Cq = ceil(C / 4), taps = kh · kw, K = taps · C in the order
/// (ky, kx, c); integers are all encodings but half and real, floats are those two:
///
/// inputs, per pixel                       weights, per block of 16 filters, nf = min(16, F - 16 block)
/// planes        words [Cw][planes]        planes × planes      words [taps · Cw][planes][nf]
/// nibble, byte  int8 [C]                  numbers × planes     uint16 [K][planes], bit i = filter i
/// unsigned_…    uint8 [C]                 integers × byte      int8 [taps · Cq][nf][4], channels from C on 0
/// pixel         uint8 [C]                 integers × nibble    uint16 [taps · Cq][nf], channel 4q + i in bits 4i … 4i + 3
/// half          uint16 [C]                floats × byte        int8 [K][nf]
/// real          float [C]                 floats × nibble      uint8 [K][ceil(nf / 2)], even filter low
///                                         any × half, real     uint16, float [K][nf]
///
/// With groups C is the channels of one, and weights stand as those under floats, whatever the inputs.
///
/// Of bit weights under bit inputs every second word of a tap is stored as its parity with the word before it.
///
/// A last block is stored without padding. Unused bits are 0. SIMD kernels may read up to 64 bytes past the end of
/// either: the owner of the memory pads it; the sizes that these headers state are exact.
