// expect: minnow: images are bytes or 32-bit floats
#include <minnow/data/dataset.hpp>

const minnow::dataset<double> data;
