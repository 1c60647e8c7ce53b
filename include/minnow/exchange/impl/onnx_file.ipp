#pragma once

#include <minnow/exchange/onnx_file.hpp>

#include <bit>
#include <cstring>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/version.hpp>

// The numbers of the fields are from onnx.proto3, the definition of ONNX's format.
namespace minnow::detail {

MINNOW_COLD void protobuf_message::varint(std::uint64_t value) {
  for (; value >= 128; value >>= 7) text_ += static_cast<char>((value & 127) | 128);
  text_ += static_cast<char>(value);
}
MINNOW_COLD void protobuf_message::integer(int field, std::int64_t value) {
  varint(static_cast<std::uint64_t>(field) << 3);
  varint(static_cast<std::uint64_t>(value));
}
MINNOW_COLD void protobuf_message::real(int field, float value) {
  varint(static_cast<std::uint64_t>(field) << 3 | 5);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int i = 0; i < 4; ++i) text_ += static_cast<char>(bits >> 8 * i & 255);
}
MINNOW_COLD void protobuf_message::bytes(int field, std::string_view value) {
  varint(static_cast<std::uint64_t>(field) << 3 | 2);
  varint(value.size());
  text_ += value;
}

namespace onnx_fields {

/// Kinds of numbers in TensorProto.
inline constexpr int floats = 1, bytes = 2, integers = 7;

MINNOW_COLD protobuf_message tensor(std::string_view name, const onnx_shape& shape, int kind, std::string_view raw) {
  protobuf_message t;
  for (const std::int64_t extent : shape) t.integer(1, extent);
  t.integer(2, kind);
  t.bytes(8, name);
  t.bytes(9, raw);
  return t;
}

MINNOW_COLD protobuf_message attribute(const onnx_attribute& a) {
  protobuf_message m;
  m.bytes(1, a.name);
  if (const auto* i = std::get_if<std::int64_t>(&a.value)) {
    m.integer(3, *i);
    m.integer(20, 2);
  } else if (const auto* f = std::get_if<float>(&a.value)) {
    m.real(2, *f);
    m.integer(20, 1);
  } else if (const auto* s = std::get_if<std::string_view>(&a.value)) {
    m.bytes(4, *s);
    m.integer(20, 3);
  } else {
    for (const std::int64_t n : std::get<std::vector<std::int64_t>>(a.value)) m.integer(8, n);
    m.integer(20, 7);
  }
  return m;
}

/// A named tensor of floats, an input or an output of the graph.
MINNOW_COLD protobuf_message value(std::string_view name, const onnx_shape& shape) {
  protobuf_message extents, tensor_type, type, info;
  for (const std::int64_t n : shape) {
    protobuf_message extent;
    if (n == 0) extent.bytes(2, "N");
    else extent.integer(1, n);
    extents.message(1, extent);
  }
  tensor_type.integer(1, floats);
  tensor_type.message(2, extents);
  type.message(1, tensor_type);
  info.bytes(1, name);
  info.message(2, type);
  return info;
}

MINNOW_COLD protobuf_message operators(std::string_view domain, std::int64_t version) {
  protobuf_message set;
  set.bytes(1, domain);
  set.integer(2, version);
  return set;
}

}  // namespace onnx_fields

MINNOW_COLD std::string onnx_graph::constant(std::string name, const onnx_shape& shape, std::span<const float> values) {
  std::string raw(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  constants_.message(5, onnx_fields::tensor(name, shape, onnx_fields::floats, raw));
  return name;
}
MINNOW_COLD std::string onnx_graph::constant(std::string name, const onnx_shape& shape,
                                             std::span<const std::int64_t> values) {
  std::string raw(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  constants_.message(5, onnx_fields::tensor(name, shape, onnx_fields::integers, raw));
  return name;
}
MINNOW_COLD std::string onnx_graph::constant(std::string name, std::uint8_t value) {
  const std::string raw(1, static_cast<char>(value));
  constants_.message(5, onnx_fields::tensor(name, {}, onnx_fields::bytes, raw));
  return name;
}

MINNOW_COLD std::string onnx_graph::node(std::string_view operation, std::span<const std::string> inputs,
                                         std::string result, std::span<const onnx_attribute> attributes,
                                         std::string_view domain) {
  protobuf_message n;
  for (const std::string& input : inputs) n.bytes(1, input);
  n.bytes(2, result);
  n.bytes(3, result);
  n.bytes(4, operation);
  for (const onnx_attribute& a : attributes) n.message(5, onnx_fields::attribute(a));
  if (!domain.empty()) n.bytes(7, domain);
  graph_.message(1, n);
  return result;
}

MINNOW_COLD std::string onnx_graph::file(std::string_view name, std::string_view input, const onnx_shape& input_shape,
                                         std::string_view output, const onnx_shape& output_shape,
                                         std::string_view domain) const {
  protobuf_message rest, model;
  rest.bytes(2, name);
  rest.message(11, onnx_fields::value(input, input_shape));
  rest.message(12, onnx_fields::value(output, output_shape));
  model.integer(1, 7);
  model.bytes(2, "minnow");
  model.bytes(3, std::to_string(MINNOW_VERSION_MAJOR) + "." + std::to_string(MINNOW_VERSION_MINOR) + "." +
                     std::to_string(MINNOW_VERSION_PATCH));
  model.bytes(7, graph_.text() + constants_.text() + rest.text());
  model.message(8, onnx_fields::operators("", 13));
  if (!domain.empty()) model.message(8, onnx_fields::operators(domain, 1));
  return model.text();
}

}  // namespace minnow::detail
