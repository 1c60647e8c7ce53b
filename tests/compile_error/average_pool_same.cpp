// expect: minnow: an average pool counts its padding as zeros, which TensorFlow's same padding does not
#include <minnow/model.hpp>

using namespace minnow;

constexpr auto output = average_pool<3, same>::output({8, 8, 3});
