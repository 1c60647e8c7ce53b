#pragma once

#include <minnow/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#if !defined(MINNOW_SOURCE_DIR) && defined(MINNOW_FIXTURES)
#define MINNOW_SOURCE_DIR MINNOW_FIXTURES "/../.."
#endif

namespace data_files {

using bytes = std::vector<std::uint8_t>;

/// A new folder for a test's files. The destructor removes it with all files in it.
class folder {
public:
  folder() {
    std::random_device numbers;
    do path_ = std::filesystem::temp_directory_path() / ("minnow-test-" + std::to_string(numbers()));
    while (!std::filesystem::create_directory(path_));
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path() const { return path_.string(); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

  /// Writes a file and returns its path.
  std::string write(const std::string& name, const bytes& content) const {
    std::ofstream file(path(name), std::ios::binary);
    for (const std::uint8_t byte : content) file.put(static_cast<char>(byte));
    return path(name);
  }
  std::string write(const std::string& name, const std::string& content) const {
    return write(name, bytes(content.begin(), content.end()));
  }

  /// Returns the names of all files and folders in this folder, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

private:
  std::filesystem::path path_;
};

/// Returns a file's content, as bytes or as a text.
template <class Content = bytes>
Content content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Returns the error message without the folder's path.
inline std::string sentence(const minnow::status& outcome, const folder& where) {
  std::string text = outcome.message();
  const std::string prefix = where.path() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

inline bytes first(const bytes& content, std::size_t count) {
  return {content.begin(), content.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Returns the folder of a real data set next to the source tree, if it exists.
inline std::optional<std::string> real([[maybe_unused]] const std::string& name) {
#if defined(MINNOW_SOURCE_DIR)
  const auto path = (std::filesystem::path(MINNOW_SOURCE_DIR) / "../shared/data" / name).lexically_normal();
  if (std::filesystem::is_directory(path)) return path.string();
#endif
  return std::nullopt;
}

/// Returns the number of images in each of ten classes.
inline std::vector<int> counts(const std::vector<int>& labels) {
  std::vector<int> result(10);
  for (const int label : labels) ++result.at(static_cast<std::size_t>(label));
  return result;
}

}  // namespace data_files
