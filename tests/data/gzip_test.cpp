#if defined(MINNOW_TEST_GZIP)

#include <minnow/data/gzip.hpp>
#include <minnow/data/idx.hpp>

#include <zlib.h>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "system/data_files.hpp"

namespace mn = minnow;

static_assert(mn::opener<mn::gzip_opener>);

namespace {

using data_files::bytes;

bytes joined(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bytes gzipped(const bytes& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  bytes result(deflateBound(&stream, static_cast<uLong>(content.size())) + 64);
  bytes input = content;
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = result.data();
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

// Returns an IDX file of 300 labels. It is so long that a truncated read cannot return all labels by chance.
bytes many_labels() {
  bytes result{0, 0, 8, 1, 0, 0, 1, 44};
  for (int i = 0; i < 300; ++i) result.push_back(static_cast<std::uint8_t>(i * i % 10));
  return result;
}

std::vector<int> labels_of(const bytes& file) { return {file.begin() + 8, file.end()}; }

mn::status read(const std::string& path, std::vector<int>& out) {
  return mn::read_idx_labels(path.c_str(), out, 10, mn::gzip);
}

std::string refusal_of_gzip(const bytes& content) {
  const data_files::folder folder;
  std::vector<int> out;
  return data_files::sentence(read(folder.write("l.gz", content), out), folder);
}

}  // namespace

TEST_SUITE("data/gzip") {
  TEST_CASE("a .gz is read in its file's place, by its own name, and under any name") {
    const data_files::folder folder;
    folder.write("l.gz", gzipped(many_labels()));
    folder.write("other", gzipped(many_labels()));
    for (const char* name : {"l", "l.gz", "other"}) {
      std::vector<int> out;
      REQUIRE_EQ(read(folder.path(name), out).message(), std::string());
      CHECK_EQ(out.size(), 300);
      CHECK_EQ(out[299], 299 * 299 % 10);
    }
  }

  TEST_CASE("a file that is not compressed is read as it is, and comes before its .gz") {
    const data_files::folder folder;
    folder.write("l.gz", gzipped(many_labels()));
    folder.write("l", bytes{0, 0, 8, 1, 0, 0, 0, 1, 4});
    std::vector<int> out;
    REQUIRE_EQ(read(folder.path("l"), out).message(), std::string());
    CHECK_EQ(out, std::vector<int>{4});
  }

  TEST_CASE("packed files one after another are one file") {
    const bytes whole = many_labels();
    const data_files::folder folder;
    folder.write("l.gz",
                 joined(gzipped(data_files::first(whole, 100)), gzipped(bytes(whole.begin() + 100, whole.end()))));
    std::vector<int> out;
    REQUIRE_EQ(read(folder.path("l"), out).message(), std::string());
    CHECK_EQ(out.size(), 300);
  }

  TEST_CASE("a file larger than every buffer comes back as it was") {
    bytes content{0, 0, 8, 1, 0, 3, 13, 64};  // 200,000 labels
    std::uint32_t state = 1;
    for (int i = 0; i < 200'000; ++i)
      content.push_back(static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24) % 10);
    const data_files::folder folder;
    folder.write("l.gz", gzipped(content));
    std::vector<int> out;
    REQUIRE_EQ(read(folder.path("l"), out).message(), std::string());
    CHECK_EQ(out, labels_of(content));
  }

  TEST_CASE("cut at any length it is refused, and a changed byte never gets through") {
    const bytes good = gzipped(many_labels());
    for (std::size_t length = 0; length < good.size(); ++length)
      CHECK_NE(refusal_of_gzip(data_files::first(good, length)), "");
    std::size_t refused = 0;
    for (std::size_t at = 10; at < good.size(); ++at) {
      bytes bad = good;
      bad[at] ^= 0x10;
      // A change is accepted only if the bit has no meaning, such as padding after the last code.
      const data_files::folder folder;
      std::vector<int> out;
      if (read(folder.write("l.gz", bad), out).ok()) CHECK_EQ(out, labels_of(many_labels()));
      else ++refused;
    }
    CHECK_GT(refused, good.size() - 20);
    CHECK_EQ(refusal_of_gzip(data_files::first(good, good.size() - 1)),
             "l.gz: expected the end of the gzip data, found the end of the file first");
    bytes bad = good;
    bad[good.size() - 8] ^= 1;
    CHECK_EQ(refusal_of_gzip(bad), "l.gz: expected intact gzip data, found: incorrect data check");
    CHECK_EQ(refusal_of_gzip(joined(good, {0, 0})),
             "l.gz: expected the end of the file after its gzip data, found more bytes");
  }

  TEST_CASE("contents shorter or longer than their header are refused") {
    bytes content = many_labels();
    content.push_back(1);
    CHECK_EQ(refusal_of_gzip(gzipped(content)),
             "l.gz: expected 308 bytes (a header of 8 and 300 labels), found more than 308");
    content.resize(200);
    CHECK_EQ(refusal_of_gzip(gzipped(content)), "l.gz: expected 308 bytes (a header of 8 and 300 labels), found 200");
    const bytes lying{0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff, 1};
    CHECK_EQ(refusal_of_gzip(gzipped(lying)),
             "l.gz: expected 2147483655 bytes (a header of 8 and 2147483647 labels), found 9");
  }

  TEST_CASE("neither file nor .gz is refused") {
    const data_files::folder folder;
    std::vector<int> out;
    CHECK_EQ(data_files::sentence(read(folder.path("l"), out), folder),
             "l: expected this file or its .gz, found neither");
  }
}

#endif
