// expect: minnow: the names of a quantizer's members have changed: code_limit is now max_code
#include <minnow/model.hpp>

struct half_steps : minnow::quantizer_base {
  static constexpr minnow::text name() { return "half_steps"; }
  static constexpr int bits = 4;
  static constexpr int code_limit = 7;
  static float code(float x, const state&) { return x; }
  static constexpr float scale(const state&) { return 0.5f; }
};

minnow::scheme<half_steps, minnow::sign> s;
