// expect: minnow: a ternary threshold lies strictly between the levels 0 and 1
#include <minnow/model.hpp>

constexpr float value = minnow::ternary<minnow::threshold<2, 2>>::code(0.5f, {});
