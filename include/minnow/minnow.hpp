#pragma once

// Everything but what needs a library of its own: gzip.hpp (zlib) is included where it is wanted.
#include <minnow/infer.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/io/cifar.hpp>
#include <minnow/io/drawn_digits.hpp>
#include <minnow/io/mnist.hpp>
#include <minnow/io/model_file.hpp>
#include <minnow/io/network_file.hpp>
#include <minnow/io/optdigits.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/train.hpp>
