#ifdef MINNOW_TEST_SAFETENSORS

#include <minnow/exchange/safetensors.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tensor_files.hpp"
#include "values.hpp"

namespace mn = minnow;

namespace {

using data_files::bytes;
using tensor_files::malformed;
using tensor_files::quarters;

/// Returns a file with this header, followed by `numbers` bytes.
bytes tensors_file(const std::string& header, std::size_t numbers, std::uint64_t length) {
  bytes file(8 + header.size() + numbers, 7);
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  return file;
}
bytes tensors_file(const std::string& header, std::size_t numbers = 0) {
  return tensors_file(header, numbers, header.size());
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

mn::status read_tensors_bytes(const bytes& file, const char* name, mn::tensors& out) {
  return mn::read_safetensors(file, name, out);
}
mn::status read_tensors_file(const char* path, mn::tensors& out) { return mn::read_safetensors(path, out); }

/// The header entries of two tensors. The first has the shape (2,2) and 16 bytes of type F32; the second has the shape
/// (3) and 6 bytes of type F16.
const std::string a = R"("a":)" + entry("F32", "[2,2]", "[0,16]");
const std::string b = R"("b":)" + entry("F16", "[3]", "[16,22]");
const bytes sound_tensors = tensors_file("{" + a + "," + b + "}", 22);

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

std::string many_tensors(int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i)
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":" + entry("U8", "[0]", "[0,0]");
  return header + "}";
}

bytes of_a(const std::string& dtype, const std::string& shape, const std::string& offsets, std::size_t numbers = 16) {
  return tensors_file(R"({"a":)" + entry(dtype, shape, offsets) + "}", numbers);
}

std::vector<malformed> malformed_tensors() {
  const auto value_of_a = [](const std::string& value) { return tensors_file(R"({"a":)" + value + "}", 16); };
  const auto json = [](const std::string& header) { return tensors_file(header, 16); };
  bytes huge = sound_tensors;
  huge[7] = 0x80;
  return {
      {"empty", {}, "expected a safetensors file, found 0 bytes"},
      {"shorter than the length", bytes(7), "found 7 bytes"},
      {"no header", bytes(8), "begins with a brace, found an empty one"},
      {"header of 2^63 bytes", huge, "a header of at most 100000000 bytes, found 922337203685477"},
      {"header of 2^64 - 1 bytes", tensors_file("{}", 0, ~std::uint64_t{0}), "found 18446744073709551615"},
      {"header of 100 MB and one", tensors_file("{}", 0, 100'000'001), "found 100000001"},
      {"header of 100 MB", tensors_file("{}", 0, 100'000'000),
       "a header of 100000000 bytes, found 2 after its length field"},
      {"header one longer than the file", tensors_file("{}", 0, 3), "a header of 3 bytes, found 2"},
      {"header cut by its length", tensors_file("{" + a + "}", 16, 20), "a header in JSON, found at its byte"},
      {"header that reaches into the numbers", tensors_file("{" + a + "}", 16, a.size() + 3),
       "to at most 15, found 0 to 16"},
      {"pickle", bytes{'P', 'K', 3, 4, 20, 0, 0, 0, 0, 0},
       "expected a safetensors file, found a zip archive: unpack it with unzip"},
      {"list as header", json("[]"), "begins with a brace, found another byte"},
      {"space before the header", json(" {}"), "begins with a brace"},
      {"mark of byte order", json("\xef\xbb\xbf{}"), "begins with a brace"},
      {"brace alone", json("{"), "a header in JSON, found at its byte 2"},
      {"no closing brace", json("{" + a), "a header in JSON, found at its byte"},
      {"comma at the end", json("{" + a + ",}"), "a header in JSON, found at its byte"},
      {"no colon", json(R"({"a" 1})"), "a header in JSON, found at its byte 6"},
      {"single quotes", json("{'a':1}"), "a header in JSON, found at its byte 2"},
      {"comment", json("{/*a*/}"), "a header in JSON, found at its byte 2"},
      {"two headers", json("{}{}"), "a header in JSON, found at its byte 3"},
      {"word behind the header", json("{} x"), "a header in JSON, found at its byte 4"},
      {"zero behind the header", json(std::string("{}\0", 3)), "found a zero at its byte 3"},
      {"zero in the middle", json(std::string("{\0", 2) + a + "}"), "found a zero at its byte 2"},
      {"name not UTF-8", json("{\"\xff\":1}"), "ill-formed UTF-8"},
      {"name with half a character", json("{\"\xc3\":1}"), "ill-formed UTF-8"},
      {"name with an overlong character", json("{\"\xc0\x80\":1}"), "ill-formed UTF-8"},
      {"name with half a surrogate pair", json(R"({"\ud800":1})"), "a header in JSON, found"},
      {"name with a line feed", json("{\"a\nb\":1}"), "a header in JSON, found at its byte 4"},
      {"name without an end", json("{\"a"), "a header in JSON, found at its byte"},
      {"number without an end", value_of_a("1e"), "a header in JSON, found"},
      {"number beyond all", value_of_a("1e999"), "a header in JSON, found"},

      {"tensor as a number", value_of_a("1"),
       "tensor 'a': expected an object of dtype, shape and data_offsets, found a number"},
      {"tensor as a negative number", value_of_a("-1"), "tensor 'a': expected an object of dtype"},
      {"tensor as a text", value_of_a("\"F32\""), "data_offsets, found a text"},
      {"tensor as a list", value_of_a("[]"), "data_offsets, found a list"},
      {"tensor as null", value_of_a("null"), "data_offsets, found null"},
      {"tensor as a boolean", value_of_a("true"), "data_offsets, found a boolean"},
      {"a million lists", value_of_a(repeated("[", 1'000'000)), "data_offsets, found a list"},
      {"a million objects", tensors_file(repeated(R"({"a":)", 1'000'000)),
       "expected dtype, shape and data_offsets alone"},
      {"a million lists in a shape", of_a("F32", repeated("[", 1'000'000), "[0,16]"),
       "tensor 'a': expected a list of whole numbers in shape, found a list"},
      {"a name in a name", value_of_a(R"({"dtype":{"F32":1}})"),
       "tensor 'a': expected a text in dtype, found an object"},
      {"no fields", value_of_a("{}"), "tensor 'a': expected the field dtype, found none"},
      {"no dtype", value_of_a(R"({"shape":[4],"data_offsets":[0,16]})"), "expected the field dtype, found none"},
      {"no shape", value_of_a(R"({"dtype":"F32","data_offsets":[0,16]})"), "expected the field shape, found none"},
      {"no data_offsets", value_of_a(R"({"dtype":"F32","shape":[4]})"), "expected the field data_offsets, found none"},
      {"another field", value_of_a(R"({"dtype":"F32","stride":1})"),
       "tensor 'a': expected dtype, shape and data_offsets alone, found 'stride'"},
      {"field twice", value_of_a(R"({"dtype":"F32","dtype":"F32"})"), "expected the name 'dtype' once, found it twice"},
      {"shape twice", value_of_a(R"({"shape":[2],"shape":[2]})"), "expected the name 'shape' once, found it twice"},
      {"tensor twice", json("{" + a + "," + a + "}"), "tensor 'a': expected the name 'a' once, found it twice"},
      {"tensor twice, once escaped", json("{" + a + R"(,"\u0061":)" + entry("F32", "[0]", "[16,16]") + "}"),
       "expected the name 'a' once, found it twice"},
      {"metadata twice", json(R"({"__metadata__":{},"__metadata__":{}})"), "'__metadata__' once, found it twice"},
      {"metadata as a text", json(R"({"__metadata__":"pt"})"),
       "__metadata__: expected an object of texts, found a text"},
      {"metadata of numbers", json(R"({"__metadata__":{"a":1}})"), "an object of texts, found a number"},
      {"metadata of objects", json(R"({"__metadata__":{"a":{}}})"), "an object of texts, found an object"},
      {"metadata of lists", json(R"({"__metadata__":{"a":[]}})"), "an object of texts, found a list"},
      {"metadata's name twice", json(R"({"__metadata__":{"a":"","a":""}})"), "expected the name 'a' once"},
      {"more tensors than the limit", tensors_file(many_tensors(100'001)),
       "expected at most 100000 tensors, found more"},

      {"dtype as a number", value_of_a(R"({"dtype":32})"), "tensor 'a': expected a text in dtype, found a number"},
      {"dtype as a list", value_of_a(R"({"dtype":["F32"]})"), "expected a text in dtype, found a list"},

      {"shape as a number", of_a("F32", "4", "[0,16]"), "expected a list of whole numbers in shape, found a number"},
      {"shape as a text", of_a("F32", "\"4\"", "[0,16]"), "expected a list of whole numbers in shape, found a text"},
      {"shape as null", of_a("F32", "null", "[0,16]"), "expected a list of whole numbers in shape, found null"},
      {"negative extent", of_a("F32", "[-4]", "[0,16]"), "expected a list of whole numbers in shape, found -4"},
      {"two negative extents", of_a("F32", "[-2,-2]", "[0,16]"), "whole numbers in shape, found -2"},
      {"fractional extent", of_a("F32", "[4.0]", "[0,16]"), "expected a list of whole numbers in shape, found '4.0'"},
      {"extent with an exponent", of_a("F32", "[4e0]", "[0,16]"), "found '4e0'"},
      {"extent as a text", of_a("F32", "[\"4\"]", "[0,16]"), "whole numbers in shape, found a text"},
      {"extent of 2^64", of_a("F32", "[18446744073709551616]", "[0,16]"), "found '18446744073709551616'"},
      {"extent of 2^64 - 1", of_a("F32", "[18446744073709551615]", "[0,16]"),
       "expected a shape whose bytes fit in 63 bits, found (18446744073709551615)"},
      {"bytes of 2^64 + 16", of_a("F32", "[4611686018427387908]", "[0,16]"), "whose bytes fit in 63 bits"},
      {"elements of 2^64 + 4", of_a("F32", "[4294967296,4294967296]", "[0,16]"), "whose bytes fit in 63 bits"},
      {"three extents that overflow", of_a("U8", "[4194304,4194304,4194304]", "[0,16]"), "whose bytes fit in 63 bits"},
      {"65 extents", of_a("F32", "[4" + tensor_files::ones(",", 64) + "]", "[0,16]"),
       "expected at most 64 extents in shape"},
      {"a terabyte", of_a("F32", "[274877906944]", "[0,16]"),
       "expected 1099511627776 bytes ((274877906944) of F32), found 16 (data_offsets 0 to 16)"},
      {"an element too few", of_a("F32", "[3]", "[0,16]"), "expected 12 bytes ((3) of F32), found 16"},
      {"an element too many", of_a("F32", "[5]", "[0,16]"), "expected 20 bytes ((5) of F32), found 16"},
      {"no element but bytes", of_a("F32", "[0,4]", "[0,16]"), "expected 0 bytes ((0, 4) of F32), found 16"},
      {"one element without extents", of_a("F32", "[]", "[0,16]"), "expected 4 bytes (() of F32), found 16"},
      {"another size of numbers", of_a("F64", "[4]", "[0,16]"), "expected 32 bytes ((4) of F64), found 16"},
      {"half an element", of_a("F32", "[4]", "[0,14]", 14), "expected 16 bytes ((4) of F32), found 14"},

      {"offsets as a number", of_a("F32", "[4]", "16"), "expected two whole numbers in data_offsets, found a number"},
      {"no offsets", of_a("F32", "[4]", "[]"), "expected two whole numbers in data_offsets, found 0"},
      {"one offset", of_a("F32", "[4]", "[0]"), "expected two whole numbers in data_offsets, found 1"},
      {"three offsets", of_a("F32", "[4]", "[0,16,16]"), "expected two whole numbers in data_offsets, found more"},
      {"negative offset", of_a("F32", "[4]", "[-16,0]"), "expected two whole numbers in data_offsets, found -16"},
      {"fractional offset", of_a("F32", "[4]", "[0,16.5]"), "two whole numbers in data_offsets, found '16.5'"},
      {"offsets in lists", of_a("F32", "[4]", "[[0,16]]"), "two whole numbers in data_offsets, found a list"},
      {"offsets that fall", of_a("F32", "[4]", "[16,0]"),
       "expected data_offsets that rise from 0 to at most 16, found 16 to 0"},
      {"end behind the file", of_a("F32", "[5]", "[0,20]"), "to at most 16, found 0 to 20"},
      {"end of 2^64 - 1", of_a("F32", "[4]", "[0,18446744073709551615]"), "found 0 to 18446744073709551615"},
      {"begin and end that wrap around", of_a("F32", "[4]", "[18446744073709551600,16]"),
       "found 18446744073709551600 to 16"},
      {"begin behind the file", of_a("F32", "[0]", "[17,17]"), "to at most 16, found 17 to 17"},
      {"gap at the beginning", of_a("F32", "[3]", "[4,16]"),
       "tensor 'a': expected it to begin at byte 0, where the previous tensor ends, found 4: there is a gap"},
      {"gap in the middle", tensors_file("{" + a + R"(,"b":)" + entry("U8", "[2]", "[20,22]") + "}", 22),
       "tensor 'b': expected it to begin at byte 16, where the previous tensor ends, found 20: there is a gap"},
      {"overlap", tensors_file("{" + a + R"(,"b":)" + entry("U8", "[10]", "[12,22]") + "}", 22),
       "tensor 'b': expected it to begin at byte 16, where the previous tensor ends, found 12: they overlap"},
      {"the same bytes for both", tensors_file("{" + a + R"(,"b":)" + entry("F32", "[4]", "[0,16]") + "}", 16),
       "they overlap"},
      {"one tensor inside another", tensors_file("{" + a + R"(,"b":)" + entry("U8", "[2]", "[4,6]") + "}", 16),
       "they overlap"},
      {"nothing inside a tensor", tensors_file("{" + a + R"(,"b":)" + entry("U8", "[0]", "[4,4]") + "}", 16),
       "they overlap"},
      {"bytes behind the last tensor", tensors_file("{" + a + "}", 17),
       "expected 16 bytes of numbers, as its tensors have, found 17"},
      {"bytes and no tensor", tensors_file("{}", 1), "expected 0 bytes of numbers, as its tensors have, found 1"},
      {"bytes are missing", tensors_file("{" + a + "}", 15), "to at most 15, found 0 to 16"},
  };
}

}  // namespace

TEST_SUITE("exchange/safetensors") {
  TEST_CASE("what was written comes back") {
    const data_files::folder folder;
    mn::tensors written;
    written["conv.weight"] = quarters({2, 3, 1, 4});
    written["scalar"] = quarters({});
    written["none"] = quarters({3, 0, 5});
    written["größe \"x\"\n\x7f"] = {{2}, {mn::test::nan, -mn::test::infinity}};
    mn::save_safetensors(written, folder.path("f"));
    const mn::tensors found = mn::load_safetensors(folder.path("f"));
    REQUIRE_EQ(found.size(), 4);
    for (const auto& [name, t] : written) {
      REQUIRE(found.contains(name));
      CHECK_EQ(found.at(name).shape, t.shape);
      REQUIRE_EQ(found.at(name).values.size(), t.values.size());
      if (!t.values.empty())
        CHECK_EQ(std::memcmp(found.at(name).values.data(), t.values.data(), 4 * t.values.size()), 0);
    }
    // The numbers in the file begin at an offset that is a multiple of 8.
    CHECK_EQ((std::filesystem::file_size(folder.path("f")) - 4 * (24 + 1 + 2)) % 8, 0);
    mn::save_safetensors({}, folder.path("none"));
    CHECK(mn::load_safetensors(folder.path("none")).empty());
  }

  TEST_CASE("a file that the format's own library wrote is read") {
    const mn::tensors found = mn::load_safetensors(std::string(MINNOW_FIXTURES "/tensors.safetensors"));
    const mn::tensors expected{
        {"features.0.weight", quarters({2, 3, 2, 2})},
        {"features.1.num_batches_tracked", {{}, {-3}}},
        {"half", quarters({3, 5})},
        {"brain", quarters({7})},
        {"double", quarters({4, 2})},
        {"bytes", {{5}, {0, 1, 0, 1, 0}}},
        {"signed", {{3}, {-3, -2, -1}}},
        {"short", {{3}, {-3, -2, -1}}},
        {"int", {{2, 2}, {-3, -2, -1, 0}}},
        {"bool", {{3}, {0, 1, 0}}},
        {"none", {{0, 4}, {}}},
        {"größe \"quoted\"\n", quarters({1})},
    };
    CHECK(found == expected);
  }

  TEST_CASE("numbers of every kind become the nearest float") {
    const auto read = [](const char* dtype, const bytes& number) {
      bytes file = tensors_file(R"({"x":)" + entry(dtype, "[]", "[0," + std::to_string(number.size()) + "]") + "}");
      file.insert(file.end(), number.begin(), number.end());
      mn::tensors out;
      REQUIRE_EQ(std::string(mn::read_safetensors(file, "f", out).message()), "");
      return out.at("x").values.at(0);
    };
    CHECK_EQ(read("F64", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}), 1.5f);
    CHECK_EQ(read("F64", {0, 0, 0, 0x10, 0, 0, 0xf0, 0x3f}), 1);  // 1 + 2^-24 is a tie and rounds to even
    CHECK_EQ(read("F32", {0, 0, 0xc0, 0xbf}), -1.5f);
    CHECK_EQ(read("F16", {0, 0xbe}), -1.5f);
    CHECK_EQ(read("F16", {1, 0}), 0x1p-24f);
    CHECK_EQ(read("BF16", {0xc0, 0xbf}), -1.5f);
    CHECK_EQ(read("I64", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), 0x1p63f);
    CHECK_EQ(read("U64", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 0x1p64f);
    CHECK_EQ(read("I32", {0, 0, 0, 0x80}), -0x1p31f);
    CHECK_EQ(read("U32", {0, 0, 0, 0x80}), 0x1p31f);
    CHECK_EQ(read("I16", {0, 0x80}), -0x1p15f);
    CHECK_EQ(read("U16", {0, 0x80}), 0x1p15f);
    CHECK_EQ(read("I8", {0x80}), -128);
    CHECK_EQ(read("U8", {0x80}), 128);
    CHECK_EQ(read("BOOL", {0x80}), 1);
    CHECK_EQ(read("BOOL", {0}), 0);
  }

  TEST_CASE("the order in the header does not matter, nor spaces after it, nor metadata") {
    const std::string c = R"("c":)" + entry("U8", "[0]", "[16,16]");
    const std::string meta = R"("__metadata__":{"format":"pt","":"{[\"größe"})";
    mn::tensors out;
    REQUIRE_EQ(
        std::string(mn::read_safetensors(tensors_file("{" + b + "," + c + "," + meta + "," + a + "}   ", 22), "f", out)
                        .message()),
        "");
    CHECK_EQ(out.size(), 3);
    CHECK_EQ(out.at("a").shape, std::vector<std::uint64_t>{2, 2});
    CHECK_EQ(out.at("b").shape, std::vector<std::uint64_t>{3});
    CHECK_EQ(out.at("c").values.size(), 0);
    REQUIRE_EQ(std::string(mn::read_safetensors(tensors_file(many_tensors(100'000)), "f", out).message()), "");
    CHECK_EQ(out.size(), 100'000);
  }

  TEST_CASE("a kind without floats closes the file to nobody but those who ask for that tensor") {
    for (const char* kind : {"F8_E4M3", "F8_E5M2", "F4", "C64", "F31", "f32", ""}) {
      CAPTURE(kind);
      mn::tensors out;
      REQUIRE_EQ(
          std::string(mn::read_safetensors(
                          tensors_file("{" + a + R"(,"b":)" + entry(kind, "[3,2]", "[16,22]") + "}", 22), "f", out)
                          .message()),
          "");
      CHECK_EQ(out.size(), 1);
      CHECK_EQ(out.at("a").values.size(), 4);
      CHECK(out.unreadable == std::map<std::string, std::string, std::less<>>{{"b", kind}});
      const std::string said = std::string(
                                   "tensor 'b': expected numbers of kind F64, F32, F16, BF16, I64, I32, I16, I8, U64, "
                                   "U32, U16, U8, BOOL, found '") +
                               kind + "'";
      CHECK_THROWS_WITH_AS((void)out.at("b"), said.c_str(), mn::error);
      CHECK_THROWS_WITH_AS((void)out.at("c"), "tensor 'c': expected it, found none of this name among 1", mn::error);
    }
    // Text from a file is shortened and made printable in error messages.
    mn::tensors out;
    REQUIRE(mn::read_safetensors(of_a(R"(\u001b[2J)" + std::string(1000, 'x'), "[4]", "[0,16]"), "f", out).ok());
    CHECK_THROWS_WITH_AS((void)out.at("a"), doctest::Contains(("found '?[2J" + std::string(60, 'x') + "'").c_str()),
                         mn::error);
    // The bytes of a tensor must be inside the file even if the reader does not know the type of its numbers.
    CHECK(!mn::read_safetensors(of_a("F8_E4M3", "[17]", "[0,17]"), "f", out).ok());
    CHECK(!mn::read_safetensors(of_a("F8_E4M3", "[12]", "[4,16]"), "f", out).ok());
  }

  TEST_CASE("malformed files are refused by a sentence that says what is wrong") {
    const auto cases = malformed_tensors();
    MESSAGE(cases.size(), " malformed safetensors files");
    CHECK_GE(cases.size(), 50);
    tensor_files::check_refused(cases, mn::tensors{{"before", {{}, {1}}}}, read_tensors_bytes, read_tensors_file);
  }

  TEST_CASE("a file cut at any length is refused, and so are longer ones") {
    auto cases = tensor_files::cut_files(sound_tensors);
    for (const std::size_t more : {1, 7, 4096}) {
      cases.push_back({"longer by " + std::to_string(more), sound_tensors, "bytes of numbers"});
      cases.back().content.resize(sound_tensors.size() + more);
    }
    tensor_files::check_refused(cases, mn::tensors{}, read_tensors_bytes, read_tensors_file);
  }

  TEST_CASE("any changed byte is refused or read as what it says") {
    int refused = 0;
    for (std::size_t at = 0; at < sound_tensors.size() - 22; ++at)
      for (int value = 0; value < 256; ++value) {
        bytes changed = sound_tensors;
        changed[at] = static_cast<std::uint8_t>(value);
        mn::tensors out;
        const mn::status outcome = mn::read_safetensors(changed, "f", out);
        refused += !outcome.ok();
        std::size_t size = 0;
        for (const auto& [name, t] : out) size += t.values.size();
        const std::size_t count = out.size() + out.unreadable.size();
        if (outcome.ok() ? count != 2 || (out.unreadable.empty() && size < 7) || size > 22 : count != 0)
          FAIL("byte ", at, " as ", value);
      }
    CHECK_GT(refused, 29'000);
  }

  TEST_CASE("what cannot be read again is not written") {
    const data_files::folder folder;
    const auto refusal = [&](const mn::tensors& named) {
      const mn::status outcome = mn::write_safetensors(folder.path("f").c_str(), named);
      CHECK(!std::filesystem::exists(folder.path("f")));
      return data_files::sentence(outcome, folder);
    };
    CHECK_EQ(refusal({{"a", {{2, 2}, {1, 2, 3}}}}), "f: tensor 'a': expected the numbers of a shape (2, 2), found 3");
    CHECK_EQ(refusal({{"a", {{std::uint64_t{1} << 62, 8}, {}}}}),
             "f: tensor 'a': expected the numbers of a shape (4611686018427387904, 8), found 0");
    CHECK_EQ(refusal({{"a", {std::vector<std::uint64_t>(65, 1), {1}}}}),
             "f: tensor 'a': expected at most 64 extents in shape, found 65");
    CHECK_EQ(refusal({{"__metadata__", {{}, {1}}}}),
             "f: expected a tensor's name in UTF-8 other than __metadata__, found '__metadata__'");
    CHECK_EQ(refusal({{"\xff", {{}, {1}}}}),
             "f: expected a tensor's name in UTF-8 other than __metadata__, found '\xff'");
    CHECK_THROWS_WITH_AS(mn::save_safetensors({}, folder.path("none/f")), doctest::Contains("could not be created"),
                         mn::error);
  }

  TEST_CASE("a file that is not there is refused by name") {
    const data_files::folder folder;
    CHECK_THROWS_WITH_AS((void)mn::load_safetensors(folder.path("f")), doctest::Contains("expected a file, found none"),
                         mn::error);
    mn::tensors out;
    CHECK(std::string(mn::read_safetensors(folder.path().c_str(), out).message())
              .find("expected a file, found a folder") != std::string::npos);
  }
}

#endif
