#pragma once

namespace minnow {

/// What `network`, `packed` and `firmware` are readings of: a struct derived from `model<…>`.
template <class Model>
concept model_description = requires {
  typename Model::input;
  typename Model::parts;
};

namespace detail {

template <class Model>
inline constexpr bool is_model = model_description<Model>;

/// Says which type was expected where a reading of a model is given something else. It is all that the reading then is, so
/// that the sentence is the only error; a constructor takes whatever the program passes.
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
