#include <minnow/files/container.hpp>

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

#include "system/data_files.hpp"

using namespace minnow;
using data_files::content;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t fingerprint = 0x0123456789abcdefu;

/// The contents of two sections, of 5 and 70 bytes.
struct sections {
  std::vector<std::byte> first = std::vector<std::byte>(5, std::byte{1});
  std::vector<std::byte> second = std::vector<std::byte>(70, std::byte{2});

  status write(const std::string& path, detail::file_kind kind = detail::file_kind::packed) {
    const std::array<detail::file_section, 2> all{std::span(first), std::span(second)};
    return detail::write_container(path.c_str(), kind, fingerprint, all, [](auto, auto) { return status(); });
  }
  status read(const std::string& path, detail::file_kind kind = detail::file_kind::packed,
              std::uint64_t model = fingerprint) {
    const std::array<detail::file_section, 2> all{std::span(first), std::span(second)};
    return detail::read_container(path.c_str(), kind, model, all);
  }
};

void put(data_files::bytes& file, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void repair_checksum(data_files::bytes& file) {
  put(file, 36, 0, 4);
  put(file, 36, detail::crc32(std::as_bytes(std::span(file))), 4);
}

/// Modifies a valid file with `change`, repairs its checksum, and returns the message of the error from reading it.
template <class Change>
std::string refused(Change change) {
  const data_files::folder folder;
  sections s;
  REQUIRE(s.write(folder.path("f")).ok());
  auto file = content(folder.path("f"));
  change(file);
  repair_checksum(file);
  folder.write("f", file);
  return data_files::sentence(s.read(folder.path("f")), folder);
}

}  // namespace

