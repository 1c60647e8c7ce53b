#include <minnow/exchange/npy.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <xtensor/containers/xarray.hpp>
#include <xtensor/io/xnpy.hpp>

#include "tensor_files.hpp"
#include "values.hpp"

namespace mn = minnow;

namespace {

using data_files::bytes;
using tensor_files::malformed;
using tensor_files::quarters;

/// Returns a .npy file with exactly this header, followed by `numbers` bytes. The default version is 1.0.
bytes array_file(const std::string& header, std::size_t numbers, std::uint8_t major = 1) {
  bytes file{0x93,
             'N',
             'U',
             'M',
             'P',
             'Y',
             major,
             0,
             static_cast<std::uint8_t>(header.size() % 256),
             static_cast<std::uint8_t>(header.size() / 256)};
  if (major > 1) file.insert(file.end(), 2, 0);
  file.insert(file.end(), header.begin(), header.end());
  file.resize(file.size() + numbers, 7);
  return file;
}

std::string header_of(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }  \n";
}
bytes array_of(const std::string& descr, const std::string& order, const std::string& shape, std::size_t numbers) {
  return array_file(header_of(descr, order, shape), numbers);
}

mn::status read_array_bytes(const bytes& file, const char* name, mn::tensor& out) {
  return mn::read_npy(file, name, out);
}
mn::status read_array_file(const char* path, mn::tensor& out) { return mn::read_npy(path, out); }
mn::tensor fixture(const char* name) { return mn::load_npy(std::string(MINNOW_FIXTURES "/array_") + name + ".npy"); }

const bytes sound_array = array_of("'<f4'", "False", "(2, 3)", 24);

