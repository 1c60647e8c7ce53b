// expect: minnow: firmware has no arithmetic of TensorFlow Lite
#include <minnow/firmware.hpp>
#include <minnow/quantize/methods/given.hpp>

namespace mn = minnow;

using codes = mn::given_integer<-127, 127>;
struct net : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, codes>>, mn::bias,
                       mn::dense<3, mn::scheme<codes, codes>>> {};
static_assert(minnow::detail::firmware_plan<mn::tflite_fixed_point<net>>::sound);
