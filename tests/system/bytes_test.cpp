#include <minnow/system/bytes.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data_files.hpp"

namespace mn = minnow;

static_assert(mn::opener<mn::plain>);
static_assert(!mn::opener<int>);

TEST_SUITE("system/bytes") {
  TEST_CASE("a file is read front to back, in parts of any length") {
    const data_files::folder folder;
    mn::plain::file file;
    REQUIRE_EQ(file.open(folder.write("f", "abcdef").c_str()).message(), std::string());
    CHECK_EQ(file.length(), 6);
    std::uint8_t to[8] = {};
    std::size_t got = 0;
    CHECK(file.read(to, 4, got).ok());
    CHECK_EQ(got, 4);
    CHECK_EQ(to[3], 'd');
    CHECK(file.read(to, 8, got).ok());
    CHECK_EQ(got, 2);
    CHECK_EQ(to[0], 'e');
  }

  TEST_CASE("a missing file, one that lies there compressed, and a folder are told apart") {
    const data_files::folder folder;
    mn::plain::file file;
    CHECK_EQ(data_files::sentence(file.open(folder.path("f").c_str()), folder),
             "f: expected a file, found none (No such file or directory)");
    CHECK_EQ(data_files::sentence(file.open(folder.path().c_str()), folder),
             folder.path() + ": expected a file, found a folder");
    folder.write("f.xz", "");
    CHECK_EQ(data_files::sentence(file.open(folder.path("f").c_str()), folder),
             "f: expected this file, found only its .xz; unpack it: xz -dk f.xz");
    folder.write("f.gz", "");
    CHECK_EQ(
        data_files::sentence(file.open(folder.path("f").c_str()), folder),
        "f: expected this file, found only its .gz; either #include \"minnow/data/gzip.hpp\", pass minnow::gzip to "
        "the reader as its last argument and link zlib (CMake target minnow::gzip), or unpack it with gzip -dk");
  }

  TEST_CASE("a path too long for a sentence loses its middle, not what was expected") {
    const data_files::folder folder;
    std::string name;
    for (int i = 0; i < 4; ++i) name += std::string(200, 'n') + '/';
    std::filesystem::create_directories(folder.path(name));
    folder.write(name + "f.gz", "");
    mn::plain::file file;
    const std::string text = file.open(folder.path(name + "f").c_str()).message();
    CHECK(text.starts_with(folder.path() + "/nnn"));
    CHECK(text.find("nnn/f: expected this file, found only its .gz; either") != std::string::npos);
    CHECK(text.ends_with("gzip -dk"));
  }

  TEST_CASE("memory follows the bytes that came, not the number promised") {
    const data_files::folder folder;
    mn::plain::file file;
    REQUIRE(file.open(folder.write("f", std::string(100'000, 'x')).c_str()).ok());
    std::vector<std::uint8_t> bytes;
    CHECK(mn::detail::read_up_to(file, std::uint64_t{1} << 60, bytes).ok());
    CHECK_EQ(bytes.size(), 100'000);
    CHECK_LT(bytes.capacity(), 300'000);
  }

  TEST_CASE("reading up to a limit stops there") {
    const data_files::folder folder;
    mn::plain::file file;
    REQUIRE(file.open(folder.write("f", std::string(200'000, 'x')).c_str()).ok());
    std::vector<std::uint8_t> bytes;
    CHECK(mn::detail::read_up_to(file, 150'001, bytes).ok());
    CHECK_EQ(bytes.size(), 150'001);
  }
}
