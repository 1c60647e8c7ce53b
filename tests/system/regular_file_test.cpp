#include <minnow/system/regular_file.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "all_readers.hpp"
#include "data_files.hpp"

using namespace minnow;

TEST_SUITE("system/regular_file") {
  TEST_CASE("every reader says at once what is no file: a FIFO, a folder, a device, a socket, behind links too") {
    const data_files::folder folder;
    REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    std::filesystem::create_directory(folder.path("folder"));
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", folder.path("socket").c_str());
    const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(handle, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
    std::filesystem::create_symlink("/dev/null", folder.path("device"));
    std::filesystem::create_symlink("fifo", folder.path("link"));
    const std::pair<const char*, const char*> places[] = {{"fifo", "a FIFO (a pipe)"},
                                                          {"folder", "a folder"},
                                                          {"device", "a device"},
                                                          {"socket", "a socket"},
                                                          {"link", "a FIFO (a pipe)"}};
    for (const auto& [reader, expected, read] : all_readers::all())
      for (const auto& [name, what] : places) {
        CAPTURE(reader);
        CHECK_EQ(data_files::sentence(read(folder.path(name).c_str()), folder),
                 std::string(name) + ": expected a file, found " + what);
      }
    ::close(handle);
  }

  TEST_CASE("a file that only reading measures is read to its end") {
    if (!std::filesystem::exists("/proc/self/limits")) return;
    detail::descriptor file;
    std::uint64_t length = 1;
    REQUIRE(detail::open_to_read("/proc/self/limits", file, length).ok());
    CHECK_EQ(length, 0);
    plain::file opened;
    REQUIRE(opened.open("/proc/self/limits").ok());
    CHECK_EQ(opened.length(), unknown_length);
    std::vector<std::uint8_t> bytes;
    REQUIRE(detail::read_up_to(opened, unknown_length, bytes).ok());
    CHECK_GT(bytes.size(), 20);
    tensor t;
    CHECK(std::string(read_npy("/proc/self/limits", t).message())
              .starts_with("/proc/self/limits: expected a .npy file, found a text that begins with '"));
  }

  TEST_CASE("an open file is read by its number") {
    const data_files::folder folder;
    save_npy({{2}, {1, 2}}, folder.path("f"));
    const detail::descriptor file(::open(folder.path("f").c_str(), O_RDONLY));
    tensor t;
    CHECK_EQ(std::string(read_npy(("/proc/self/fd/" + std::to_string(file.number())).c_str(), t).message()), "");
    CHECK(t == tensor{{2}, {1, 2}});
  }
}
