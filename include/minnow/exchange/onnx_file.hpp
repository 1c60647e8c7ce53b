#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <minnow/core/error.hpp>

/// Writes ONNX files: a graph of nodes as a protocol buffer. Needs only the standard library.
namespace minnow::detail {

/// The bytes of a message of a protocol buffer. Fields are appended in the order of the calls.
class protobuf_message {
public:
  void integer(int field, std::int64_t value);
  void real(int field, float value);
  void bytes(int field, std::string_view value);
  void message(int field, const protobuf_message& value) { bytes(field, value.text_); }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  void varint(std::uint64_t value);
  std::string text_;
};

/// An attribute of an ONNX node.
struct onnx_attribute {
  std::string_view name;
  std::variant<std::int64_t, float, std::string_view, std::vector<std::int64_t>> value;
};

/// The extents of a tensor. The extent 0 is the number of images, which the file leaves open.
using onnx_shape = std::vector<std::int64_t>;

/// A graph of an ONNX file. The nodes are in the order in which they are computed.
class onnx_graph {
public:
  /// Adds a constant of floats, or of 64-bit integers or bytes, and returns its name.
  std::string constant(std::string name, const onnx_shape& shape, std::span<const float> values);
  std::string constant(std::string name, const onnx_shape& shape, std::span<const std::int64_t> values);
  std::string constant(std::string name, std::uint8_t value);

  /// Adds a node with one result, and returns the name of the result, which is also the node's.
  std::string node(std::string_view operation, std::span<const std::string> inputs, std::string result,
                   std::span<const onnx_attribute> attributes = {}, std::string_view domain = {});

  /// Returns the file.
  ///
  /// name     of the graph
  /// domain   of operators that are not ONNX's own; empty if there are none
  [[nodiscard]] std::string file(std::string_view name, std::string_view input, const onnx_shape& input_shape,
                                 std::string_view output, const onnx_shape& output_shape,
                                 std::string_view domain) const;

private:
  protobuf_message graph_;
  protobuf_message constants_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/exchange/impl/onnx_file.ipp>
#endif
