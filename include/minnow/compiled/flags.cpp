// Defines the symbol that lists the compiler flags of the library: see core/impl/compiled.hpp.
#include <minnow/core/impl/compiled.hpp>

#if defined(__ELF__) && defined(__GNUC__)
__asm__(
    "\t.pushsection .rodata.minnow_compiled_with,\"a\",%progbits\n"
    "\t.globl " MINNOW_COMPILED_WITH
    "\n"
    "\t.hidden " MINNOW_COMPILED_WITH "\n" MINNOW_COMPILED_WITH
    ":\n"
    "\t.byte 0\n"
    "\t.popsection\n");
#endif
