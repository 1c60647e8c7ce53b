#pragma once

#include <cstdarg>
#include <cstdio>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace minnow {

/// The outcome of an operation at a door: empty when it went well, else one sentence that names what was expected and
/// what was found. Holds its text in place, so that it works without a heap and without exceptions.
class status {
public:
  status() = default;

  /// A failure whose sentence is formatted as by printf; text beyond 511 characters is cut.
#if defined(__GNUC__)
  [[gnu::format(printf, 1, 2)]]
#endif
  static status failure(const char* format, ...) noexcept {
    status result;
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(result.text_, sizeof result.text_, format, arguments);
    va_end(arguments);
    if (result.text_[0] == '\0') std::snprintf(result.text_, sizeof result.text_, "minnow: failure without a text");
    return result;
  }

  [[nodiscard]] bool ok() const noexcept { return text_[0] == '\0'; }
  [[nodiscard]] explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const char* message() const noexcept { return text_; }

private:
  char text_[512] = {};
};

// The one conditional of the library that follows the compiler's flags: throwing wrappers exist where exceptions do.
#if defined(__cpp_exceptions)

/// What every door throws: its text names what was expected and what was found.
class error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Turns a failed status into an exception.
inline void require(const status& outcome) {
  if (!outcome) throw error(outcome.message());
}

#endif

}  // namespace minnow
