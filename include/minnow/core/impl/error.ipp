#pragma once

#include <minnow/core/error.hpp>

#include <clocale>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/sentence.hpp>

namespace minnow {

namespace detail {

#if defined(LC_ALL_MASK)
MINNOW_COLD locale_t shared_c_locale() noexcept {
  static const locale_t one = ::newlocale(LC_ALL_MASK, "C", nullptr);
  return one;
}

MINNOW_COLD c_locale::c_locale() noexcept : before_(::uselocale(shared_c_locale())) {}
MINNOW_COLD c_locale::~c_locale() { ::uselocale(before_); }
#endif

MINNOW_COLD const char* system_text(int code) noexcept {
  [[maybe_unused]] const c_locale english;
  return std::strerror(code);
}

}  // namespace detail

MINNOW_COLD status status::failure(const char* format, ...) noexcept {
  status result;
  [[maybe_unused]] const detail::c_locale point;
  std::va_list arguments;
  va_start(arguments, format);
  detail::sentence(result.text_, sizeof result.text_).write(format, arguments);
  va_end(arguments);
  if (result.text_[0] == '\0') std::snprintf(result.text_, sizeof result.text_, "minnow: failure without a text");
  return result;
}

#if defined(__cpp_exceptions)

MINNOW_COLD void require(const status& outcome) {
  if (!outcome) throw error(outcome.message());
}

#else

MINNOW_COLD void require(const status& outcome) noexcept {
  if (outcome) return;
  std::fprintf(stderr, "%s\n", outcome.message());
  std::abort();
}

#endif

}  // namespace minnow
