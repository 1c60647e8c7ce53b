#include <minnow/core/aligned_bytes.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <utility>

using minnow::detail::aligned_bytes;

namespace {

aligned_bytes numbered(std::size_t size) {
  aligned_bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes.data()[i] = static_cast<std::byte>(i * 7 + 1);
  return bytes;
}
bool is_numbered(const aligned_bytes& bytes, std::size_t size) {
  if (bytes.size() != size) return false;
  for (std::size_t i = 0; i < size; ++i)
    if (bytes.data()[i] != static_cast<std::byte>(i * 7 + 1)) return false;
  return true;
}
bool is_aligned(const aligned_bytes& bytes) { return reinterpret_cast<std::uintptr_t>(bytes.data()) % 64 == 0; }

}  // namespace

TEST_SUITE("core/aligned_bytes") {
  TEST_CASE("begins at a cache line, and 64 bytes after the end can be read") {
    for (const std::size_t size : {0, 1, 15, 63, 64, 65, 1000, 4096}) {
      CAPTURE(size);
      const aligned_bytes bytes = numbered(size);
      CHECK(is_aligned(bytes));
      CHECK(is_numbered(bytes, size));
      volatile int sum = 0;  // the address sanitizer reports a read outside the memory
      for (std::size_t i = size; i < size + 64; ++i) sum = sum + std::to_integer<int>(bytes.data()[i]);
    }
    CHECK(aligned_bytes().size() == 0);
  }

  TEST_CASE("a copy has the same bytes in memory of its own") {
    const aligned_bytes original = numbered(100);
    aligned_bytes copy = original;
    CHECK(copy.data() != original.data());
    CHECK(is_aligned(copy));
    CHECK(is_numbered(copy, 100));
    copy.data()[3] = std::byte{0};
    CHECK(is_numbered(original, 100));

    aligned_bytes assigned(7);
    assigned = original;
    CHECK(is_aligned(assigned));
    CHECK(is_numbered(assigned, 100));
    const aligned_bytes& itself = assigned;
    assigned = itself;
    CHECK(is_numbered(assigned, 100));
  }

  TEST_CASE("a move keeps the bytes and the alignment") {
    aligned_bytes first = numbered(100);
    const aligned_bytes moved = std::move(first);
    CHECK(is_aligned(moved));
    CHECK(is_numbered(moved, 100));
    aligned_bytes assigned;
    assigned = numbered(65);
    CHECK(is_aligned(assigned));
    CHECK(is_numbered(assigned, 65));
  }

  TEST_CASE("grows only if it is smaller, and never shrinks") {
    aligned_bytes bytes = numbered(100);
    const std::byte* before = bytes.data();
    bytes.grow(100);
    bytes.grow(10);
    CHECK(bytes.data() == before);
    CHECK(is_numbered(bytes, 100));
    bytes.grow(101);
    CHECK(bytes.size() == 101);
    CHECK(is_aligned(bytes));
  }
}
