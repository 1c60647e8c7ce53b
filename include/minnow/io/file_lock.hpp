#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <minnow/core/error.hpp>

namespace minnow {

/// Keeps other processes from a file by a lock beside it, `path`.lock. The system gives it back when the process ends,
/// however that happens; the empty file stays.
class file_lock {
public:
  file_lock() = default;
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock() {
    if (handle_ >= 0) ::close(handle_);
  }

  /// A failure where another process, or another lock of this one, has it.
  [[nodiscard]] status take(const char* path) noexcept {
    const std::string beside = std::string(path) + ".lock";
    const int handle = ::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (handle < 0) return status::failure("%s: could not be created (%s)", beside.c_str(), detail::system_text(errno));
    if (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
      const int why = errno;
      ::close(handle);
      if (why == EWOULDBLOCK) return status::failure("%s: expected to be its only writer, found another one at work (it holds %s)", path, beside.c_str());
      return status::failure("%s: could not be locked (%s)", beside.c_str(), detail::system_text(why));
    }
    handle_ = handle;
    return {};
  }

private:
  int handle_ = -1;
};

}  // namespace minnow
