#pragma once

// Files of one program that are compiled for different processors (-march, -m<feature>) do not link.
//
// Their inline functions have the same names, also those of the standard library, and the linker keeps one copy of each: the one of a
// wider processor ends the program on an older one. Each object refers to a symbol whose name spells its features, and holds it in a
// group that all objects share. The linker keeps the first group, so a second set of features is undefined:
// minnow_compiled_with_different_march_…, in which a feature that a file has is a 1.
//
// Each shared library has a group of its own, and so have the units of minnow_dispatch, whose groups are dissolved. Nothing is seen with
// -flto. For clang's -flto, which takes two definitions in assembly for a mistake, clang's symbol is weak; what is weak may be undefined for
// lld, and for GNU ld in a program that is no PIE.
#if defined(__ELF__) && defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
#define MINNOW_TEXT_OF(x) #x
#define MINNOW_TEXT(x) MINNOW_TEXT_OF(x)
#if defined(__x86_64__)
#define MINNOW_MARCH \
  "minnow_compiled_with_different_march_" MINNOW_TEXT(__SSE3__) "_" MINNOW_TEXT(__SSSE3__) "_" MINNOW_TEXT(__SSE4_1__)    \
  "_" MINNOW_TEXT(__SSE4_2__) "_" MINNOW_TEXT(__POPCNT__) "_" MINNOW_TEXT(__AVX__) "_" MINNOW_TEXT(__F16C__)              \
  "_" MINNOW_TEXT(__FMA__) "_" MINNOW_TEXT(__FMA4__) "_" MINNOW_TEXT(__AVX2__) "_" MINNOW_TEXT(__LZCNT__)                 \
  "_" MINNOW_TEXT(__BMI__) "_" MINNOW_TEXT(__BMI2__) "_" MINNOW_TEXT(__MOVBE__) "_" MINNOW_TEXT(__AVXVNNI__)              \
  "_" MINNOW_TEXT(__AVX512F__) "_" MINNOW_TEXT(__AVX512CD__) "_" MINNOW_TEXT(__AVX512BW__) "_" MINNOW_TEXT(__AVX512DQ__)  \
  "_" MINNOW_TEXT(__AVX512VL__) "_" MINNOW_TEXT(__AVX512IFMA__) "_" MINNOW_TEXT(__AVX512VBMI__)                           \
  "_" MINNOW_TEXT(__AVX512VBMI2__) "_" MINNOW_TEXT(__AVX512VNNI__) "_" MINNOW_TEXT(__AVX512BITALG__)                      \
  "_" MINNOW_TEXT(__AVX512VPOPCNTDQ__) "_" MINNOW_TEXT(__AVX512BF16__) "_" MINNOW_TEXT(__AVX512FP16__)
#else
#define MINNOW_MARCH \
  "minnow_compiled_with_different_march_" MINNOW_TEXT(__ARM_FEATURE_ATOMICS) "_" MINNOW_TEXT(__ARM_FEATURE_DOTPROD)       \
  "_" MINNOW_TEXT(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC) "_" MINNOW_TEXT(__ARM_FEATURE_MATMUL_INT8)                        \
  "_" MINNOW_TEXT(__ARM_FEATURE_BF16) "_" MINNOW_TEXT(__ARM_FEATURE_SVE) "_" MINNOW_TEXT(__ARM_FEATURE_SVE2)
#endif
#if defined(__clang__)
#define MINNOW_BINDING ".weak "
#else
#define MINNOW_BINDING ".globl "
#endif
// The reference is a note, which --gc-sections keeps.
__asm__(".ifndef " MINNOW_MARCH
        "\n"
        "\t.pushsection .rodata.minnow_march,\"aG\",@progbits,minnow_march,comdat\n"
        "\t" MINNOW_BINDING MINNOW_MARCH
        "\n"
        "\t.hidden " MINNOW_MARCH "\n" MINNOW_MARCH
        ":\n"
        "\t.byte 0\n"
        "\t.popsection\n"
        "\t.pushsection .note.minnow,\"a\",@note\n"
        "\t.balign 4\n"
        "\t.long 7, 4, 1\n"
        "\t.asciz \"minnow\"\n"
        "\t.balign 4\n"
        "\t.long " MINNOW_MARCH
        " - .\n"
        "\t.popsection\n"
        ".endif\n");
#undef MINNOW_MARCH
#undef MINNOW_BINDING
#undef MINNOW_TEXT
#undef MINNOW_TEXT_OF
#endif
