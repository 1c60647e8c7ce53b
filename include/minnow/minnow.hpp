#pragma once

// Includes the headers for training, packing and running networks and for reading and writing files. Some headers must
// be included separately: headers that need another library (data/gzip.hpp, exchange/safetensors.hpp, fit/mpi.hpp), the
// networks of zoo/, quantizers from the literature such as PACT and LSQ (quantize/methods.hpp), estimators of such
// methods (estimate/bi_real.hpp, estimate/incremental.hpp, estimate/quantized_gradients.hpp,
// estimate/local_reparameterization.hpp, train/initialize_from.hpp), schedule/staircase.hpp, exchange/onnx.hpp,
// firmware/export_header.hpp, firmware.hpp and dispatch.hpp.
#include <minnow/data/cifar.hpp>
#include <minnow/data/mnist.hpp>
#include <minnow/data/old_readers.hpp>
#include <minnow/data/optdigits.hpp>
#include <minnow/data/synthetic_digits.hpp>
#include <minnow/exchange/npy.hpp>
#include <minnow/exchange/weights.hpp>
#include <minnow/files/any_model.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/infer.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/train.hpp>
