#pragma once

// The network of the device: Model D of MINW-Net with 1-bit weights and inputs. It computes only with integers, from
// the image's bytes to the last sums.

#include <minnow/zoo/convnet.hpp>

namespace firmware_example {

namespace mn = minnow;

struct network : mn::zoo::model_d<mn::zoo::image_schemes<mn::minw<1, 1>>> {};

}  // namespace firmware_example
