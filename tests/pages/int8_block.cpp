#include <minnow/minnow.hpp>
#include <minnow/quantize/methods/given.hpp>

namespace mn = minnow;

// the block

struct one_block : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<int8, filters>>, mn::bias, mn::relu, block<8>,
                             mn::dense<4, mn::scheme<int8, filters>>, mn::bias> {};
static_assert(mn::detail::stage_plan<mn::tflite_fixed_point<one_block>, 4>::in_tflite == mn::detail::tflite_stage::sum);
