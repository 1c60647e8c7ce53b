#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/graph/lowering.hpp>
#include <minnow/layers/join.hpp>

namespace minnow {

/// The sum of a body and a shortcut that read the same input. The two branches may quantize this input differently.
///
/// in (H,W,C) -> out (H',W',C')
/// Body      a layer or chain
/// Shortcut  a layer or chain with the same output shape; chain<> is the identity
/// Carrier   a quantizer that is applied once to the input, before the branches: `real` leaves the input unchanged,
///           integer<8> stores it in bytes
/// paths     of a block that is layer 3 of the model: "3.carrier", "3.shortcut", "3.body", and "3" for the sum
/// source    He et al. 2016
template <class Body, class Shortcut = chain<>, class Carrier = real>
struct residual {};

/// Concatenates the input's channels and the body's output channels, in this order.
///
/// in (H,W,C) -> out (H,W,C + C')
/// paths  of a block that is layer 3 of the model: "3.body", and "3" for the concatenation
template <class Body>
struct concatenated {};

/// A block repeated Count times in a row. If layer 3 of a model is a `repeat`, block i has the path "3.i".
template <int Count, class Block>
struct repeat {};

/// A dense block: Count layers, each of which reads the outputs of all layers before it. Each layer adds its output
/// channels (growth).
///
/// in (H,W,C) -> out (H,W,C + Count · growth)
/// source  Huang et al. 2017
template <int Count, class Layer>
using dense_block = repeat<Count, concatenated<Layer>>;

namespace detail {

template <class Body, class Shortcut, class Carrier>
struct expansion<residual<Body, Shortcut, Carrier>> {
  using carrier = std::conditional_t<std::is_same_v<Carrier, real>, list<>, list<quantize<Carrier>>>;
  using type =
      typename concat<carrier, typename expansion<Shortcut>::type, typename expansion<Body>::type, list<add>>::type;

  template <class Graph>
  static constexpr void describe(text prefix, Graph& out) {
    if constexpr (!std::is_same_v<Carrier, real>) out.layer(text(prefix) << ".carrier");
    out.fork();
    expansion<Shortcut>::describe(text(prefix) << ".shortcut", out);
    out.turn();
    expansion<Body>::describe(text(prefix) << ".body", out);
    out.join(prefix);
  }
};

template <class Body>
struct expansion<concatenated<Body>> {
  using type = typename concat<typename expansion<Body>::type, list<concatenate>>::type;

  template <class Graph>
  static constexpr void describe(text prefix, Graph& out) {
    out.fork();
    expansion<Body>::describe(text(prefix) << ".body", out);
    out.join(prefix);
  }
};

template <class Block, class Indices>
struct repeated;
template <class Block, std::size_t... Index>
struct repeated<Block, std::index_sequence<Index...>> {
  template <std::size_t>
  using each = Block;
  using type = list<each<Index>...>;
};
template <int Count, class Block>
struct expansion<repeat<Count, Block>>
    : expansion<typename repeated<Block, std::make_index_sequence<index(Count > 0 ? Count : 1)>>::type> {
  static_assert(Count > 0, "minnow: a block is repeated at least once");
};

}  // namespace detail

}  // namespace minnow
