#pragma once

// Training, packing, running and files. Included where they are wanted: what needs a library of its own (io/gzip.hpp,
// io/safetensors.hpp, fit/mpi.hpp), the networks of zoo/, the quantizers of other methods (quantize/methods.hpp) and their
// estimator (estimate/bi_real.hpp), io/export_header.hpp, firmware.hpp, dispatch.hpp.
#include <minnow/infer.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/io/cifar.hpp>
#include <minnow/io/drawn_digits.hpp>
#include <minnow/io/mnist.hpp>
#include <minnow/io/model_file.hpp>
#include <minnow/io/network_file.hpp>
#include <minnow/io/npy.hpp>
#include <minnow/io/optdigits.hpp>
#include <minnow/io/weights.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/train.hpp>
