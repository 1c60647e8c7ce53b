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

/// Base class of `network`, `packed` and `firmware` if their type parameter is not a model. The static assertion says
/// which type was expected. It is the only compile error, because these classes then have no members and the
/// constructor accepts any arguments.
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
