#include <minnow/data/old_readers.hpp>

#include <doctest/doctest.h>

#include <string>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

TEST_SUITE("data/old_readers") {
  TEST_CASE("old names refuse in the words of the present ones") {
    const auto said = [](auto&& read) -> std::string {
      try {
        (void)read(std::string("no such folder"));
      } catch (const minnow::error& e) {
        return e.what();
      }
      return "";
    };
    const std::string none = "no such folder/";
    const auto check = [&](auto&& old_name, auto&& present) {
      CHECK(said(old_name).starts_with(none));
      CHECK(said(old_name) == said(present));
    };
    check([](const std::string& f) { return minnow::read_mnist(f); },
          [](const std::string& f) { return minnow::load_mnist(f); });
    check([](const std::string& f) { return minnow::read_cifar10(f); },
          [](const std::string& f) { return minnow::load_cifar10(f); });
    check([](const std::string& f) { return minnow::read_optdigits(f); },
          [](const std::string& f) { return minnow::load_optdigits(f); });
  }
}
