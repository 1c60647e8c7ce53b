// The definitions of the functions in minnow/exchange, for programs that define MINNOW_COMPILED. Headers that need
// another library, such as safetensors.hpp, have their definitions inline.

#include <minnow/exchange/impl/npy.ipp>
#include <minnow/exchange/impl/npy_header.ipp>
#include <minnow/exchange/impl/onnx_file.ipp>
#include <minnow/exchange/impl/tensors.ipp>
#include <minnow/exchange/impl/weights.ipp>
