#pragma once

#include <type_traits>
#include <utility>

namespace minnow::detail {

template <class Signature>
class function_ref;

/// A function object, without its type and without owning it: the parameter of a function that calls it before it
/// returns. Functions that take one are compiled only once, for all function objects.
template <class Result, class... Arguments>
class function_ref<Result(Arguments...)> {
public:
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, function_ref> &&
             std::is_invocable_r_v<Result, Function&, Arguments...>)
  function_ref(Function&& f) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Function>*>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

private:
  void* object_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace minnow::detail
