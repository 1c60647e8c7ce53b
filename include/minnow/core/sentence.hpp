#pragma once

#include <cstdarg>
#include <cstddef>

namespace minnow::detail {

/// Writes a sentence into a buffer as printf would, with two differences. If the sentence does not fit, the texts of
/// `%s` are shortened in the middle, all to the same maximum length, so that a long path never pushes the reason of an
/// error out of the sentence. Numbers have a decimal point in every locale.
///
/// Supports %s %c %d %i %u %x %X %o %f %e %g %a %p %%, with flags, widths, precisions and the length modifiers l ll z t
/// j h hh.
class sentence {
public:
  sentence(char* to, std::size_t room) noexcept : to_(to), room_(room) {}

  void write(const char* format, std::va_list arguments) noexcept;

private:
  struct conversion;

  bool write_with(const char* format, std::va_list& arguments, std::size_t most) noexcept;
  static conversion read(const char*& at, std::va_list& arguments) noexcept;
  void convert(const conversion& c, std::va_list& arguments, std::size_t most) noexcept;
  template <class Number>
  std::size_t printed(char (&text)[400], const conversion& c, Number n) noexcept;
  template <class Number>
  void print(const conversion& c, Number n) noexcept;
  void print_with_point(const conversion& c, double n) noexcept;
  void put_text(const char* text, const conversion& c, std::size_t most) noexcept;
  void put(const char* text, std::size_t length) noexcept;

  char* to_;
  std::size_t room_;
  std::size_t size_ = 0;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/sentence.ipp>
#endif
