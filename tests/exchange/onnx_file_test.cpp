#include <minnow/exchange/onnx_file.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

using minnow::detail::protobuf_message;

namespace {

/// Returns the bytes of a message with one field that `write` writes.
template <class Write>
std::string protobuf_bytes(Write&& write) {
  protobuf_message message;
  write(message);
  return message.text();
}

}  // namespace

// Expected bytes are from the documentation of protocol buffers (Encoding).
TEST_SUITE("exchange/onnx_file") {
  TEST_CASE("integers are varints of 7 bits, negative ones have ten bytes") {
    CHECK(protobuf_bytes([](auto& m) { m.integer(1, 150); }) == std::string("\x08\x96\x01"));
    CHECK(protobuf_bytes([](auto& m) { m.integer(1, 0); }) == std::string("\x08\x00", 2));
    CHECK(protobuf_bytes([](auto& m) { m.integer(1, -2); }) ==
          std::string("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    // A field number of 16 or more needs two bytes.
    CHECK(protobuf_bytes([](auto& m) { m.integer(16, 1); }) == std::string("\x80\x01\x01"));
  }

  TEST_CASE("texts and messages begin with their length, floats have four little-endian bytes") {
    CHECK(protobuf_bytes([](auto& m) { m.bytes(2, "testing"); }) == std::string("\x12\x07testing"));
    CHECK(protobuf_bytes([](auto& m) { m.bytes(2, std::string(300, 'a')); }) == "\x12\xac\x02" + std::string(300, 'a'));
    protobuf_message inner;
    inner.integer(1, 150);
    CHECK(protobuf_bytes([&](auto& m) { m.message(3, inner); }) == std::string("\x1a\x03\x08\x96\x01"));
    CHECK(protobuf_bytes([](auto& m) { m.real(5, 1.0f); }) == std::string("\x2d\x00\x00\x80\x3f", 5));
  }
}
