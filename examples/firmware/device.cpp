// Runs on the device, an Arm Cortex-M without an operating system: runs the network on the images and compares the
// logits with the host's. Output goes to the debugger or to qemu through semihosting.

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/firmware.hpp>

#include "images_data.hpp"
#include "model.hpp"
#include "network_data.hpp"

namespace {

minnow::firmware<firmware_example::network, network_data::network> net;  // owns all memory that a run needs

/// Asks the host for an operation through semihosting: 4 prints a text, 0x20 ends the program with a status.
std::uint32_t ask_host(std::uint32_t operation, const void* parameter) {
  register std::uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = parameter;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
void print(const char* text) { ask_host(4, text); }
void print(int number) {
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = '\0';
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) > 0);
  print(at);
}

/// Counts the ticks of the processor's clock with SysTick, a counter of 24 bits that counts down.
struct tick_counter {
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

float logits[net.classes];
std::uint32_t ticks[net.stages];

}  // namespace

int main() {
  int differences = 0, classes[images_data::count] = {};
  for (int n = 0; n < images_data::count; ++n) {
    tick_counter::start();
    net.run(images_data::images + n * net.image_bytes, logits, [](std::size_t stage) {
      ticks[stage] = tick_counter::count();
      tick_counter::start();
    });
    for (int c = 0; c < net.classes; ++c) {
      differences += std::bit_cast<std::uint32_t>(logits[c]) != images_data::logits[n * net.classes + c];
      if (logits[c] > logits[classes[n]]) classes[n] = c;
    }
  }
  print("classes");
  for (const int c : classes) print(" "), print(c);
  print("\nfirmware: "), print(differences), print(" of "), print(images_data::count * net.classes);
  print(" logits differ from the host's in a bit; memory of a run "), print(static_cast<int>(net.memory_bytes)),
      print(" bytes\n");
  // One line for each stage: the path of its first layer, multiply-accumulates, ticks of the last run.
  for (std::size_t stage = 0; stage < net.stages; ++stage) {
    print("stage,"), print(net.paths[stage]), print(",");
    print(static_cast<int>(net.macs[stage])), print(","), print(static_cast<int>(ticks[stage])), print("\n");
  }
  const std::uint32_t ending[2] = {0x20026, static_cast<std::uint32_t>(differences != 0)};  // 0x20026: application exit
  ask_host(0x20, ending);
}

extern "C" {

extern std::uint32_t data_in_flash, data_begin, data_end, bss_begin, bss_end, stack_top;

[[noreturn]] void start() {
#if defined(__ARM_FP)
  *reinterpret_cast<volatile std::uint32_t*>(0xe000ed88) |= 0xf << 20;  // turns the floating-point unit on
  __asm__ volatile("dsb\n isb");
#endif
  for (std::uint32_t *from = &data_in_flash, *to = &data_begin; to < &data_end;) *to++ = *from++;
  for (std::uint32_t* to = &bss_begin; to < &bss_end;) *to++ = 0;
  main();
  for (;;) {
  }
}
[[noreturn]] void fault() {
  print("firmware: a fault\n");
  const std::uint32_t ending[2] = {0x20026, 3};
  ask_host(0x20, ending);
  for (;;) {
  }
}

/// The vector table that the processor reads first: the initial stack pointer, then the handlers for reset,
/// non-maskable interrupt and hard fault.
[[gnu::section(".vectors"), gnu::used]] const void* const vectors[4] = {
    &stack_top, reinterpret_cast<const void*>(&start), reinterpret_cast<const void*>(&fault),
    reinterpret_cast<const void*>(&fault)};
}
