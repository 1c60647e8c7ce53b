#include <minnow/data/record_file.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "system/data_files.hpp"

using namespace minnow;

namespace {

constexpr record_format cifar_100{.dimensions = {32, 32, 3}, .classes = 100, .label_bytes = 2, .label_at = 1};
constexpr record_format two_byte_labels{
    .dimensions = {2, 2, 1}, .classes = 1000, .label_bytes = 3, .label_at = 1, .label_width = 2};

/// Returns the label of record r, which is below the format's number of classes.
int label_of(const record_format& format, std::size_t r) { return static_cast<int>(r * 37 % index(format.classes)); }

/// Returns a file's content: each record's label at its position, and 0xee in all other bytes.
data_files::bytes records(const record_format& format, std::size_t count) {
  data_files::bytes content(count * format.bytes(), 0xee);
  for (std::size_t r = 0; r < count; ++r)
    for (std::size_t i = 0; i < index(format.label_width); ++i)
      content[r * format.bytes() + index(format.label_at) + i] =
          static_cast<std::uint8_t>(label_of(format, r) >> (8 * i));
  return content;
}

status labels_of(const std::string& path, const record_format& format, std::vector<int>& labels) {
  detail::watched_file file;
  std::vector<std::byte> all;
  const status outcome = detail::read_labels(path, format, file, all);
  CHECK((!outcome || !file.is_open()));
  labels.clear();
  for (std::size_t at = 0; at < all.size(); at += index(format.label_width))
    labels.push_back(format.label_at_bytes(all.data() + at));
  return outcome;
}

}  // namespace

TEST_SUITE("data/record_file") {
  TEST_CASE("a record is the label's bytes, followed by the image's") {
    CHECK(record_format{.dimensions = {32, 32, 3}, .classes = 10}.bytes() == 3073);
    CHECK(cifar_100.bytes() == 3074);
    CHECK(two_byte_labels.bytes() == 7);
  }

  TEST_CASE("a label is read at its place, the low byte first") {
    const std::uint8_t record[] = {9, 0xe7, 0x03, 1, 2, 3, 4};
    CHECK(two_byte_labels.label(record) == 999);
    CHECK(cifar_100.label(record) == 0xe7);
    CHECK(record_format{.dimensions = {2, 2, 1}, .classes = 10}.label(record) == 9);
  }

  TEST_CASE("a format makes sense if its label fits into its bytes and its classes into the label") {
    const record_format good{.dimensions = {2, 3, 1}, .classes = 10};
    CHECK(good.makes_sense());
    CHECK(cifar_100.makes_sense());
    CHECK(two_byte_labels.makes_sense());
    const auto changed = [&](auto change) {
      record_format f = good;
      change(f);
      return f.makes_sense();
    };
    CHECK(changed([](record_format& f) { f.classes = 256; }));
    CHECK_FALSE(changed([](record_format& f) { f.classes = 257; }));
    CHECK_FALSE(changed([](record_format& f) { f.classes = 0; }));
    CHECK(changed([](record_format& f) { f.label_bytes = f.label_width = 2, f.classes = 65536; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_bytes = f.label_width = 2, f.classes = 65537; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_width = 2; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_width = 0; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_bytes = f.label_width = 3; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_at = 1; }));
    CHECK_FALSE(changed([](record_format& f) { f.label_at = -1; }));
    CHECK_FALSE(changed([](record_format& f) { f.dimensions.width = 0; }));
    CHECK_FALSE(changed([](record_format& f) { f.dimensions = {1 << 15, 1 << 15, 4}; }));
  }

  TEST_CASE("all labels of a file, small records many at a time and large ones label by label") {
    const data_files::folder where;
    const record_format large{
        .dimensions = {129, 128, 1}, .classes = 300, .label_bytes = 2, .label_at = 0, .label_width = 2};
    REQUIRE(large.bytes() > 16384);
    // 200,000 records of 7 bytes are more than the mebibyte that is read at once.
    for (const auto& [format, count] : {std::pair{two_byte_labels, std::size_t{200'000}}, {cifar_100, 5}, {large, 9}}) {
      CAPTURE(count);
      std::vector<int> labels, expected;
      for (std::size_t r = 0; r < count; ++r) expected.push_back(label_of(format, r));
      CHECK(data_files::sentence(labels_of(where.write("records", records(format, count)), format, labels), where) ==
            "");
      CHECK(labels == expected);
    }
    std::vector<int> none{1};
    CHECK(labels_of(where.write("empty", data_files::bytes{}), cifar_100, none));
    CHECK(none.empty());
  }

  TEST_CASE("refuses a file that is missing or ends within a record, and a label that is no class") {
    const data_files::folder where;
    std::vector<int> labels;
    CHECK(data_files::sentence(labels_of(where.path("missing"), cifar_100, labels), where).starts_with("missing: "));
    data_files::bytes content = records(two_byte_labels, 180'000);
    content.push_back(0);
    CHECK(data_files::sentence(labels_of(where.write("long", content), two_byte_labels, labels), where) ==
          "long: expected a multiple of 7 bytes (a record), found 1260001");
    content.pop_back();
    content[170'123 * 7 + 1] = 0xe8;  // label 1000 of record 170,123, in the second mebibyte
    content[170'123 * 7 + 2] = 0x03;
    CHECK(data_files::sentence(labels_of(where.write("label", content), two_byte_labels, labels), where) ==
          "label: expected labels 0 to 999, found 1000 in record 170123");
  }
}
