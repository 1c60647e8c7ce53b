#include <minnow/system/write_whole.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <minnow/data/mnist.hpp>
#include <minnow/exchange/npy.hpp>
#include <minnow/files/any_model.hpp>
#include <minnow/files/checkpoint.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/fit/fit.hpp>
#if defined(MINNOW_TEST_SAFETENSORS)
#include <minnow/exchange/safetensors.hpp>
#endif
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>

#include "all_readers.hpp"
#include "data_files.hpp"

using namespace minnow;
namespace fs = std::filesystem;

namespace {

struct to_write : model<features<4>, dense<8, scheme<pixels, sign>>, batch_norm, dense<2, minw<1, 1>>, batch_norm> {};

dataset<std::uint8_t> data_to_write() { return {{1, 1, 4}, {1, 255, 1, 1, 255, 1, 1, 255}, {0, 1}}; }

network<to_write> trained_to_write() {
  network<to_write> net{seed{1}};
  fit(net, data_to_write(), adam{}, constant{1});
  return net;
}

using writer = std::function<status(const char*)>;

/// Calls to all functions that write a file.
const std::vector<writer> writers{
    [](const char* path) { return write_npy(path, {{2}, {1, 2}}); },
#if defined(MINNOW_TEST_SAFETENSORS)
    [](const char* path) { return write_safetensors(path, {{"a", {{2}, {1, 2}}}}); },
#endif
    [](const char* path) { return write(path, trained_to_write()); },
    [](const char* path) {
      auto net = trained_to_write();
      return write(path, pack(net));
    },
    [](const char* path) {
      auto net = trained_to_write();
      return write_header(path, pack(net), "data");
    },
    [](const char* path) {
      network<to_write> net{seed{1}};
      updater<adam> update(adam{});
      update.make_room(net);
      std::vector<double> position(6), epochs;
      return detail::write_checkpoint(path, {net, {}, position, epochs, 9, 1, update.moments()});
    },
};

unsigned mode_bits_of(const std::string& path) {
  struct ::stat about{};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777u;
}
status write_text(const std::string& path, const std::string& text) {
  return detail::write_whole(path.c_str(), std::as_bytes(std::span(text)));
}

}  // namespace

