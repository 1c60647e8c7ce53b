#pragma once

// Code shared by the tests of tensor files: the numbers of fixtures/tensors.py, and checks of files that must be
// refused.

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/exchange/tensors.hpp>

#include "files/damaged_files.hpp"

namespace tensor_files {

/// Returns the float tensor of this shape that fixtures/tensors.py writes: element k is (k - 3) / 4.
inline minnow::tensor quarters(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  minnow::tensor result{shape, {}};
  for (std::uint64_t k = 0; k < count; ++k) result.values.push_back((static_cast<float>(k) - 3) / 4);
  return result;
}

/// Returns the text "1" repeated `count` times, with a separator before each.
inline std::string ones(const char* separator, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += std::string(separator) + "1";
  return result;
}

/// A malformed file, and text that its error message must contain.
struct malformed {
  std::string what;
  data_files::bytes content;
  std::string sentence;
};

/// Returns the malformed files that result from cutting a valid file to each shorter length.
inline std::vector<malformed> cut_files(const data_files::bytes& sound) {
  std::vector<malformed> cases;
  for (std::size_t length = 0; length < sound.size(); ++length)
    cases.push_back({"cut to " + std::to_string(length), data_files::first(sound, length), "expected"});
  return cases;
}

/// Checks that `read` refuses each content with a message that has the file's name, "expected", "found" and the case's
/// text, and leaves `out` unchanged. Checks that `read_file` does the same for a file of this content.
template <class Out, class Read, class ReadFile>
void check_refused(const std::vector<malformed>& cases, const Out& before, Read read, ReadFile read_file) {
  const data_files::folder folder;
  for (const malformed& c : cases) {
    CAPTURE(c.what);
    Out out = before;
    const std::string said = read(c.content, "f", out).message();
    CHECK(out == before);
    CHECK_EQ(said.substr(0, 3), "f: ");
    CHECK(said.find("expected") != std::string::npos);
    CHECK(said.find("found") != std::string::npos);
    CHECK_MESSAGE(said.find(c.sentence) != std::string::npos, said);
    CHECK_EQ(said.find('\n'), std::string::npos);
    CHECK_EQ(data_files::sentence(read_file(folder.write("f", c.content).c_str(), out), folder), said);
    CHECK(out == before);
  }
}

}  // namespace tensor_files