std::vector<malformed> malformed_arrays() {
  const auto with = [](std::size_t at, std::uint8_t value) {
    bytes file = sound_array;
    file.at(at) = value;
    return file;
  };
  const auto shape = [](const std::string& s) { return array_of("'<f4'", "False", s, 24); };
  const auto descr = [](const std::string& d) { return array_of(d, "False", "(2, 3)", 24); };
  const auto header = [](const std::string& h) { return array_file(h, 24); };
  return {
      {"empty", {}, "expected a .npy file, found 0 bytes"},
      {"magic alone", data_files::first(sound_array, 6), "found 6 bytes"},
      {"another magic", with(0, 0x92), "expected a .npy file (\\x93NUMPY), found other bytes"},
      {"zip", bytes{'P', 'K', 3, 4, 20, 0, 0, 0, 0, 0}, "expected a .npy file, found a zip archive: unpack it"},
      {"version 0", with(6, 0), "expected .npy version 1.0, 2.0 or 3.0, found 0.0"},
      {"version 4", with(6, 4), "found 4.0"},
      {"version 1.1", with(7, 1), "found 1.1"},
      {"no length of the header", data_files::first(sound_array, 9),
       "expected 10 bytes up to the header, found a file of 9"},
      {"no length of the header, version 2", data_files::first(array_file("", 0, 2), 11),
       "expected 12 bytes up to the header"},
      {"header longer than the file", with(9, 0xff), "expected a header of 65"},
      {"header of 4 GB",
       [] {
         bytes file = array_file("", 0, 2);
         for (std::size_t i = 8; i < 12; ++i) file[i] = 0xff;
         return file;
       }(),
       "expected a header of at most 1048576 bytes, found 4294967295"},
      {"empty header", header(""), "expected a dictionary in the header, found its end"},
      {"zero in the header", header(std::string("{\0}\n", 4)),
       "expected a header of ASCII characters, found the byte 0x00"},
      {"not ASCII", header("{'größe': 1}\n"), "expected a header of ASCII characters, found the byte 0xc3"},
      {"bell", header("{\a}\n"), "found the byte 0x07"},
      {"list", header("[]\n"), "expected a dictionary in the header, found '[]?'"},
      {"nothing in the header", header("{}\n"), "expected the key 'descr' in the header, found none"},
      {"no closing brace", header("{'descr': '<f4',\n"), "found its end"},
      {"two dictionaries", header("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}{}\n"),
       "expected only spaces after the header's dictionary, found '{}?'"},
      {"key as a number", header("{1: 2}\n"),
       "expected a key of the header in quotation marks, or its closing brace, found '1: 2}?'"},
      {"key without an end", header("{'descr\n"), "expected a key of the header"},
      {"no colon", header("{'descr' '<f4'}\n"), "expected a colon after the header's key, found ''<f4'}?'"},
      {"no comma", header("{'descr': '<f4' 'shape': (6,)}\n"), "expected a comma or the closing brace"},
      {"two commas", header("{'descr': '<f4',, 'shape': (6,)}\n"), "expected a key of the header"},
      {"another key", header("{'dtype': '<f4'}\n"),
       "expected the keys descr, fortran_order and shape alone in the header, found 'dtype'"},
      {"no descr", header("{'fortran_order': False, 'shape': (6,)}\n"),
       "expected the key 'descr' in the header, found none"},
      {"no fortran_order", header("{'descr': '<f4', 'shape': (6,)}\n"), "expected the key 'fortran_order'"},
      {"no shape", header("{'descr': '<f4', 'fortran_order': False}\n"), "expected the key 'shape'"},
      {"descr twice", header("{'descr': '<f4', 'descr': '<f4'}\n"),
       "expected the key 'descr' once in the header, found it twice"},
      {"shape twice", header("{'shape': (6,), 'shape': (6,)}\n"), "expected the key 'shape' once"},

      {"long double", descr("'<f16'"),
       "expected numbers of type <f8, <f4, <f2, <i8, <i4, <i2, |i1, <u8, <u4, <u2, |u1, |b1, found '<f16'"},
      {"no type", descr("''"), "found ''"},
      {"an order alone", descr("'<'"), "found '<'"},
      {"two orders", descr("'<<f4'"), "found '<<f4'"},
      {"a word with an order", descr("'<float32'"), "found '<float32'"},
      {"complex", descr("'<c8'"), "found '<c8'"},
      {"text", descr("'<U4'"), "found '<U4'"},
      {"Python objects", descr("'|O'"), "found '|O'"},
      {"dates", descr("'<M8[ns]'"), "found '<M8[ns]'"},
      {"record", descr("[('a', '<f4')]"), "expected one number type in 'descr', found '[('a'"},
      {"type without quotation marks", descr("f4"), "expected one number type in 'descr', found 'f4"},
      {"order as a number", array_of("'<f4'", "0", "(2, 3)", 24),
       "expected True or False in 'fortran_order', found '0"},
      {"order in small letters", array_of("'<f4'", "false", "(2, 3)", 24), "expected True or False"},

      {"shape as a number", shape("6"), "expected a tuple of whole numbers in 'shape', found '6"},
      {"shape as a list", shape("[2, 3]"), "expected a tuple of whole numbers in 'shape', found '[2"},
      {"one number in parentheses", shape("(6)"), "expected a comma after the single number in 'shape'"},
      {"negative extent", shape("(-2, -3)"), "expected a tuple of whole numbers in 'shape', found '-2"},
      {"fractional extent", shape("(2.0, 3)"), "expected a tuple of whole numbers in 'shape', found '.0"},
      {"extent with a leading zero", shape("(2, 03)"), "whole numbers in 'shape', found '03"},
      {"two letters of Python 2's long", shape("(2LL, 3L)"), "whole numbers in 'shape', found 'L"},
      {"no comma in the shape", shape("(2 3)"), "whole numbers in 'shape', found '3"},
      {"two commas in the shape", shape("(2,, 3)"), "whole numbers in 'shape', found ', 3"},
      {"comma alone", shape("(,)"), "whole numbers in 'shape', found ',)"},
      {"shape without an end", header("{'shape': (2, 3\n"), "whole numbers in 'shape', found its end"},
      {"tuple in the shape", shape("((6,),)"), "whole numbers in 'shape', found '(6"},
      {"extent of 2^64", shape("(18446744073709551616,)"), "expected extents below 2^64 in 'shape'"},
      {"extent of a hundred digits", shape("(" + std::string(100, '9') + ",)"), "expected extents below 2^64"},
      {"bytes of 2^64 + 24", shape("(4611686018427387910,)"),
       "expected a shape whose bytes fit in 63 bits, found (4611686018427387910)"},
      {"elements of 2^64 + 6", shape("(4294967296, 4294967296)"), "whose bytes fit in 63 bits"},
      {"65 extents", shape("(6" + tensor_files::ones(", ", 64) + ")"), "expected at most 64 extents in 'shape'"},
      {"a terabyte", shape("(274877906944,)"),
       "expected 1099511627776 bytes of numbers ((274877906944) of type <f4), found 24"},
      {"a number too many", shape("(7,)"), "expected 28 bytes of numbers ((7) of type <f4), found 24"},
      {"another size of numbers", descr("'<f8'"), "expected 48 bytes of numbers ((2, 3) of type <f8), found 24"},
      {"a byte too few", array_of("'<f4'", "False", "(2, 3)", 23), "found 23"},
  };
}

}  // namespace