TEST_SUITE("files/container") {
  TEST_CASE("the checksum is the CRC-32 of zip and PNG") {
    const std::string text = "123456789";
    CHECK(detail::crc32(std::as_bytes(std::span(text))) == 0xcbf43926u);
    CHECK(detail::crc32(std::as_bytes(std::span(text).subspan(4)),
                        detail::crc32(std::as_bytes(std::span(text).first(4)))) == 0xcbf43926u);
    CHECK(detail::crc32({}) == 0);
  }

  TEST_CASE("a file has the bytes of the layout, section by section at multiples of 64") {
    const data_files::folder folder;
    REQUIRE(sections{}.write(folder.path("f")).ok());
    data_files::bytes expected(256 + 6, 0);
    const std::string magic = "minnow\r\n";
    std::copy(magic.begin(), magic.end(), expected.begin());
    put(expected, 8, 1, 4);
    put(expected, 12, 1, 4);
    put(expected, 16, fingerprint, 8);
    put(expected, 24, 262, 8);
    put(expected, 32, 2, 4);
    put(expected, 64, 5, 8);
    put(expected, 72, 70, 8);
    std::fill_n(expected.begin() + 128, 5, std::uint8_t{1});
    std::fill_n(expected.begin() + 192, 70, std::uint8_t{2});
    repair_checksum(expected);
    CHECK(content(folder.path("f")) == expected);
  }

  TEST_CASE("sections come back as they were written") {
    const data_files::folder folder;
    REQUIRE(sections{}.write(folder.path("f")).ok());
    sections s{std::vector<std::byte>(5), std::vector<std::byte>(70)};
    REQUIRE(s.read(folder.path("f")).ok());
    CHECK(s.first == sections{}.first);
    CHECK(s.second == sections{}.second);
  }

  TEST_CASE("sections stay as they were where a file is refused") {
    const data_files::folder folder;
    REQUIRE(sections{}.write(folder.path("f")).ok());
    auto file = content(folder.path("f"));
    file.back() ^= 1;
    folder.write("f", file);
    sections s{std::vector<std::byte>(5, std::byte{7}), std::vector<std::byte>(70, std::byte{8})};
    CHECK(!s.read(folder.path("f")).ok());
    CHECK(s.first == std::vector<std::byte>(5, std::byte{7}));
    CHECK(s.second == std::vector<std::byte>(70, std::byte{8}));
  }

  TEST_CASE("every field of the header is compared, also in a file whose checksum is right") {
    CHECK(refused([](auto&) {}) == "");
    CHECK(refused([](auto& f) { f[0] = 'M'; }) == "f: expected a minnow file, found other bytes at its beginning");
    CHECK(refused([](auto& f) { put(f, 8, 7, 4); }) == "f: expected format version 1, found 7");
    CHECK(refused([](auto& f) { put(f, 12, 2, 4); }) ==
          "f: expected a packed model (kind 1), found trainable network (kind 2)");
    CHECK(refused([](auto& f) { put(f, 12, 9, 4); }) ==
          "f: expected a packed model (kind 1), found another file (kind 9)");
    CHECK(refused([](auto& f) { put(f, 16, 5, 8); }) ==
          "f: expected the model with fingerprint 0123456789abcdef, found another model's, 0000000000000005");
    CHECK(refused([](auto& f) { put(f, 24, 261, 8); }) ==
          "f: wrong length: expected 262 bytes, found 262 (its header says 261)");
    CHECK(refused([](auto& f) { put(f, 32, 3, 4); }) == "f: expected 2 sections, found 3");
    CHECK(refused([](auto& f) { put(f, 64, 6, 8); }) == "f: expected 5 bytes in section 0, found 6");
    CHECK(refused([](auto& f) { put(f, 72, ~std::uint64_t{0}, 8); }) ==
          "f: expected 70 bytes in section 1, found 18446744073709551615");
  }

  TEST_CASE("a file that text transfer changed, a short one, an empty one, a folder and none at all are told apart") {
    const data_files::folder folder;
    sections s;
    CHECK(data_files::sentence(s.read(folder.path("f")), folder) ==
          "f: expected a file, found none (No such file or directory)");
    CHECK(data_files::sentence(s.read(folder.path()), folder) == folder.path() + ": expected a file, found a folder");
    folder.write("f", std::string());
    CHECK(data_files::sentence(s.read(folder.path("f")), folder) == "f: truncated: expected 262 bytes, found 0");
    folder.write("f", std::string("minnow\n and more of what is not a model"));
    CHECK(data_files::sentence(s.read(folder.path("f")), folder) ==
          "f: expected a minnow file, found other bytes at its beginning");
  }

  TEST_CASE("a failed write leaves nothing behind") {
    const data_files::folder folder;
    CHECK(data_files::sentence(sections{}.write(folder.path("none/f")), folder) ==
          "none/f: could not be created (No such file or directory)");
    CHECK(folder.names().empty());
    // The path of the file is a folder.
    fs::create_directory(folder.path("f"));
    CHECK(data_files::sentence(sections{}.write(folder.path("f")), folder) ==
          "f: expected a file or nothing at this place, found a folder");
    CHECK(folder.names() == std::vector<std::string>{"f"});
    CHECK(fs::is_directory(folder.path("f")));
  }

  TEST_CASE("an old file stays whole until the new one is, and survives a write that fails") {
    const data_files::folder folder;
    REQUIRE(sections{}.write(folder.path("f")).ok());
    const auto old = content(folder.path("f"));
    std::ifstream reader(folder.path("f"), std::ios::binary);
    sections other{std::vector<std::byte>(5, std::byte{9}), std::vector<std::byte>(70, std::byte{9})};
    REQUIRE(other.write(folder.path("f")).ok());
    // A reader that has the old file open can read it to its end, because the file is replaced and not overwritten.
    CHECK(data_files::bytes(std::istreambuf_iterator<char>(reader), std::istreambuf_iterator<char>()) == old);
    CHECK(content(folder.path("f")) != old);
    CHECK(folder.names() == std::vector<std::string>{"f"});

    // A limit on the size of files makes the next write fail half way.
    const auto kept = content(folder.path("f"));
    ::rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{100, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const status outcome = sections{}.write(folder.path("f"));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK(data_files::sentence(outcome, folder) == "f: could not be written (File too large)");
    CHECK(content(folder.path("f")) == kept);
    CHECK(folder.names() == std::vector<std::string>{"f"});
  }

  TEST_CASE("permissions of a new file follow the umask") {
    const data_files::folder folder;
    const auto permissions = [&](mode_t mask) {
      const mode_t before = ::umask(mask);
      fs::remove(folder.path("f"));
      REQUIRE(sections{}.write(folder.path("f")).ok());
      ::umask(before);
      return fs::status(folder.path("f")).permissions();
    };
    CHECK(permissions(0022) == fs::perms(0644));
    CHECK(permissions(0077) == fs::perms(0600));
    CHECK(permissions(0002) == fs::perms(0664));
  }
}
