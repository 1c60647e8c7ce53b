#pragma once

// Imported from model.onnx (QONNX). The report is my_net.md.

#include <minnow/exchange/imported.hpp>
#include <minnow/minnow.hpp>
#include <minnow/quantize/methods/given.hpp>

namespace mn = minnow;

/// model.onnx. Comments name the nodes of the source.
struct my_net : mn::model<mn::image<1, 8, 8>, mn::conv<4, mn::scheme<mn::sign_nonnegative, mn::sign_nonnegative>>,
                          mn::batch_norm,  // Conv_0, BatchNormalization_1
                          mn::dense<10, mn::scheme<mn::given_integer<-1, 1>, mn::given_integer<-7, 7>>>, mn::bias> {
};  // MatMul_2, Add_3

/// Maps the layers to the tensors of my_net.safetensors.
inline const mn::weight_names my_net_names{
    {"0", "conv"}, {"1", "norm"}, {"2", "fc"}, {"2.inputs", "Quant_1"}, {"3", "fc"}};
