// expect: End::memory()
#include <minnow/infer.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<3, mn::scheme<mn::pixels, mn::sign>>> {};
using plan = mn::detail::stage_plan<net, 0>;

/// An epilogue (infer/ends/end.hpp) with all required members, except that `memory` has the wrong name `bytes`.
struct end {
  static constexpr const char* layer_word = "";
  static constexpr const char* quantizer_word = "";
  static constexpr mn::detail::stage_memory bytes() { return {}; }
  template <class Self, class Visit>
  static void arrays(Self&, Visit&&) {}
  int zero() const { return 0; }
  template <class Refuse>
  void check(Refuse&&) const {}
  template <class Product, class Arch>
  void run(const mn::detail::stage_run<plan>&) const {}
};
static_assert(mn::detail::stage_end_of<end, plan>);
