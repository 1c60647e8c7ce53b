#pragma once

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <string>

#include "system/data_files.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define MINNOW_TEST_LSAN
#endif
#endif

namespace minnow::test {

/// During its lifetime, sets the program's C and C++ locale to one with a decimal comma. Uses a locale of the system,
/// or makes one with localedef.
class comma_locale {
public:
  comma_locale() {
    found_ = take("de_DE.UTF-8") || take("fr_FR.UTF-8");
    if (!found_) {
      ::setenv("LOCPATH", folder_.path("").c_str(), 1);
      const std::string command = "localedef -i de_DE -f UTF-8 '" + folder_.path("de_DE.UTF-8") + "' >/dev/null 2>&1";
      found_ = std::system(command.c_str()) == 0 && take("de_DE.UTF-8");
    }
  }
  comma_locale(const comma_locale&) = delete;
  comma_locale& operator=(const comma_locale&) = delete;
  ~comma_locale() {
    std::locale::global(std::locale::classic());
    std::setlocale(LC_ALL, "C");
    ::unsetenv("LOCPATH");
  }
  /// Returns false if the system has no such locale and cannot make one.
  [[nodiscard]] bool found() const { return found_; }

private:
  static bool take(const char* name) {
#ifdef MINNOW_TEST_LSAN
    const __lsan::ScopedDisabler glibc_keeps_names;
#endif
    if (std::setlocale(LC_ALL, name) == nullptr) return false;
    std::locale::global(std::locale(name));
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 0.5);
    return std::string(text) == "0,5";
  }

  data_files::folder folder_;
  bool found_ = false;
};

}  // namespace minnow::test
