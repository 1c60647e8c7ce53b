#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/layers/layer.hpp>

/// Type lists of layers, with concatenation, length and access to an element.
namespace minnow::detail {

/// Concatenates lists.
template <class... Lists>
struct concat {
  using type = list<>;
};
template <class... First>
struct concat<list<First...>> {
  using type = list<First...>;
};
template <class... First, class... Second, class... Rest>
struct concat<list<First...>, list<Second...>, Rest...> : concat<list<First..., Second...>, Rest...> {};

/// The number of layers in a list.
template <class List>
struct size_of;
template <class... Layers>
struct size_of<list<Layers...>> : std::integral_constant<std::size_t, sizeof...(Layers)> {};

/// Finds element I of a list by overload resolution, whose compile time does not grow with I.
template <std::size_t Index, class Layer>
struct indexed {
  using type = Layer;
};
template <class Indices, class List>
struct indexed_list;
template <std::size_t... Index, class... Layers>
struct indexed_list<std::index_sequence<Index...>, list<Layers...>> : indexed<Index, Layers>... {};

template <std::size_t Index, class Layer>
indexed<Index, Layer> find_indexed(const indexed<Index, Layer>*);

}  // namespace minnow::detail
