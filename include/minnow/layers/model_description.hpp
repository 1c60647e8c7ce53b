#pragma once

namespace minnow {

/// A model: a struct derived from `model<…>`, which `network`, `packed` and `firmware` take as their description.
template <class Model>
concept model_description = requires {
  typename Model::input;
  typename Model::parts;
};

namespace detail {

template <class Model>
inline constexpr bool is_model = model_description<Model>;

/// Reports which type was expected if `network`, `packed` or `firmware` gets a type that is no model. It then derives
/// from this struct and has no other content, so that this message is the only error. The constructor accepts any
/// arguments of the program.
template <class Model>
struct reading_of_no_model {
  static_assert(is_model<Model>,
                "minnow: network<M>, packed<M> and firmware<M, data> take a model, a struct derived from model<...>, "
                "found another type");

  template <class... Arguments>
  constexpr explicit reading_of_no_model(Arguments&&...) noexcept {}
};

}  // namespace detail

}  // namespace minnow
