#include "my_net.hpp"

void imported(const mn::dataset<float>& train) {
  // the block
}
