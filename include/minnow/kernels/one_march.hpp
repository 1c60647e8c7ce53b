#pragma once

// Makes it a link error to compile files of one program for different processors (-march, -m<feature>).
//
// An inline function has the same name in all object files. This includes the functions of the standard library. The
// linker keeps one copy of each, and a copy that is compiled for a newer processor crashes the program on an older one.
// Therefore each object file refers to a symbol whose name lists the processor features of its flags, and defines that
// symbol in a COMDAT group that has the same name in all object files. The linker keeps only the first group, so the
// symbol of a second set of features is undefined. The linker's error message shows the name of the undefined symbol,
// minnow_compiled_with_different_march_…, in which 1 marks an enabled feature.
//
// Shared libraries do not conflict, because each has its own group. The objects of minnow_dispatch do not conflict
// either, because the build of minnow_dispatch dissolves their groups. The check does not work with -flto. With clang
// the symbol is weak, because clang's -flto reports two definitions in assembly as an error. The check then has no
// effect with lld, which accepts an undefined weak symbol, and with GNU ld if the program is not a PIE.
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
// The width of SVE vectors in bits, 0 if it is not fixed. If it is not fixed, only g++ defines __ARM_FEATURE_SVE_BITS.
#if defined(__ARM_FEATURE_SVE_BITS)
#define MINNOW_SVE_BITS __ARM_FEATURE_SVE_BITS
#else
#define MINNOW_SVE_BITS 0
#endif
#define MINNOW_MARCH \
  "minnow_compiled_with_different_march_" MINNOW_TEXT(__ARM_FEATURE_ATOMICS) "_" MINNOW_TEXT(__ARM_FEATURE_DOTPROD)       \
  "_" MINNOW_TEXT(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC) "_" MINNOW_TEXT(__ARM_FEATURE_MATMUL_INT8)                        \
  "_" MINNOW_TEXT(__ARM_FEATURE_BF16) "_" MINNOW_TEXT(__ARM_FEATURE_SVE) "_" MINNOW_TEXT(__ARM_FEATURE_SVE2)              \
  "_" MINNOW_TEXT(MINNOW_SVE_BITS)
#endif
#if defined(__clang__)
#define MINNOW_BINDING ".weak "
#else
#define MINNOW_BINDING ".globl "
#endif
// The reference to the symbol is in a note section, which --gc-sections keeps.
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
#undef MINNOW_SVE_BITS
#undef MINNOW_BINDING
#undef MINNOW_TEXT
#undef MINNOW_TEXT_OF
#endif
