#pragma once

#include <type_traits>
#include <utility>

namespace minnow::detail {

template <class Signature>
class function_ref;

/// A type-erased reference to a function object, which it does not own. It is the parameter type of functions that call
/// the object only before they return. These functions are compiled only once, for all function objects.
template <class Result, class... Arguments>
class function_ref<Result(Arguments...)> {
public:
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, function_ref> &&
             std::is_invocable_r_v<Result, Function&, Arguments...>)
  function_ref(Function&& f) noexcept : object_(f) {
    using type = std::remove_reference_t<Function>;
    call_ = [](target object, Arguments... arguments) -> Result {
      const auto function = [&]() -> type& {
        if constexpr (std::is_const_v<type>) return *static_cast<type*>(object.constant);
        else return *static_cast<type*>(object.variable);
      };
      if constexpr (std::is_void_v<Result>) function()(std::forward<Arguments>(arguments)...);
      else return function()(std::forward<Arguments>(arguments)...);
    };
  }

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

private:
  union target {
    void* variable;
    const void* constant;

    template <class Function>
    explicit target(Function& f) noexcept : variable(&f) {}
    template <class Function>
    explicit target(const Function& f) noexcept : constant(&f) {}
  };

  target object_;
  Result (*call_)(target, Arguments...);
};

}  // namespace minnow::detail
