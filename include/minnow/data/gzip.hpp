#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

/// Opens a file, or the .gz next to it if the file itself does not exist. Decompresses content that begins like gzip
/// data, whatever the file's name. Needs zlib: link zlib or the CMake target minnow::gzip.
///
/// refuses   damaged or truncated data, and bytes after the end of the data
struct gzip_opener {
  class file {
  public:
    file() = default;
    file(const file&) = delete;  // zlib's state holds a pointer to its stream
    file& operator=(const file&) = delete;
    ~file() { close(); }

    [[nodiscard]] status open(const char* path) noexcept {
      return detail::within_memory(path, [&] { return open_source(path); });
    }

    [[nodiscard]] std::uint64_t length() const noexcept { return compressed_ ? unknown_length : source_.length(); }

    [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      got = 0;
      while (got < count) {
        if (stream_.avail_in == 0) {
          if (status outcome = refill(); !outcome) return outcome;
        }
        const std::size_t before = got;
        if (status outcome = compressed_ ? inflate_some(to, count, got) : copy_some(to, count, got); !outcome)
          return outcome;
        if (got == before && stream_.avail_in == 0 && source_ended_) break;
      }
      return {};
    }

  private:
    [[nodiscard]] status open_source(const char* path) {
      close();
      name_ = path;
      if (!detail::file_exists(path)) {
        if (name_.empty()) return status::failure("expected a path, found an empty one");
        name_ += ".gz";
        if (!detail::file_exists(name_.c_str()))
          return status::failure("%s: expected this file or its .gz, found neither", path);
      }
      if (status outcome = source_.open(name_.c_str()); !outcome) return outcome;
      if (status outcome = refill(); !outcome) return outcome;
      compressed_ = at_magic();
      if (compressed_ && inflateInit2(&stream_, gzip_window) != Z_OK)
        return status::failure("%s: expected zlib to start, found: %s", shown(), reason());
      running_ = compressed_;
      return {};
    }

    static constexpr int gzip_window = 15 + 16;  // argument of zlib: the largest window, plus 16 for gzip's format

    void close() noexcept {
      if (running_) inflateEnd(&stream_);
      running_ = compressed_ = member_ended_ = source_ended_ = false;
      stream_ = {};
    }

    [[nodiscard]] status refill() noexcept {
      std::size_t got = 0;
      status outcome = source_.read(input_, sizeof input_, got);
      source_ended_ = got < sizeof input_;
      stream_.next_in = input_;
      stream_.avail_in = static_cast<uInt>(got);
      return outcome;
    }

    [[nodiscard]] status copy_some(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      const std::size_t part = std::min<std::size_t>(count - got, stream_.avail_in);
      std::copy_n(stream_.next_in, part, to + got);
      stream_.next_in += part;
      stream_.avail_in -= static_cast<uInt>(part);
      got += part;
      return {};
    }

    [[nodiscard]] status inflate_some(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      if (member_ended_) {
        if (stream_.avail_in == 0) return {};
        // Concatenated gzip files form one gzip file. Any other bytes after the end are an error.
        if (*stream_.next_in != magic[0])
          return status::failure("%s: expected the end of the file after its gzip data, found more bytes", shown());
        inflateReset(&stream_);
        member_ended_ = false;
      }
      const auto room = static_cast<uInt>(std::min<std::size_t>(count - got, 1u << 30));
      stream_.next_out = to + got;
      stream_.avail_out = room;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      got += room - stream_.avail_out;
      member_ended_ = code == Z_STREAM_END;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return status::failure("%s: expected intact gzip data, found: %s", shown(), reason());
      if (!member_ended_ && stream_.avail_in == 0 && source_ended_ && stream_.avail_out > 0)
        return status::failure("%s: expected the end of the gzip data, found the end of the file first", shown());
      return {};
    }

    [[nodiscard]] bool at_magic() const noexcept {
      return stream_.avail_in >= 2 && stream_.next_in[0] == magic[0] && stream_.next_in[1] == magic[1];
    }
    [[nodiscard]] const char* shown() const noexcept { return name_.c_str(); }
    [[nodiscard]] const char* reason() const noexcept { return stream_.msg != nullptr ? stream_.msg : "no reason"; }

    static constexpr std::uint8_t magic[2] = {0x1f, 0x8b};

    plain::file source_;
    z_stream stream_{};
    bool running_ = false;
    bool compressed_ = false;
    bool member_ended_ = false;
    bool source_ended_ = false;
    std::string name_;
    std::uint8_t input_[1 << 15];
  };
};

/// The opener to pass to a reader: `load_mnist(folder, minnow::gzip)`.
inline constexpr gzip_opener gzip{};

}  // namespace minnow
