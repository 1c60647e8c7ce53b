#pragma once

#include <minnow/model.hpp>

struct tiny : minnow::model<minnow::features<8>, minnow::dense<4, minnow::minw<1, 1>>> {};
