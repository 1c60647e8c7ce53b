#pragma once

#include <minnow/kernels/layout/code_layout.hpp>
#include <minnow/kernels/layout/input_layout.hpp>
#include <minnow/kernels/layout/weight_layout.hpp>

/// Layout of packed inputs and weights. It is the same in memory and in files, on every processor: all functions of
/// this folder read and write little-endian bytes, and can run at compile time.
///
/// The files of this folder, in the order in which a layer uses them:
///
/// code_layout.hpp    single codes: element types, bits of a code, loads and stores, blocks of 16 filters
/// weight_layout.hpp  packs the weights of a layer, once; unpacks one block for the kernels that need decoded weights
/// input_layout.hpp   packs the input map of a network and unpacks maps
/// flatten.hpp        closes the gaps between the pixels of a map that a dense layer reads as one long pixel
///
/// This header includes all of them except flatten.hpp.
///
/// The table uses F filters, C channels, Cw = ceil(C / 32), Cq = ceil(C / 4), taps = kh · kw (the positions of the
/// convolution kernel), and K = taps · C inputs of a window in the order (ky, kx, c). "floats" means half and real,
/// "integers" means all other encodings:
///
/// inputs, per pixel                       weights, per block of 16 filters, nf = min(16, F - 16 block)
/// planes        words [Cw][planes]        planes × planes      words [taps · Cw][planes][nf]
/// nibble, byte  int8 [C]                  numbers × planes     uint16 [K][planes], bit i = filter i
/// unsigned_…    uint8 [C]                 integers × byte      int8 [taps · Cq][nf][4], channels from C on 0
/// pixel         uint8 [C]                 integers × nibble    uint16 [taps · Cq][nf], channel 4q+i in bits 4i … 4i+3
/// half          uint16 [C]                floats × byte        int8 [K][nf]
/// real          float [C]                 floats × nibble      uint8 [K][ceil(nf / 2)], even filter low
///                                         any × half, real     uint16, float [K][nf]
///
/// In a grouped convolution, C is the number of channels of one group, and weights are stored in the order for float
/// inputs, whatever the inputs are.
///
/// For bit weights with bit inputs, every second word of a tap is stored as its parity (xor) with the word before it.
///
/// The last block is stored without padding. Unused bits are 0. SIMD kernels may read up to 64 bytes past the end of
/// inputs and weights. The owner of the memory adds this padding; the sizes in these headers do not include it.
