#pragma once

#include <minnow/files/file_lock.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow {

MINNOW_COLD status file_lock::take(const char* path) noexcept {
  return detail::within_memory(path, [&]() -> status {
    std::string beside;
    if (status outcome = detail::follow_links(path, beside); !outcome) return outcome;
    // No lock file is created next to a device, a folder or anything else that is not a regular file.
    struct ::stat about{};
    if (::stat(path, &about) == 0)
      if (const char* what = detail::no_file(about.st_mode))
        return status::failure("%s: expected a file, found %s", path, what);
    beside += ".lock";
    detail::descriptor handle(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
    if (!handle) return status::failure("%s: could not be created (%s)", beside.c_str(), detail::system_text(errno));
    if (::flock(handle.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        return status::failure("%s: expected no other writer, found one (it holds %s)", path, beside.c_str());
      return status::failure("%s: could not be locked (%s)", beside.c_str(), detail::system_text(errno));
    }
    handle_ = std::move(handle);
    return {};
  });
}

}  // namespace minnow
