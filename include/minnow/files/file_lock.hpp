#pragma once

#include <minnow/core/error.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow {

/// Exclusive lock on a file, held through the lock file `path`.lock next to it. The operating system releases the lock
/// when the process ends for any reason; the empty lock file remains.
class file_lock {
public:
  /// Takes the lock. Fails if another process or another `file_lock` of this process holds it. Symbolic links to the
  /// same file share one lock.
  [[nodiscard]] status take(const char* path) noexcept;

private:
  detail::descriptor handle_;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/file_lock.ipp>
#endif
