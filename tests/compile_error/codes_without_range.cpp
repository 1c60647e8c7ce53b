// expect: Quantizer::range(s)
#include <minnow/model.hpp>

struct quarters : minnow::signed_codes<5> {
  static constexpr minnow::text name() { return "quarters"; }
  template <class Value>
  static Value code(Value x, const state&) {
    return nearest(x, 0.25f);
  }
  static constexpr float scale(const state&) { return 0.25f; }
};

static_assert(minnow::quantizer<quarters>);
