#pragma once

#include <minnow/system/known_formats.hpp>

#include <algorithm>
#include <string_view>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/quoted.hpp>

namespace minnow::detail {

/// Bytes that all files of one kind have at the same offset.
struct known_format {
  std::size_t at;
  std::string_view magic;
  std::string_view name;
  std::string_view advice{};  ///< advice on how to unpack or fetch the file
};

using std::string_view_literals::operator""sv;

inline constexpr std::string_view gzip_magic = "\x1f\x8b"sv;
inline constexpr std::string_view zip_magic = "PK\3\4"sv;

inline constexpr known_format known_formats[] = {
    {0, "minnow\r\n"sv, "a minnow file"},
    {0, "\x93NUMPY"sv, "a .npy file"},
    {8, "{\""sv, "a safetensors file"},
    {0, "\0\0\x08\x01"sv, "an IDX file"},
    {0, "\0\0\x08\x03"sv, "an IDX file"},
    {0, "version https://git-lfs.github.com/"sv, "a git-lfs pointer", "the file itself comes with git lfs pull"},
    {0, "/annex/objects/"sv, "a git-annex pointer", "the file itself comes with git annex get"},
    {0, "\3757zXZ\0"sv, "xz data", "unpack it with xz -dk"},
    {0, "BZh"sv, "bzip2 data", "unpack it with bzip2 -dk"},
    {0, "\x28\xb5\x2f\xfd"sv, "zstd data", "unpack it with zstd -d"},
    {0, "\x04\x22\x4d\x18"sv, "lz4 data", "unpack it with lz4 -d"},
    {0, "\x1f\x9d"sv, "compress data", "unpack it with uncompress"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", "unpack it"},
    {0, "Rar!\x1a\x07"sv, "a rar archive", "unpack it"},
    {0, "PK\5\6"sv, "an empty zip archive"},
    {257, "ustar"sv, "a tar archive", "unpack it with tar -xf"},
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20"sv, "a PyTorch file (a pickle)",
     "save its tensors with safetensors.torch.save_file"},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras writes"},
    {4, "TFL3"sv, "a TensorFlow Lite model"},
    {0, "GGUF"sv, "a GGUF model"},
    {0, "PAR1"sv, "a Parquet file"},
    {0, "ARROW1"sv, "an Arrow file"},
    {0, "MATLAB 5.0"sv, "a MATLAB file"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    {0, "\xff\xd8\xff"sv, "a JPEG image"},
    {0, "GIF8"sv, "a GIF image"},
    {0, "RIFF"sv, "a RIFF file (a sound or an image)"},
    {0, "%PDF-"sv, "a PDF document"},
    {0, "\177ELF"sv, "an ELF program"},
};

/// Identifies a zip archive by the name of its first file.
MINNOW_COLD std::string what_zip_is_this(std::string_view head) {
  constexpr std::size_t name_at = 30;
  const std::string_view rest = head.substr(std::min(head.size(), name_at));
  if (rest.find("data.pkl") != std::string_view::npos || rest.find(".format_version") != std::string_view::npos)
    return "a PyTorch file (a zip archive): save its tensors with safetensors.torch.save_file";
  if (rest.find(".npy") != std::string_view::npos)
    return "an .npz file (a zip archive of .npy files): unpack it with unzip";
  return "a zip archive: unpack it with unzip";
}

/// Identifies text, for example an error page that a server sent instead of the file.
MINNOW_COLD std::string what_text_is_this(std::string_view head) {
  constexpr std::string_view spaces = " \t\r\n";
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(spaces), head.size()));
  const auto starts_with = [&](std::string_view word) {
    return head.size() >= word.size() && std::equal(word.begin(), word.end(), head.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body", "<!--"})
    if (starts_with(tag)) return "an HTML page: a download gave an error or a login instead of the file";
  if (starts_with("<?xml") || starts_with("<error"))
    return "an XML document: a download gave an error instead of the file";
  const auto printable = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n'; };
  if (head.size() < 8 || !std::all_of(head.begin(), head.end(), printable)) return {};
  return "a text that begins with " + in_quotes(head.substr(0, 40));
}

MINNOW_COLD std::string what_is_this(std::span<const std::uint8_t> bytes) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), head_of_file));
  if (head.starts_with(gzip_magic)) return "gzip data";
  if (head.starts_with(zip_magic)) return what_zip_is_this(head);
  for (const known_format& f : known_formats)
    if (head.size() >= f.at + f.magic.size() && head.substr(f.at, f.magic.size()) == f.magic)
      return std::string(f.name) + (f.advice.empty() ? "" : ": ") + std::string(f.advice);
  // A pickle of protocol 2 to 5 begins with 0x80, the protocol's number and an opcode.
  if (head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5 &&
      std::string_view("}](cXU\x8a\x8c\x95").find(head[2]) != std::string_view::npos)
    return "a Python pickle";
  return what_text_is_this(head);
}

}  // namespace minnow::detail
