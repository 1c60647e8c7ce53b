#include <minnow/system/known_formats.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "all_readers.hpp"
#include "files/damaged_files.hpp"

using namespace minnow;

namespace {

using tiny_by_name = all_readers::small_model;

std::string foreign_file(const std::string& name) { return MINNOW_FIXTURES "/foreign/" + name; }

/// The names that error messages use for the files of fixtures/foreign (written by fixtures/foreign_files.py).
const std::map<std::string, std::string> called{
    {"gzip", "gzip data"},
    {"xz", "xz data: unpack it with xz -dk"},
    {"bzip2", "bzip2 data: unpack it with bzip2 -dk"},
    {"zip", "a zip archive: unpack it with unzip"},
    {"pytorch", "a PyTorch file (a zip archive): save its tensors with safetensors.torch.save_file"},
    {"npz", "an .npz file (a zip archive of .npy files): unpack it with unzip"},
    {"tar", "a tar archive: unpack it with tar -xf"},
    {"pickle_2", "a Python pickle"},
    {"pickle_3", "a Python pickle"},
    {"pickle_4", "a Python pickle"},
    {"pickle_5", "a Python pickle"},
    {"old_pytorch", "a PyTorch file (a pickle): save its tensors with safetensors.torch.save_file"},
    {"html", "an HTML page: a download gave an error or a login instead of the file"},
    {"html_page", "an HTML page: a download gave an error or a login instead of the file"},
    {"xml", "an XML document: a download gave an error instead of the file"},
    {"json", "a text that begins with '{\"error\": \"Repository not found\"}'"},
    {"not_found", "a text that begins with '404: Not Found'"},
    {"git_lfs", "a git-lfs pointer: the file itself comes with git lfs pull"},
};

}  // namespace

TEST_SUITE("system/known_formats") {
  TEST_CASE("files of other programs are called by their names") {
    for (const auto& [file, name] : called)
      CHECK_EQ(detail::what_is_this(data_files::content(foreign_file(file))), name);
  }

  TEST_CASE("bytes that begin as nothing known have no name") {
    CHECK_EQ(detail::what_is_this({}), "");
    for (const data_files::bytes& bytes :
         {data_files::bytes{0}, data_files::bytes{3, 7, 200}, data_files::bytes{'a', 'b', 'c'},
          data_files::bytes(512, 0), data_files::bytes{'P', 'K', 9, 9, 0}, data_files::bytes{0x80, 7, '}'},
          data_files::bytes{0x1f}})
      CHECK_EQ(detail::what_is_this(bytes), "");
  }

  TEST_CASE("every reader says of every such file what it is") {
    for (const auto& [reader, expected, read] : all_readers::all())
      for (const auto& [file, name] : called) {
        CAPTURE(reader);
        CAPTURE(file);
        if (expected == nullptr || (std::string(expected) == "a text of numbers" && name.starts_with("a text")))
          continue;
        std::string wanted = foreign_file(file) + ": expected " + expected + ", found " + name;
        // The gzip reader decompresses the file, so its error names the content: a text.
        if (std::string(reader) == "IDX by gzip" && file == "gzip")
          wanted = foreign_file(file) + ": expected an IDX file, found a text that begins with 'some bytes'";
        CHECK_MESSAGE(std::string(read(foreign_file(file).c_str()).message()).starts_with(wanted),
                      read(foreign_file(file).c_str()).message());
      }
  }

  TEST_CASE("a file of one's own kind is refused by what is wrong with it") {
    const data_files::folder folder;
    tensor t;
    CHECK_EQ(data_files::sentence(read_npy(folder.write("f", std::string("\x93NUMPY\x09\0", 8)).c_str(), t), folder),
             "f: expected .npy version 1.0, 2.0 or 3.0, found 9.0");
    // If a reader of minnow files gets a minnow file of another kind, its own error message names both kinds. This is
    // more precise than "a minnow file".
    const std::string path = folder.path("network");
    save(network<tiny_by_name>{}, path);
    packed<tiny_by_name> p;
    CHECK_EQ(data_files::sentence(read(path.c_str(), p), folder),
             "network: expected a packed model (kind 1), found trainable network (kind 2)");
    CHECK_EQ(data_files::sentence(read_npy(path.c_str(), t), folder),
             "network: expected a .npy file, found a minnow file");
  }

  TEST_CASE("bytes in memory are called by their names too") {
    const auto html = data_files::content(foreign_file("html"));
    tensor t;
    packed<tiny_by_name> p;
    const std::string found = "found " + called.at("html");
    CHECK_EQ(std::string(read_npy(html, "it", t).message()), "it: expected a .npy file, " + found);
    CHECK_EQ(std::string(read(std::as_bytes(std::span(html)), "it", p).message()),
             "it: expected a minnow file, " + found);
    CHECK_EQ(std::string(read_in_place(std::as_bytes(std::span(html)), "it", p).message()),
             "it: expected a minnow file, " + found);
  }

#if defined(MINNOW_TEST_GZIP)
  TEST_CASE("a file that was packed twice is named as such") {
    std::vector<int> labels;
    CHECK_EQ(std::string(read_idx_labels(foreign_file("gzip_in_gzip").c_str(), labels, 10, gzip).message()),
             foreign_file("gzip_in_gzip") +
                 ": expected an IDX file, found gzip data inside gzip data: it was packed twice, unpack it once with "
                 "gzip -dk");
  }
#endif
}
