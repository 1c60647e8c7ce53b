#include <minnow/files/file_lock.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <sys/stat.h>

#include "system/data_files.hpp"

using namespace minnow;

TEST_SUITE("files/file_lock") {
  TEST_CASE("a file has one lock, also by a link to it, until its holder ends") {
    const data_files::folder folder;
    std::filesystem::create_directory(folder.path("sub"));
    std::filesystem::create_symlink("../f", folder.path("sub/link"));
    file_lock second;
    {
      file_lock first;
      REQUIRE(first.take(folder.path("f").c_str()).ok());
      CHECK_EQ(data_files::sentence(second.take(folder.path("f").c_str()), folder),
               "f: expected no other writer, found one (it holds f.lock)");
      const std::string said = second.take(folder.path("sub/link").c_str()).message();
      CHECK(said.find("expected no other writer") != std::string::npos);
    }
    CHECK(second.take(folder.path("sub/link").c_str()).ok());
    CHECK(std::filesystem::exists(folder.path("f.lock")));
    CHECK(!std::filesystem::exists(folder.path("sub/link.lock")));
  }

  TEST_CASE("no lock file is created for a path that is not a file") {
    const data_files::folder folder;
    REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    file_lock lock;
    CHECK(data_files::sentence(lock.take(folder.path("fifo").c_str()), folder) ==
          "fifo: expected a file, found a FIFO (a pipe)");
    CHECK(!std::filesystem::exists(folder.path("fifo.lock")));
    CHECK(lock.take(folder.path("new").c_str()).ok());
  }
}
