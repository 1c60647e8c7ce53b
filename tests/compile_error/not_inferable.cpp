// expect: minnow: this layer cannot be packed: specialize minnow::inferable<Layer>, with run(in, out)
#include <minnow/infer.hpp>

struct twice : minnow::same_shape {
  static constexpr minnow::text name() { return "twice"; }
};

struct small : minnow::model<minnow::features<4>, minnow::dense<3, minnow::minw<1, 1>>, twice> {};

minnow::packed<small> network;
