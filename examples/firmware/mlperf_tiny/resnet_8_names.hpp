#pragma once

#include <minnow/exchange/weights.hpp>

/// Maps minnow's layers to the layers of the Keras model.
inline const minnow::weight_names resnet_8_names{{"0", "conv2d"},
                                                 {"1", "batch_normalization"},
                                                 {"3.body.0", "conv2d_1"},
                                                 {"3.body.1", "batch_normalization_1"},
                                                 {"3.body.3", "conv2d_2"},
                                                 {"3.body.4", "batch_normalization_2"},
                                                 {"5.0.body.0", "conv2d_3"},
                                                 {"5.0.body.1", "batch_normalization_3"},
                                                 {"5.0.body.3", "conv2d_4"},
                                                 {"5.0.body.4", "batch_normalization_4"},
                                                 {"5.0.shortcut.0", "conv2d_5"},
                                                 {"5.0.shortcut.1", "conv2d_5"},
                                                 {"6.0.body.0", "conv2d_6"},
                                                 {"6.0.body.1", "batch_normalization_5"},
                                                 {"6.0.body.3", "conv2d_7"},
                                                 {"6.0.body.4", "batch_normalization_6"},
                                                 {"6.0.shortcut.0", "conv2d_8"},
                                                 {"6.0.shortcut.1", "conv2d_8"},
                                                 {"8", "dense"},
                                                 {"9", "dense"}};
