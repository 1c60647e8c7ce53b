#pragma once

// Includes the processor's intrinsics and xsimd.
//
// The AVX-512 intrinsics of g++ before 13 start from a register that is deliberately not initialized (`__m512i __Y =
// __Y`). -Wall reports this register in every program that inlines such an intrinsic, although the intrinsic is in a
// system header (GCC bug 105593; g++ 13 has these pragmas in its own header). xsimd calls these intrinsics, so
// replacing them in this library would not help. The pragmas apply only to the lines of <immintrin.h>, and only if no
// other header has included it before.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && (defined(__x86_64__) || defined(__i386__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

#include <xsimd/xsimd.hpp>
