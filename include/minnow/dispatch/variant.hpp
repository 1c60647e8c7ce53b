#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/dispatch/arch.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/infer/summary.hpp>

/// The implementation of a variant. Only the sources that the CMake function minnow_dispatch generates include this
/// header.
namespace minnow {

namespace detail {

template <class Model, class Arch>
struct opened {
  using packed_type = packed<Model, Arch>;

  std::unique_ptr<packed_type> network;
  session<packed_type> buffers;
  std::string text;

  explicit opened(std::unique_ptr<packed_type> read) : network(std::move(read)), buffers(*network) {}

  template <class Read>
  static status open(Read&& read, void*& result) {
    auto made = std::make_unique<packed_type>();
    if (const status s = read(*made); !s) return s;
    result = new opened(std::move(made));
    return {};
  }
  static status open_file(const char* path, void*& result) {
    return open([&](packed_type& to) { return minnow::read(path, to); }, result);
  }
  static status open_bytes(const std::byte* file, std::size_t size, void*& result) {
    return open([&](packed_type& to) { return minnow::read(std::span(file, size), "the bytes in memory", to); },
                result);
  }
  static void close(void* self) noexcept { delete static_cast<opened*>(self); }

  template <class Element>
  static void run(void* self, const Element* images, std::size_t count, float* logits) {
    static_cast<opened*>(self)->buffers.run(std::span<const Element>(images, count * image_size),
                                            std::span<float>(logits, count * index(packed_type::classes)));
  }

  static const char* summary(void* self) {
    auto& o = *static_cast<opened*>(self);
    o.text = summary_text(*o.network, "");
    return o.text.c_str();
  }

  static constexpr auto image_size = index(packed_type::layer_graph::input.size());
  static constexpr auto run_floats = [] {
    if constexpr (packed_type::layer_graph::takes_pixels) return nullptr;
    else return &run<float>;
  }();
};

}  // namespace detail

/// The interface of a model compiled for an architecture. `Arch` must be a type that no other variant uses: it makes
/// the variant's symbols distinct, and minnow_dispatch makes these symbols local to the variant's object file.
template <class Model, class Arch>
inline constexpr dispatch_variant variant_of{
    detail::opened<Model, Arch>::image_size, packed<Model, Arch>::classes,
    detail::opened<Model, Arch>::open_file,  detail::opened<Model, Arch>::open_bytes,
    detail::opened<Model, Arch>::close,      detail::opened<Model, Arch>::template run<std::uint8_t>,
    detail::opened<Model, Arch>::run_floats, detail::opened<Model, Arch>::summary,
};

}  // namespace minnow
