// expect: minnow: the factor of local_reparameterization's regularizer is a fraction of at least 0
#include <minnow/estimate/local_reparameterization.hpp>

constexpr float factor = minnow::local_reparameterization<-1, 10>::regularization;