TEST_SUITE("exchange/npy") {
  TEST_CASE("what was written comes back, and xtensor reads it too") {
    const data_files::folder folder;
    for (const auto& shape :
         std::vector<std::vector<std::uint64_t>>{{}, {5}, {2, 3}, {1, 2, 3, 4}, {2, 0, 3}, {1, 1, 1, 2, 1, 1, 1, 1}}) {
      const mn::tensor written = quarters(shape);
      mn::save_npy(written, folder.path("f"));
      CHECK(mn::load_npy(folder.path("f")) == written);
      CHECK_EQ(std::filesystem::file_size(folder.path("f")) % 64, 4 * written.values.size() % 64);
      if (written.values.empty()) continue;
      const xt::xarray<float> read = xt::load_npy<float>(folder.path("f"));
      CHECK(std::vector<std::uint64_t>(read.shape().begin(), read.shape().end()) == shape);
      CHECK(std::vector<float>(read.begin(), read.end()) == written.values);
    }
  }

  TEST_CASE("what numpy wrote is read") {
    const mn::tensor expected = quarters({2, 3, 4});
    CHECK(fixture("f4") == expected);
    CHECK(fixture("f8_fortran") == expected);
    CHECK(fixture("f2_row") == quarters({24}));
    CHECK(fixture("version_2") == expected);
    CHECK(fixture("version_3") == expected);
    CHECK(fixture("i8_scalar") == mn::tensor{{}, {-3}});
    CHECK(fixture("b1") == mn::tensor{{3}, {0, 1, 0}});
  }

  TEST_CASE("what xtensor wrote is read") {
    const data_files::folder folder;
    xt::xarray<double, xt::layout_type::column_major> columns = xt::zeros<double>({2, 3, 4});
    const mn::tensor expected = quarters({2, 3, 4});
    std::copy(expected.values.begin(), expected.values.end(), columns.begin<xt::layout_type::row_major>());
    xt::dump_npy(folder.path("f"), columns);
    CHECK(mn::load_npy(folder.path("f")) == expected);
  }

  TEST_CASE("keys may come in any order, with either quotation mark and any spaces") {
    for (const char* header : {"{'shape':(2,3),'descr':'<f4','fortran_order':False}\n",
                               "{ \"fortran_order\" : False , \"shape\" : ( 2 , 3 , ) , \"descr\" : \"<f4\" , } \n"}) {
      mn::tensor out;
      CHECK_EQ(std::string(mn::read_npy(array_file(header, 24), "f", out).message()), "");
      CHECK_EQ(out.shape, std::vector<std::uint64_t>{2, 3});
    }
  }

  TEST_CASE("headers that numpy.load takes are read to its numbers") {
    // fixtures/arrays.py writes these files. It also writes expected.txt, which lists the array that NumPy reads from
    // each file.
    std::ifstream lines(MINNOW_FIXTURES "/arrays/expected.txt");
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      std::istringstream words(line);
      std::string name;
      std::size_t extents = 0;
      words >> name >> extents;
      CAPTURE(name);
      mn::tensor expected{std::vector<std::uint64_t>(extents), {}}, found;
      for (auto& extent : expected.shape) words >> extent;
      for (float value; words >> value;) expected.values.push_back(value);
      CHECK_EQ(std::string(mn::read_npy((MINNOW_FIXTURES "/arrays/" + name).c_str(), found).message()), "");
      CHECK(found == expected);
    }
    CHECK_EQ(count, 55);
  }

  TEST_CASE("headers of more than 127 bytes are read") {
    for (const std::size_t spaces : {100, 128, 200, 60'000}) {
      mn::tensor out;
      const std::string header =
          "{'shape':(2,3),'descr':'<f4','fortran_order':False}" + std::string(spaces, ' ') + "\n";
      CHECK_EQ(std::string(mn::read_npy(array_file(header, 24), "f", out).message()), "");
    }
  }

  TEST_CASE("malformed files are refused by a sentence that says what is wrong") {
    const auto cases = malformed_arrays();
    MESSAGE(cases.size(), " malformed .npy files");
    CHECK_GE(cases.size(), 50);
    tensor_files::check_refused(cases, mn::tensor{{1}, {42}}, read_array_bytes, read_array_file);
  }

  TEST_CASE("a file cut at any length is refused") {
    tensor_files::check_refused(tensor_files::cut_files(sound_array), mn::tensor{}, read_array_bytes, read_array_file);
  }

  TEST_CASE("any changed byte of the header is refused or read as what it says") {
    int refused = 0;
    for (std::size_t at = 0; at < sound_array.size() - 24; ++at)
      for (int value = 0; value < 256; ++value) {
        bytes changed = sound_array;
        changed[at] = static_cast<std::uint8_t>(value);
        mn::tensor out;
        const mn::status outcome = mn::read_npy(changed, "f", out);
        refused += !outcome.ok();
        if (outcome.ok() ? out.values.size() * 4 > 24 : out != mn::tensor{}) FAIL("byte ", at, " as ", value);
      }
    CHECK_GT(refused, 15'000);
  }

  TEST_CASE("what cannot be read again is not written") {
    const data_files::folder folder;
    const auto refusal = [&](const mn::tensor& array) {
      const mn::status outcome = mn::write_npy(folder.path("f").c_str(), array);
      CHECK(!std::filesystem::exists(folder.path("f")));
      return data_files::sentence(outcome, folder);
    };
    CHECK_EQ(refusal({{2, 2}, {1, 2, 3}}), "f: expected the numbers of a shape (2, 2), found 3");
    CHECK_EQ(refusal({std::vector<std::uint64_t>(65, 1), {1}}), "f: expected at most 64 extents, found 65");
  }

  TEST_CASE("a file that is not there is refused by name") {
    const data_files::folder folder;
    CHECK_THROWS_WITH_AS((void)mn::load_npy(folder.path("f")), doctest::Contains("expected a file, found none"),
                         mn::error);
    CHECK_THROWS_WITH_AS(mn::save_npy({{}, {1}}, folder.path("none/f")), doctest::Contains("could not be created"),
                         mn::error);
  }
}
