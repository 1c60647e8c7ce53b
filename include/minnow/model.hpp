#pragma once

// Describes networks. Includes quantizers, layers and models. Needs only the standard library.
#include <minnow/core/version.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/channel_magnitude.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/input.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pad_channels.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/layers/signal.hpp>
#include <minnow/layers/window_scaled.hpp>
#include <minnow/quantize/methods/max_sum_bits.hpp>
#include <minnow/quantize/operation.hpp>
#include <minnow/quantize/scheme.hpp>
