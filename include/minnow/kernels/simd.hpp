#pragma once

// The processor's intrinsics and xsimd.
//
// The AVX-512 intrinsics of g++ before 13 begin with a register that is deliberately not initialized (`__m512i __Y = __Y`), and
// -Wall reports it in every program that inlines one, from system headers too (GCC bug 105593; 13 has these pragmas in its own
// header). xsimd's functions are among them, so other intrinsics here would not help. The pragmas count for the lines of that
// header alone, and only if nothing has included it before.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && (defined(__x86_64__) || defined(__i386__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

#include <xsimd/xsimd.hpp>
