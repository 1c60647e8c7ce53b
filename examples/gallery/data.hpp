#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <minnow/data/optdigits.hpp>

#include "../read_images.hpp"
#include "spoken_digits.hpp"

namespace gallery {

/// Reads a data set of the gallery from a folder.
///
/// data     name of the data set
/// copies   number of variations of each training recording of spoken digits; 0: only the test set is read
inline minnow::train_and_test<std::uint8_t> read_data(std::string_view data, const std::string& folder,
                                                      int copies = 0) {
  if (data == "optdigits") return minnow::load_optdigits(folder);
  if (data == "spoken-digits") {
    minnow::train_and_test<std::uint8_t> result;
    if (copies > 0) result.train = spoken::load(folder, spoken::of_training, copies);
    result.test = spoken::load(folder, spoken::of_test);
    return result;
  }
  return read_images(folder);
}

}  // namespace gallery
