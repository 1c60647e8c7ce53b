#pragma once

namespace minnow::detail {

/// A function of any arguments, with which concepts ask whether a type has a visiting member.
struct any_visitor {
  template <class... Arguments>
  void operator()(Arguments&&...) const noexcept {}
};

}  // namespace minnow::detail
