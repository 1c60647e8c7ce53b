#pragma once

// Defines macros of other headers that may be included before minnow's. The standard library does not tolerate all of
// them, so this file first includes the standard headers that minnow uses. Then all macros are defined while minnow's
// headers are compiled.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// All capital letters: I is a macro of C's <complex.h>, F is a macro of Arduino, and small programs define other
// letters.
#define A 1 +
#define B 1 +
#define C 1 +
#define D 1 +
#define E 1 +
#define F(text) 1 + text
#define G 1 +
#define H 1 +
#define I 1 +
#define J 1 +
#define K 1 +
#define L 1 +
#define M 1 +
#define N 1 +
#define O 1 +
#define P 1 +
#define Q 1 +
#define R 1 +
#define S 1 +
#define T 1 +
#define U 1 +
#define V 1 +
#define W 1 +
#define X 1 +
#define Y 1 +
#define Z 1 +

// C's <complex.h>.
#undef complex
#define complex _Complex
#define imaginary _Imaginary
#define _Complex_I (__extension__ 1.0iF)
#define _Imaginary_I _Complex_I

// <ctype.h> of newlib and of old C libraries; CMSIS.
#define _A 01
#define _B 0200
#define _C 040
#define _D 04
#define _E 02
#define _I volatile const
#define _L 02
#define _N 04
#define _O volatile
#define _P 020
#define _S 010
#define _U 01
#define _X 0100
#define __I volatile const
#define __O volatile
#define __IO volatile
#define __IM volatile const
#define __OM volatile
#define __IOM volatile
#define _IO volatile
#define __PACKED __attribute__((packed))
#define __WEAK __attribute__((weak))
#define __STATIC_INLINE static inline

// Arduino.
#undef abs
#undef round
#undef min
#undef max
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x) - 0.5))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define radians(deg) ((deg) * DEG_TO_RAD)
#define degrees(rad) ((rad) * RAD_TO_DEG)
#define sq(x) ((x) * (x))
#define bit(b) (1UL << (b))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bitClear(value, bit) ((value) &= ~(1UL << (bit)))
#define bitToggle(value, bit) ((value) ^= (1UL << (bit)))
#define bitWrite(value, bit, bitvalue) ((bitvalue) ? bitSet(value, bit) : bitClear(value, bit))
#define lowByte(w) ((uint8_t)((w) & 0xff))
#define highByte(w) ((uint8_t)((w) >> 8))
#define word(...) makeWord(__VA_ARGS__)
#define interrupts() sei()
#define noInterrupts() cli()
#define PI 3.1415926535897932384626433832795
#define HALF_PI 1.5707963267948966192313216916398
#define TWO_PI 6.283185307179586476925286766559
#define DEG_TO_RAD 0.017453292519943295769236907684886
#define RAD_TO_DEG 57.295779513082320876798154814105
#define EULER 2.718281828459045235360287471352
#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x0
#define OUTPUT 0x1
#define INPUT_PULLUP 0x2
#define SERIAL 0x0
#define DISPLAY 0x1
#define LSBFIRST 0
#define MSBFIRST 1
#define CHANGE 1
#define FALLING 2
#define RISING 3
#define DEFAULT 1
#define EXTERNAL 0
#define INTERNAL 3
#define BIN 2
#define OCT 8
#define DEC 10
#define HEX 16
#define B0 0
#define B00 0
#define B000 0
#define B1 1
#define B01 1
#define B10 2
#define B11 3
#define B100 4
#define B101 5
#define B110 6
#define B111 7
#define B1000 8
#define B10000000 128
#define B11111111 255
#define A0 14
#define A1 15
#define PB0 0
#define PIN0 0

