#pragma once

#include <minnow/core/error.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow {

/// Excludes other processes from a file by a lock next to it, `path`.lock. The system releases the lock when the
/// process ends, for whatever reason; the empty lock file remains.
class file_lock {
public:
  /// Takes the lock. Fails if another process, or another lock of this one, holds it. Symbolic links to one file share
  /// one lock.
  [[nodiscard]] status take(const char* path) noexcept;

private:
  detail::descriptor handle_;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/file_lock.ipp>
#endif