TEST_SUITE("system/write_whole") {
  TEST_CASE("every writer writes through links, and keeps the mode of what it replaces") {
    for (const writer& write : writers) {
      CAPTURE(&write - writers.data());
      const data_files::folder folder;
      REQUIRE_EQ(std::string(write(folder.path("new").c_str()).message()), "");
      const std::string expected = data_files::content<std::string>(folder.path("new"));
      folder.write("real", std::string("old"));
      fs::create_directory(folder.path("sub"));
      fs::create_symlink("real", folder.path("link"));
      fs::create_symlink("../link", folder.path("sub/chain"));
      fs::create_symlink(folder.path("not_yet"), folder.path("dangling"));
      for (const unsigned mode : {0600u, 0640u, 0755u, 0666u}) {
        REQUIRE(::chmod(folder.path("real").c_str(), mode) == 0);
        REQUIRE_EQ(std::string(write(folder.path("sub/chain").c_str()).message()), "");
        CHECK_EQ(mode_bits_of(folder.path("real")), mode);
      }
      CHECK(data_files::content<std::string>(folder.path("real")) == expected);
      CHECK(fs::is_symlink(folder.path("link")));
      CHECK(fs::is_symlink(folder.path("sub/chain")));
      REQUIRE_EQ(std::string(write(folder.path("dangling").c_str()).message()), "");
      CHECK(fs::is_symlink(folder.path("dangling")));
      CHECK(data_files::content<std::string>(folder.path("not_yet")) == expected);
      CHECK(folder.names() == std::vector<std::string>{"dangling", "link", "new", "not_yet", "real", "sub"});
    }
  }

  TEST_CASE("an empty path, and one with a zero byte, are refused by all that take one") {
    const data_files::folder folder;
    for (const writer& write : writers)
      CHECK_EQ(std::string(write("").message()), "expected a path, found an empty one");
    for (const auto& reader : all_readers::all())
      if (std::string_view(reader.name) != "checkpoint")
        CHECK_EQ(std::string(reader.read("").message()), "expected a path, found an empty one");
    const std::string longer = folder.path("net") + std::string("\0.mnn", 5);
    const std::string expected = "expected a path without zero bytes, found one at index " +
                                 std::to_string(folder.path("net").size()) + " of " + std::to_string(longer.size());
    auto net = trained_to_write();
    const auto said = [&](auto&& body) { return std::string(all_readers::caught(body).message()); };
    CHECK(said([&] { save(net, longer); }).ends_with(expected));
    CHECK(said([&] { (void)load<network<to_write>>(longer); }).ends_with(expected));
    CHECK(said([&] { (void)load<mapped_file>(longer); }).ends_with(expected));
    CHECK(said([&] { (void)load_any<to_write>(longer); }).ends_with(expected));
    CHECK(said([&] { save_header(pack(net), longer, "data"); }).ends_with(expected));
    CHECK(said([&] { save_npy({{1}, {1}}, longer); }).ends_with(expected));
    CHECK(said([&] { (void)load_npy(longer); }).ends_with(expected));
    CHECK(said([&] { (void)load_mnist(longer); }).ends_with(expected));
    CHECK(said([&] {
            fit(net, data_to_write(), adam{}, constant{1}, {.checkpoint = {.path = longer}});
          }).ends_with(expected));
    CHECK(said([&] { const image_stream s({.dimensions = {1, 1, 4}, .classes = 2}, {longer}); }).ends_with(expected));
    CHECK(said([&] {
            save_header(pack(net), folder.path("h.hpp"), std::string("data\0x", 6));
          }).ends_with("found one with a zero byte"));
    CHECK(folder.names().empty());
  }

  TEST_CASE("every writer refuses what is no file, and what may not be written, also for root") {
    for (const writer& write : writers) {
      CAPTURE(&write - writers.data());
      const data_files::folder folder;
      REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
      fs::create_directory(folder.path("folder"));
      fs::create_symlink("/dev/null", folder.path("device"));
      ::sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::snprintf(address.sun_path, sizeof address.sun_path, "%s", folder.path("socket").c_str());
      const detail::descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
      REQUIRE(::bind(socket.number(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
      folder.write("read_only", std::string("old"));
      REQUIRE(::chmod(folder.path("read_only").c_str(), 0444) == 0);
      fs::create_symlink("loop", folder.path("loop"));
      const auto said = [&](const char* name) {
        return data_files::sentence(write(folder.path(name).c_str()), folder);
      };
      CHECK_EQ(said("fifo"), "fifo: expected a file or nothing at this place, found a FIFO (a pipe)");
      CHECK_EQ(said("folder"), "folder: expected a file or nothing at this place, found a folder");
      CHECK_EQ(said("device"), "device: expected a file or nothing at this place, found a device");
      CHECK_EQ(said("socket"), "socket: expected a file or nothing at this place, found a socket");
      CHECK_EQ(said("read_only"), "read_only: expected a file that may be written, found a read-only one (mode 444)");
      CHECK_EQ(said("loop"), "loop: expected at most 40 symbolic links one after another, found more");
      CHECK_EQ(data_files::content<std::string>(folder.path("read_only")), "old");
      CHECK(fs::is_fifo(folder.path("fifo")));
      CHECK(folder.names() == std::vector<std::string>{"device", "fifo", "folder", "loop", "read_only", "socket"});
    }
    CHECK(fs::is_character_file("/dev/null"));
  }

  TEST_CASE("root gives a file back to its owner") {
    if (::geteuid() != 0) return;
    const data_files::folder folder;
    folder.write("f", std::string("old"));
    REQUIRE(::chown(folder.path("f").c_str(), 12345, 23456) == 0);
    REQUIRE(write_text(folder.path("f"), "new").ok());
    struct ::stat about{};
    REQUIRE(::stat(folder.path("f").c_str(), &about) == 0);
    CHECK_EQ(about.st_uid, 12345);
    CHECK_EQ(about.st_gid, 23456);
    CHECK_EQ(data_files::content<std::string>(folder.path("f")), "new");
  }

  TEST_CASE("an open file without a name is refused, and nothing is made in its place") {
    const data_files::folder folder;
    const detail::descriptor file(::open(folder.path("f").c_str(), O_RDWR | O_CREAT, 0600));
    REQUIRE(::unlink(folder.path("f").c_str()) == 0);
    const std::string path = "/proc/self/fd/" + std::to_string(file.number());
    if (!fs::exists("/proc/self/fd")) return;
    CHECK_EQ(std::string(write_text(path, "x").message()),
             path + ": expected a file that has a name, found an open one without");
    CHECK(folder.names().empty());
  }

  TEST_CASE("names of temporary files do not recur, whatever the process number") {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(detail::bits_of_system());
    CHECK_EQ(seen.size(), 1000);
    // Simulate the temporary files of a dead process that had this process's id.
    const data_files::folder folder;
    for (int serial = 0; serial < 2000; ++serial)
      folder.write("f." + std::to_string(::getpid()) + "-" + std::to_string(serial) + ".part", std::string("old"));
    CHECK_EQ(std::string(write_text(folder.path("f"), "new").message()), "");
    CHECK_EQ(data_files::content<std::string>(folder.path("f")), "new");
  }

  TEST_CASE("parts of dead writers are removed, parts of living ones and other files are not") {
    const data_files::folder folder;
    const std::string dead = folder.write("f.0123456789abcdef.part", std::string("dead"));
    const std::string alive = folder.write("f.fedcba9876543210.part", std::string("alive"));
    for (const char* other : {"g.0123456789abcdef.part", "f.0123456789abcdeg.part", "f.0123456789abcde.part",
                              "f.0123456789abcdef.part2", "xf.0123456789abcdef.part", "f.part"})
      folder.write(other, std::string("other"));
    detail::descriptor held(::open(alive.c_str(), O_RDWR));
    REQUIRE(::flock(held.number(), LOCK_EX) == 0);
    REQUIRE(write_text(folder.path("f"), "new").ok());
    CHECK(!fs::exists(dead));
    CHECK(fs::exists(alive));
    CHECK_EQ(folder.names().size(), 8);
    held = {};
    REQUIRE(write_text(folder.path("f"), "new").ok());
    CHECK(!fs::exists(alive));
  }

  TEST_CASE("a writer that is killed leaves a part, which the next one removes") {
    const data_files::folder folder;
    const std::string path = folder.path("f");
    REQUIRE(write_text(path, "old").ok());
    for (int kill = 0; kill < 3; ++kill) {
      const ::pid_t child = ::fork();
      if (child == 0) {
        detail::write_target to;
        detail::part_file part;
        if (!detail::find_target(path.c_str(), to) || !part.create(path.c_str(), to)) ::_exit(1);
        ::raise(SIGKILL);
      }
      int how = 0;
      REQUIRE(::waitpid(child, &how, 0) == child);
      REQUIRE(WIFSIGNALED(how));
    }
    CHECK_EQ(folder.names().size(), 4);
    CHECK_EQ(data_files::content<std::string>(path), "old");
    REQUIRE(write_text(path, "new").ok());
    CHECK(folder.names() == std::vector<std::string>{"f"});
  }

  TEST_CASE("many writers of one file at a time all end well, and leave one whole file") {
    const data_files::folder folder;
    const std::string path = folder.path("f");
    std::vector<::pid_t> children;
    for (int c = 0; c < 6; ++c) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      const std::string text(10'000, static_cast<char>('a' + c));
      for (int i = 0; i < 50; ++i)
        if (!write_text(path, text)) ::_exit(1);
      ::_exit(0);
    }
    for (const ::pid_t child : children) {
      int how = 0;
      REQUIRE(::waitpid(child, &how, 0) == child);
      CHECK_EQ(how, 0);
    }
    CHECK(folder.names() == std::vector<std::string>{"f"});
    const std::string whole = data_files::content<std::string>(path);
    CHECK_EQ(whole.size(), 10'000);
    CHECK_EQ(whole, std::string(10'000, whole[0]));
  }

  TEST_CASE("a name as long as the system permits has room for a temporary one") {
    const data_files::folder folder;
    const std::string path = folder.path(std::string(255, 'n'));
    CHECK_EQ(std::string(write_text(path, "new").message()), "");
    CHECK_EQ(data_files::content<std::string>(path), "new");
  }
}
