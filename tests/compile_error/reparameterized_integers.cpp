// expect: minnow: local_reparameterization trains weights of sign and of ternary<threshold<>>, and float weights; other quantizers need another estimator
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/train.hpp>

using namespace minnow;

struct net : model<features<8>, dense<4, scheme<real, integer<4>>>> {};

int main() { network<net, local_reparameterization<>> n; }
