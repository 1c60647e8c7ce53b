#include "../read_images.hpp"
#include "options.hpp"

minnow::train_and_test<std::uint8_t> read(const options& o) { return read_images(o.data); }
