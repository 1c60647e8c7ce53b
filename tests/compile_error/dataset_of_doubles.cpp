// expect: minnow: images are bytes or 32-bit floats
#include <minnow/core/dataset.hpp>

const minnow::dataset<double> data;