// Windows.
#define near
#define far
#define NEAR
#define FAR
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define ERROR 0
#define NO_ERROR 0
#define DELETE 0x00010000L
#define small char
#define hyper __int64
#define interface struct
#define pascal
#define cdecl
#define CALLBACK
#define WINAPI
#define TRUE 1
#define FALSE 0
#define BOOL int
#define NULL_ 0
#define GetObject GetObjectW
#define GetMessage GetMessageW
#define LoadImage LoadImageW
#define CreateWindow CreateWindowW
#define DeleteFile DeleteFileW
#define CopyFile CopyFileW
#define Yield()
#define IGNORE 0
#define INFINITE 0xffffffff
#define STRICT 1
#define ABSOLUTE 1
#define RELATIVE 2
#define ALTERNATE 1
#define TRANSPARENT 1
#define OPAQUE 2
#define DIFFERENCE 11
#define IDENTITY 0
#define THIS this
#define PURE = 0
#define rad1 0x0490
#define grp1 0x0430
#define edt1 0x0480
#define lst1 0x0460
#define psh1 0x0400
#define chx1 0x0410
#define ico1 0x043c

// X11.
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Always 2
#define Never 0
#define Success 0
#define Complex 0
#define Convex 2
#define Nonconvex 1
#define Unsorted 0
#define YSorted 1
#define CurrentTime 0L
#define Above 0
#define Below 1
#define TopIf 2
#define BottomIf 3
#define Opposite 4
#define KeyPress 2
#define FocusIn 9
#define FocusOut 10
#define Expose 12
#define GrayScale 1
#define StaticGray 0
#define PseudoColor 3
#define TrueColor 4
#define ControlMask (1 << 2)
#define Button1 1
#define Button2 2
#define AllValues 0x000F
#define XValue 1
#define YValue 2
#define WidthValue 4
#define HeightValue 8
#define RevertToNone 0
#define Absolute 0
#define Relative 1
#define Mode 1
#define Default 1
#define Normal 1
#define Nothing 1
#define Screen 1
#define Window 1

// <termios.h>, <sys/sysmacros.h>, <sys/param.h>, and names of platforms (unix, linux, arm).
#define B50 0000001
#define B75 0000002
#define B110_ 0000003
#define B9600 0000015
#define B38400 0000017
#define ECHO 0000010
#define CR0 0
#define NL0 0
#define TAB0 0
#define VEOF 4
#define VMIN 6
#define unix 1
#define linux 1
#define i386 1
#define arm 1
#define mips 1
#define sun 1
#define vax 1
#undef major
#undef minor
#undef makedev
#define major(dev) (int)(dev)
#define minor(dev) (int)(dev)
#define makedev(a, b) (a)
#define roundup(x, y) ((((x) + ((y) - 1)) / (y)) * (y))
#define howmany(x, y) (((x) + ((y) - 1)) / (y))
#define powerof2(x) ((((x) - 1) & (x)) == 0)
#define setbit(a, i) ((a)[(i)] |= 1)
#define clrbit(a, i) ((a)[(i)] &= 1)
#define isset(a, i) ((a)[(i)] & 1)
#define isclr(a, i) (!(a)[(i)])
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// ESP-IDF, STM32, Zephyr, FreeRTOS, GLib, curses, Qt, and others.
#define BIT(n) (1UL << (n))
#define BIT0 1
#define BIT1 2
#define SET 1
#define RESET 0
#define ENABLE 1
#define DISABLE 0
#define READ 1
#define WRITE 2
#define CLEAR 0
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#define CONCAT(x, y) x##y
#define STR(x) #x
#define LOG(...) (void)0
#define DEBUG 1
#define INFO 2
#define WARNING 3
#define CHECK(x) (void)(x)
#define REQUIRE(x) (void)(x)
#define TEST(x, y) void x##y()
#define ABS(x) ((x) < 0 ? -(x) : (x))
#define CLAMP(x, low, high) (((x) > (high)) ? (high) : (((x) < (low)) ? (low) : (x)))
#define SIGN(x) ((x) < 0 ? -1 : 1)
#define swap(a, b) ((void)0)
#define clamp(x, low, high) ((x) < (low) ? (low) : (x))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define foreach for
#define forever for (;;)
#define move(y, x) wmove(stdscr, y, x)
#define signals public
#define slots
#define emit
#define local static
#define global
#define OK 0
#define ERR (-1)
#define EPS 1e-6
#define EPSILON 1e-6
#define LEN 10
#define SIZE 10
#define NAN_ 0
