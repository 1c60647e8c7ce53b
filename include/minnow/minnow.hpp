#pragma once

// Everything but what needs a library of its own: gzip.hpp (zlib) and safetensors.hpp (nlohmann/json) are
// included where they are wanted.
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
