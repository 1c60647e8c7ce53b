#include <minnow/data/optdigits.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "system/data_files.hpp"

namespace mn = minnow;

namespace {

using data_files::bytes;

// Returns a line whose pixels are 0, 1, … 16, 0, 1, … and whose last field is the label.
std::string line(int label) {
  std::string result;
  for (int i = 0; i < 64; ++i) result += std::to_string(i % 17) + ",";
  return result + std::to_string(label) + "\n";
}

std::string refusal_of_lines(const std::string& content) {
  const data_files::folder folder;
  mn::dataset<std::uint8_t> out;
  const mn::status outcome = mn::read_optdigits_file(folder.write("o", content).c_str(), out, 2);
  CHECK(out.images.empty());
  return data_files::sentence(outcome, folder);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_SUITE("data/optdigits") {
  TEST_CASE("pixels 0 to 16 become bytes 0 to 255, rounded") {
    const data_files::folder folder;
    mn::dataset<std::uint8_t> out;
    REQUIRE_EQ(mn::read_optdigits_file(folder.write("o", line(3) + line(9)).c_str(), out, 2).message(), std::string());
    CHECK(out.dimensions == mn::shape{8, 8, 1});
    CHECK_EQ(out.size(), 2);
    CHECK_EQ(out.labels, std::vector<int>{3, 9});
    CHECK_EQ(bytes(out.images.begin(), out.images.begin() + 17),
             bytes{0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255});
    CHECK_EQ(out.images[64 + 63], 191);  // 63 % 17 = 12
  }

  TEST_CASE("line ends of both kinds, and a last line without one, are read") {
    const data_files::folder folder;
    const std::string dos = replaced(line(3), "\n", "\r\n") + replaced(line(9), "\n", "\r\n");
    const std::string open = line(3) + replaced(line(9), "\n", "");
    for (const std::string& text : {dos, open}) {
      mn::dataset<std::uint8_t> out;
      CHECK_EQ(mn::read_optdigits_file(folder.write("o", text).c_str(), out, 2).message(), std::string());
      CHECK_EQ(out.labels, std::vector<int>{3, 9});
    }
  }

  TEST_CASE("a file cut at any length before its last label is refused") {
    const std::string good = line(3) + line(9);
    for (std::size_t length = 0; length + 1 < good.size(); ++length)
      CHECK_NE(refusal_of_lines(good.substr(0, length)), "");
    CHECK_EQ(refusal_of_lines(""), "o: expected 2 lines, found 0");
    CHECK_EQ(refusal_of_lines(line(3)), "o: expected 2 lines, found 1");
    CHECK_EQ(refusal_of_lines(line(3) + "0,1,2,"),
             "o: expected a number of 0 to 16 as field 4 of line 2, found the end of the file");
    CHECK_EQ(refusal_of_lines(line(3) + "0,1"),
             "o: expected 65 numbers separated by commas in line 2, found the end of the file after field 2");
  }

  TEST_CASE("a file that goes on is refused") {
    CHECK_EQ(refusal_of_lines(line(1) + line(2) + line(3)),
             "o: expected at most 390 bytes (2 lines of 65 numbers), found more");
    CHECK_EQ(refusal_of_lines(line(1) + line(2) + "\n"), "o: expected 2 lines, found more");
  }

  TEST_CASE("values out of range and other characters are refused with their place") {
    CHECK_EQ(refusal_of_lines(line(1) + replaced(line(2), ",16,", ",17,")),
             "o: expected a number of 0 to 16 as field 17 of line 2, found 17");
    CHECK_EQ(refusal_of_lines(replaced(line(1), ",1\n", ",10\n") + line(2)),
             "o: expected a number of 0 to 9 as field 65 of line 1, found 10");
    CHECK_EQ(refusal_of_lines(replaced(line(1), ",5,", ",-5,") + line(2)),
             "o: expected a number of 0 to 16 as field 6 of line 1, found another character");
    CHECK_EQ(refusal_of_lines(replaced(line(1), ",5,", ",5;") + line(2)),
             "o: expected 65 numbers separated by commas in line 1, found another character after field 6");
    CHECK_EQ(refusal_of_lines(replaced(line(1), "1\n", "1,1\n") + line(2)),
             "o: expected the end of line 1 after its 65 numbers, found another character");
    CHECK_EQ(refusal_of_lines("a,b\n" + line(1)),
             "o: expected a number of 0 to 16 as field 1 of line 1, found another character");
  }

  TEST_CASE("a folder without the files is refused") {
    const data_files::folder folder;
    CHECK_THROWS_AS((void)mn::load_optdigits(folder.path()), mn::error);
  }

  TEST_CASE("the digits themselves have their known counts" * doctest::skip(!data_files::real("optdigits"))) {
    const auto [train, test] = mn::load_optdigits(*data_files::real("optdigits"));
    CHECK_EQ(data_files::counts(train.labels), std::vector<int>{376, 389, 380, 389, 387, 376, 377, 387, 380, 382});
    CHECK_EQ(data_files::counts(test.labels), std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
    CHECK_EQ(bytes(train.images.begin(), train.images.begin() + 5), bytes{0, 16, 96, 239, 191});
  }

  TEST_CASE("refuses fewer than one line") {
    mn::dataset<std::uint8_t> out;
    CHECK_EQ(std::string(mn::read_optdigits_file("none", out, 0).message()),
             "read_optdigits_file: expected at least 1 line, found 0");
    CHECK_FALSE(mn::read_optdigits_file("none", out, -1).ok());
  }
}
