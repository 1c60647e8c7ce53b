#pragma once

// Makes it a link error to compile files of one program for different processors (-march, -m<feature>).
//
// Inline functions have the same names in both files, in the standard library too. The linker keeps one copy of each,
// and a copy for a newer processor ends the program on an older one. Each object file refers to a symbol
// whose name lists the processor features of its flags, and defines that symbol in a COMDAT group that has the same
// name in all object files. The linker keeps only the first group, so the symbol of a second set of features is
// undefined: minnow_compiled_with_different_march_…, where 1 marks an enabled feature.
//
// Shared libraries do not conflict, because each has its own group. The objects of minnow_dispatch do not either,
// because their groups are dissolved. The check does not work with -flto. With clang the symbol is weak, because
// clang's -flto reports two definitions in assembly as an error. lld accepts an undefined weak symbol, and so does GNU
// ld in a program that is not a PIE.
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
// 0 if the width is not fixed. Only g++ defines the macro in this case.
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
// The reference is in a note section, which --gc-sections keeps.
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
