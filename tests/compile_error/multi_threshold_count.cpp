// expect: minnow: multi_threshold has 1 to 255 thresholds
#include <minnow/layers/activation.hpp>

constexpr int count = minnow::multi_threshold<256>::count;
