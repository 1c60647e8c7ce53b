#pragma once

#include <atomic>
#include <clocale>
#include <utility>

#if defined(__cpp_exceptions)
#include <exception>
#include <stdexcept>
#endif

namespace minnow {

namespace detail {

/// Sets this thread's locale to "C" during its lifetime, so that the library writes the same text in every locale,
/// including decimal points and the system's error messages.
class c_locale {
public:
#if defined(LC_ALL_MASK)
  c_locale() noexcept;
  ~c_locale();
#else
  c_locale() noexcept = default;
#endif
  c_locale(const c_locale&) = delete;
  c_locale& operator=(const c_locale&) = delete;

#if defined(LC_ALL_MASK)
private:
  locale_t before_;
#endif
};

/// The system's message for an errno, in English.
[[nodiscard]] const char* system_text(int code) noexcept;

}  // namespace detail

/// The outcome of an operation on external data. It is empty on success; otherwise it holds one sentence that names
/// what was expected and what was found. The text is stored inside the object, so that it needs neither a heap nor
/// exceptions.
class status {
public:
  status() = default;

  /// A failure whose sentence is formatted as printf formats it in the C locale. If the sentence is longer than 511
  /// characters, its longest texts (paths, for example) are shortened in the middle.
#if defined(__GNUC__)
  [[gnu::format(printf, 1, 2)]]
#endif
  static status failure(const char* format, ...) noexcept;

  [[nodiscard]] bool ok() const noexcept { return text_[0] == '\0'; }
  [[nodiscard]] explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const char* message() const noexcept { return text_; }

private:
  char text_[512] = {};
};

// If the compiler's flags disable exceptions, functions that would throw end the program, as in the standard library.
#if defined(__cpp_exceptions)

/// Thrown by operations on external data. Its text names what was expected and what was found.
class error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws an `error` with the status's message if the status is a failure.
void require(const status& outcome);

namespace detail {

/// Keeps the first exception that any of several threads throws, so that the thread that waits for them can rethrow it.
class first_exception {
public:
  /// Runs f. Keeps the exception that f throws, unless another one was kept before.
  template <class Function>
  void keep(Function&& f) noexcept {
    try {
      f();
    } catch (...) {
      if (!caught_.exchange(true)) what_ = std::current_exception();
    }
  }
  /// Returns true if an exception was kept. The remaining work can then be skipped.
  [[nodiscard]] bool caught() const noexcept { return caught_.load(std::memory_order_relaxed); }
  /// Throws the exception that was kept, if any. Call it after all threads have finished.
  void pass_on() {
    if (what_) std::rethrow_exception(std::exchange(what_, nullptr));
  }

private:
  std::atomic<bool> caught_{false};
  std::exception_ptr what_;
};

}  // namespace detail

#else

/// Without exceptions: writes the message of a failed status to standard error and ends the program.
void require(const status& outcome) noexcept;

namespace detail {

class first_exception {
public:
  template <class Function>
  void keep(Function&& f) noexcept {
    f();
  }
  [[nodiscard]] static constexpr bool caught() noexcept { return false; }
  static constexpr void pass_on() noexcept {}
};

}  // namespace detail

#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/error.ipp>
#endif
