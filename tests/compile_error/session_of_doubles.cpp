// expect: minnow: images are bytes, 16-bit integers or 32-bit floats
#include <vector>

#include <minnow/infer.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<3, mn::minw<1, 1>>, mn::batch_norm> {};
void run(mn::session<mn::packed<net>>& running, std::vector<float>& logits) {
  running.run(std::vector<double>(8), logits);
}
