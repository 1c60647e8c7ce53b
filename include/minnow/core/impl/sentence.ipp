#pragma once

#include <minnow/core/sentence.hpp>

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow::detail {

MINNOW_COLD void sentence::write(const char* format, std::va_list arguments) noexcept {
  for (std::size_t most = room_;; most -= most / 8) {
    std::va_list copy;
    va_copy(copy, arguments);
    const bool fits = write_with(format, copy, most);
    va_end(copy);
    if (fits || most < 16) return;
  }
}

// A conversion specification of the format, from its % to its letter.
struct sentence::conversion {
  char text[24] = "%";
  std::size_t length = 1;
  int width = 0;  ///< negative if left-aligned
  int precision = -1;
  int longs = 0;     ///< number of letters l
  char size = '\0';  ///< a length modifier other than l
  char letter = '\0';

  void add(char c) noexcept {
    if (length + 1 < sizeof text) text[length++] = c;
    text[length] = '\0';
  }
};

MINNOW_COLD bool sentence::write_with(const char* format, std::va_list& arguments, std::size_t most) noexcept {
  size_ = 0;
  while (*format != '\0') {
    if (*format != '%') {
      put(format++, 1);
      continue;
    }
    const conversion c = read(++format, arguments);
    if (c.letter == '\0') break;
    convert(c, arguments, most);
  }
  to_[(std::min)(size_, room_ - 1)] = '\0';
  return size_ < room_;
}

MINNOW_COLD sentence::conversion sentence::read(const char*& at, std::va_list& arguments) noexcept {
  conversion c;
  bool left = false;
  for (; *at != '\0' && std::strchr("-+ #0", *at) != nullptr; c.add(*at++)) left = left || *at == '-';
  const auto number = [&]() noexcept {
    int n = 0;
    if (*at == '*') {
      ++at;
      n = va_arg(arguments, int);
    } else {
      while (*at >= '0' && *at <= '9') n = 10 * n + (*at++ - '0');
    }
    return n;
  };
  const auto add = [&](int n) noexcept {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%d", n);
    for (const char* d = digits; *d != '\0'; ++d) c.add(*d);
  };
  c.width = number();
  if (c.width != 0) add(c.width);
  if (left && c.width > 0) c.width = -c.width;
  if (*at == '.') {
    ++at;
    c.precision = number();
    c.add('.');
    add(c.precision);
  }
  for (; *at != '\0' && std::strchr("lhztj", *at) != nullptr; c.add(*at++)) {
    if (*at == 'l') ++c.longs;
    else c.size = *at;
  }
  c.letter = *at;
  if (*at != '\0') c.add(*at++);
  return c;
}

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
template <class Number>
std::size_t sentence::printed(char (&text)[400], const conversion& c, Number n) noexcept {
  const int length = std::snprintf(text, sizeof text, c.text, n);
  return length < 0 ? 0 : (std::min)(index(length), sizeof text - 1);
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

template <class Number>
void sentence::print(const conversion& c, Number n) noexcept {
  char text[400];
  put(text, printed(text, c, n));
}

MINNOW_COLD void sentence::convert(const conversion& c, std::va_list& arguments, std::size_t most) noexcept {
  switch (c.letter) {
    case '%':
      return put("%", 1);
    case 's':
      return put_text(va_arg(arguments, const char*), c, most);
    case 'p':
      return print(c, va_arg(arguments, void*));
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      return print_with_point(c, va_arg(arguments, double));
    default:
      break;
  }
  if (c.longs >= 2) return print(c, va_arg(arguments, long long));
  if (c.longs == 1) return print(c, va_arg(arguments, long));
  if (c.size == 'z') return print(c, va_arg(arguments, std::size_t));
  if (c.size == 't') return print(c, va_arg(arguments, std::ptrdiff_t));
  if (c.size == 'j') return print(c, va_arg(arguments, std::intmax_t));
  print(c, va_arg(arguments, int));
}

MINNOW_COLD void sentence::print_with_point(const conversion& c, double n) noexcept {
  char text[400];
  const std::size_t length = printed(text, c, n);
  const std::lconv* const here = std::localeconv();
  const char* const point = here != nullptr && here->decimal_point != nullptr ? here->decimal_point : ".";
  const std::size_t width = std::strlen(point);
  const char* const found = width > 0 ? std::strstr(text, point) : nullptr;
  if (found == nullptr) return put(text, length);
  const auto before = index(found - text);
  put(text, before);
  put(".", 1);
  put(found + width, length - before - width);
}

MINNOW_COLD void sentence::put_text(const char* text, const conversion& c, std::size_t most) noexcept {
  const int precision = c.precision;
  if (text == nullptr) text = "(null)";
  std::size_t length = 0;
  while ((precision < 0 || length < index(precision)) && text[length] != '\0') ++length;
  if (length <= most) {
    const auto width = index(c.width < 0 ? -c.width : c.width);
    const auto pad = [&] {
      for (std::size_t i = length; i < width; ++i) put(" ", 1);
    };
    if (c.width > 0) pad();
    put(text, length);
    if (c.width < 0) pad();
    return;
  }
  // Continuation bytes of UTF-8 start with the bits 10. The cuts leave only whole characters.
  const auto inside = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xc0u) == 0x80u; };
  std::size_t begin = (most - 3) / 2, end = length - (most - 3 - begin);
  while (begin > 0 && inside(begin)) --begin;
  while (end < length && inside(end)) ++end;
  put(text, begin);
  put("...", 3);
  put(text + end, length - end);
}

MINNOW_COLD void sentence::put(const char* text, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; ++i, ++size_)
    if (size_ + 1 < room_) to_[size_] = text[i];
}

}  // namespace minnow::detail
