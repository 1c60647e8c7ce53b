#pragma once

namespace minnow::detail {

/// Accepts any arguments. Concepts use it to check that a type has a member function that takes a visitor.
struct any_visitor {
  template <class... Arguments>
  void operator()(Arguments&&...) const noexcept {}
};

}  // namespace minnow::detail
