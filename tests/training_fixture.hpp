#pragma once

// Reads fixtures/pytorch_training.txt, whose items are described in fixtures/pytorch_training.py.

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace minnow::test {

/// Returns the numbers of each line, by the name at the line's beginning.
inline const std::multimap<std::string, std::vector<double>>& pytorch_training() {
  static const auto items = [] {
    std::multimap<std::string, std::vector<double>> result;
    std::ifstream file(MINNOW_FIXTURES "/pytorch_training.txt");
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string name;
      words >> name;
      std::vector<double> numbers;
      for (double number = 0; words >> number;) numbers.push_back(number);
      if (name != "#") result.emplace(name, numbers);
    }
    return result;
  }();
  return items;
}

/// Returns the numbers of the first line with a name, as floats, which hold them exactly.
inline std::vector<float> pytorch_floats(const std::string& name) {
  std::vector<float> result;
  for (const double number : pytorch_training().find(name)->second) result.push_back(static_cast<float>(number));
  return result;
}

}  // namespace minnow::test
