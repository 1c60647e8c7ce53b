#pragma once

// Headers are used in one of two ways. Header-only: each .hpp includes its .ipp, which has the definitions of its
// functions, and they are inline. Compiled, with MINNOW_COMPILED defined: a .hpp only declares these functions, and the
// files of minnow/compiled define them once for the whole program. The CMake target minnow::compiled does both.

/// Begins the definition of every function in an .ipp file that is not a template, and the declaration of such a virtual
/// function in its class. If one of them were not inline there, every file of a header-only program would define all
/// virtual functions of the class, used or not.
#if defined(MINNOW_COMPILED)
#define MINNOW_INLINE
#else
#define MINNOW_INLINE inline
#endif
