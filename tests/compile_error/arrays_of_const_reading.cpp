// expect: minnow: arrays of a const network are visited, so the layer's inferable reading needs static void
#include <minnow/infer.hpp>

#include <vector>

namespace mn = minnow;

struct shifted : mn::same_shape {
  static constexpr mn::text name() { return "shifted"; }
};

template <>
class mn::inferable<shifted> {
public:
  explicit inferable(mn::shape) {}
  void run(const float*, float*) const {}
  void arrays(auto&& visit) { visit("numbers", std::span<float>(numbers_)); }

private:
  std::vector<float> numbers_;
};

struct net : mn::model<mn::features<8>, mn::dense<3, mn::scheme<mn::pixels, mn::sign>>, mn::chain<shifted>> {};

void visit(const mn::packed<net>& network) {
  network.stage<0>().sections([](auto, auto) {});
}
