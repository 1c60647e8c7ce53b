#pragma once

// Trains networks. Includes `network`, `fit`, estimators, schedules and the descriptions of models (minnow/model.hpp).
// Needs xsimd.
#include <minnow/data/dataset.hpp>
#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/noise.hpp>
#include <minnow/estimate/ste.hpp>
#include <minnow/estimate/unbiased.hpp>
#include <minnow/fit/calibrate.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/image_stream.hpp>
#include <minnow/fit/observers.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/model.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/cubic.hpp>
#include <minnow/schedule/exponential.hpp>
#include <minnow/schedule/linear.hpp>
#include <minnow/train/copy_weights.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/train/fold_batch_norm.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/optimizer.hpp>
#include <minnow/train/summary.hpp>
