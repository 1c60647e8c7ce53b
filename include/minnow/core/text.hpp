#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace minnow {

/// A short text built at compile time: stable names of quantizers and layers, and paths. It never contains names that
/// the compiler generates. Text beyond the capacity is a compile-time error at the place that builds it (an index out
/// of range in a constant expression).
class text {
public:
  constexpr text() = default;
  constexpr text(const char* characters) { *this << std::string_view(characters); }
  constexpr text(std::string_view characters) { *this << characters; }

  constexpr text& operator<<(std::string_view characters) {
    for (const char c : characters) append(c);
    return *this;
  }
  constexpr text& operator<<(const char* characters) { return *this << std::string_view(characters); }
  constexpr text& operator<<(const text& other) { return *this << other.view(); }
  constexpr text& operator<<(long long number) {
    if (number < 0) {
      *this << std::string_view("-");
      number = -number;
    }
    char digits[20] = {};
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count > 0) append(digits[--count]);
    return *this;
  }
  constexpr text& operator<<(int number) { return *this << static_cast<long long>(number); }

  [[nodiscard]] constexpr std::string_view view() const { return {characters_, size_}; }
  [[nodiscard]] constexpr const char* c_str() const { return characters_; }

  friend constexpr bool operator==(const text& a, const text& b) { return a.view() == b.view(); }

private:
  // Also writes the terminating zero, so that the index is out of range if a text leaves no room for this zero.
  constexpr void append(char c) {
    characters_[size_++] = c;
    characters_[size_] = '\0';
  }

  char characters_[192] = {};
  std::size_t size_ = 0;
};

/// A string literal as a template argument: `net.layer<"2.0">()`.
template <std::size_t Size>
struct literal {
  char characters[Size] = {};
  constexpr literal(const char (&source)[Size]) {
    for (std::size_t i = 0; i < Size; ++i) characters[i] = source[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {characters, Size - 1}; }
};

/// The 64-bit FNV-1a hash. It combines stable names into a fingerprint. To continue an earlier hash, pass it as `seed`.
[[nodiscard]] constexpr std::uint64_t hash(std::string_view characters, std::uint64_t seed = 0xcbf29ce484222325u) {
  for (const char c : characters) {
    seed ^= static_cast<unsigned char>(c);
    seed *= 0x100000001b3u;
  }
  return seed;
}

}  // namespace minnow
