#pragma once

// Headers are used in one of two ways. Header-only: each .hpp includes its .ipp, which defines the header's functions
// as inline. Compiled, with MINNOW_COMPILED defined: a .hpp only declares these functions, and the files of
// minnow/compiled define them once for the whole program. The CMake target minnow::compiled defines MINNOW_COMPILED and
// compiles these files.

/// Begins the definition of every non-template function in an .ipp file. If the function is virtual, this macro also
/// begins its declaration in the class. Without the macro there, every source file of a header-only program would
/// define all virtual functions of the class, used or not.
#if defined(MINNOW_COMPILED)
#define MINNOW_INLINE
#else
#define MINNOW_INLINE inline
#endif

/// Replaces MINNOW_INLINE for functions that run rarely: readers and writers of files, error messages, checks, printed
/// tables. The compiler optimizes them for size. Header-only programs then compile faster and are smaller.
#define MINNOW_COLD [[gnu::cold]] MINNOW_INLINE

// Some compiler flags change the types and functions that the program and the library share. A program whose flags of
// this kind differ from the library's does not link: each object file of the program refers to a symbol whose name
// lists the flags, and the library (minnow/compiled/flags.cpp) defines only the symbol for its own flags.
// kernels/one_march.hpp does the same for the processor's flags.
#if defined(MINNOW_COMPILED)
#if defined(_OPENMP)
#define MINNOW_FLAG_OPENMP "openmp"
#else
#define MINNOW_FLAG_OPENMP "no_openmp"
#endif
#if defined(__cpp_exceptions)
#define MINNOW_FLAG_EXCEPTIONS "_exceptions"
#else
#define MINNOW_FLAG_EXCEPTIONS "_no_exceptions"
#endif
#if defined(MINNOW_BLAS)
#define MINNOW_FLAG_BLAS "_blas"
#else
#define MINNOW_FLAG_BLAS "_no_blas"
#endif
#define MINNOW_COMPILED_WITH "minnow_compiled_with_" MINNOW_FLAG_OPENMP MINNOW_FLAG_EXCEPTIONS MINNOW_FLAG_BLAS
#if defined(__ELF__) && defined(__GNUC__)
// The reference is in a note section, which --gc-sections keeps.
__asm__(
    "\t.pushsection .note.minnow,\"a\",%note\n"
    "\t.balign 4\n"
    "\t.long 7, 4, 1\n"
    "\t.asciz \"minnow\"\n"
    "\t.balign 4\n"
    "\t.long " MINNOW_COMPILED_WITH
    " - .\n"
    "\t.popsection\n");
#endif
#endif
