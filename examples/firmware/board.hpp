#pragma once

// What a device's program needs from its processor, an Arm Cortex-M or a RISC-V without an operating system: output
// through semihosting (to the debugger or to qemu), a counter, and the code that runs before main().

#include <cstdint>

namespace board {

#if defined(__riscv)
/// Asks the host for an operation through semihosting: 4 prints a text, 0x20 ends the program with a status.
inline std::uint32_t ask_host(std::uint32_t operation, const void* parameter) {
  register std::uint32_t a0 __asm__("a0") = operation;
  register const void* a1 __asm__("a1") = parameter;
  // The three instructions must be in one page, or the host does not recognize them.
  __asm__ volatile(".balign 16\n.option push\n.option norvc\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
  return a0;
}

/// Counts instructions.
struct counter {
  static inline std::uint32_t begin = 0;
  static std::uint32_t now() {
    std::uint32_t count = 0;
    __asm__ volatile(".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop" : "=r"(count));
    return count;
  }
  static void start() { begin = now(); }
  static std::uint32_t count() { return now() - begin; }
};
#else
/// Asks the host for an operation through semihosting: 4 prints a text, 0x20 ends the program with a status.
inline std::uint32_t ask_host(std::uint32_t operation, const void* parameter) {
  register std::uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = parameter;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/// Counts the ticks of the processor's clock with SysTick, a counter of 24 bits that counts down.
struct counter {
  static volatile std::uint32_t& at(std::uint32_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
  }
  static void start() {
    at(0xe000e014) = 0xffffff;
    at(0xe000e018) = 0;
    at(0xe000e010) = 5;
  }
  static std::uint32_t count() { return 0xffffff - at(0xe000e018); }
};
#endif

inline void print(const char* text) { ask_host(4, text); }
inline void print(int number) {
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = '\0';
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) > 0);
  print(at);
}
/// Ends the program. 0x20026 stands for the exit of an application.
inline void finish(std::uint32_t status) {
  const std::uint32_t ending[2] = {0x20026, status};
  ask_host(0x20, ending);
}

}  // namespace board

int main();

extern "C" {

// Symbols of the linker script.
extern std::uint32_t data_in_flash, data_begin, data_end, bss_begin, bss_end, stack_bottom, stack_top;

/// Fills the memory of variables and calls main().
[[noreturn, gnu::used]] inline void run_main() {
  for (std::uint32_t *from = &data_in_flash, *to = &data_begin; to < &data_end;) *to++ = *from++;
  for (std::uint32_t* to = &bss_begin; to < &bss_end;) *to++ = 0;
  board::finish(static_cast<std::uint32_t>(main()));
  for (;;) {
  }
}

#if defined(__riscv)
/// The first instructions: set the stack pointer.
[[gnu::section(".vectors"), gnu::naked, gnu::used]] inline void start() {
  __asm__ volatile("la sp, stack_top\nj run_main");
}
#else
[[noreturn]] inline void start() {
#if defined(__ARM_FP)
  *reinterpret_cast<volatile std::uint32_t*>(0xe000ed88) |= 0xf << 20;  // turns the floating-point unit on
  __asm__ volatile("dsb\n isb");
#endif
  run_main();
}
[[noreturn]] inline void fault() {
  board::print("firmware: a fault\n");
  board::finish(3);
  for (;;) {
  }
}

/// The vector table that the processor reads first: the initial stack pointer, then the handlers for reset,
/// non-maskable interrupt and hard fault.
[[gnu::section(".vectors"), gnu::used]] const void* const vectors[4] = {
    &stack_top, reinterpret_cast<const void*>(&start), reinterpret_cast<const void*>(&fault),
    reinterpret_cast<const void*>(&fault)};
#endif
}

namespace board {

/// Writes a pattern to the unused part of the stack, which grows downward.
[[gnu::noinline]] inline void paint_stack() {
  // The frame of this function is at most 64 bytes below its frame address.
  const auto end = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - 64;
  for (volatile std::uint32_t* at = &stack_bottom; reinterpret_cast<std::uintptr_t>(at) < end; ++at) *at = 0xa5a5a5a5;
}
/// Number of bytes of the stack that were written since paint_stack(), and by its callers before.
[[gnu::noinline]] inline int stack_used() {
  const volatile std::uint32_t* at = &stack_bottom;
  while (at < &stack_top && *at == 0xa5a5a5a5) ++at;
  return static_cast<int>(4 * (&stack_top - at));
}

}  // namespace board
