#pragma once

#include <minnow/system/watched_file.hpp>

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow::detail {

MINNOW_COLD status watched_file::open(const std::string& path) {
  close();
  path_ = path;
  return open_into(known_);
}

MINNOW_COLD status watched_file::read(std::uint64_t at, std::span<std::byte> to) noexcept {
  identity now;
  if (!handle_) {
    if (status outcome = open_into(now); !outcome) return outcome;
    if (now != known_) return changed(now);
  }
  while (!to.empty()) {
    const ::ssize_t got = ::pread(handle_.number(), to.data(), to.size(), static_cast<::off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return status::failure("%s: could not be read (%s)", path_.c_str(), system_text(errno));
    if (got == 0) break;
    at += static_cast<std::uint64_t>(got);
    to = to.subspan(index(got));
  }
  if (status outcome = look(now); !outcome) return outcome;
  return to.empty() && now == known_ ? status{} : changed(now);
}

MINNOW_COLD status watched_file::open_into(identity& found) noexcept {
  std::uint64_t length = 0;
  if (status outcome = open_to_read(path_.c_str(), handle_, length); !outcome) return outcome;
  status outcome = look(found);
  if (!outcome) close();
  return outcome;
}

MINNOW_COLD status watched_file::look(identity& found) const noexcept {
  struct ::stat about{};
  if (::fstat(handle_.number(), &about) != 0)
    return status::failure("%s: its status could not be read (%s)", path_.c_str(), system_text(errno));
#if defined(__APPLE__)
  const auto& written = about.st_mtimespec;
#else
  const auto& written = about.st_mtim;
#endif
  found = {static_cast<std::uint64_t>(about.st_size), static_cast<std::uint64_t>(about.st_dev),
           static_cast<std::uint64_t>(about.st_ino), static_cast<std::int64_t>(written.tv_sec),
           static_cast<std::int64_t>(written.tv_nsec)};
  return {};
}

MINNOW_COLD status watched_file::changed(const identity& now) const noexcept {
  return status::failure(
      "%s: expected the file of %llu bytes that was opened, found it changed since then (%llu bytes)", path_.c_str(),
      static_cast<unsigned long long>(known_.size), static_cast<unsigned long long>(now.size));
}

}  // namespace minnow::detail
