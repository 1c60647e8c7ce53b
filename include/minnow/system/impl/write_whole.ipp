#pragma once

#include <minnow/system/write_whole.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

/// Returns the folder of a path, with its slash; empty for the current folder.
MINNOW_COLD std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

MINNOW_COLD status follow_links(const char* path, std::string& target) {
  constexpr int most_links = 40;  // the limit of Linux
  target = path;
  for (int links = 0; links <= most_links; ++links) {
    std::array<char, 4096> to{};
    const ::ssize_t length = ::readlink(target.c_str(), to.data(), to.size());
    if (length < 0) return {};  // the path is not a link, or nothing exists there
    const std::string_view next(to.data(), index(length));
    target = next.starts_with('/') ? std::string(next) : folder_of(target) + std::string(next);
  }
  return status::failure("%s: expected at most %d symbolic links one after another, found more", path, most_links);
}

MINNOW_COLD status find_target(const char* path, write_target& to) {
  if (*path == '\0') return status::failure("expected a path, found an empty one");
  if (status outcome = follow_links(path, to.path); !outcome) return outcome;
  struct ::stat named{}, about{};
  const bool there = ::stat(path, &named) == 0;
  if (!there && errno != ENOENT)
    return status::failure("%s: could not be created (%s)", path, detail::system_text(errno));
  if (!there) return {};
  if (const char* what = no_file(named.st_mode))
    return status::failure("%s: expected a file or nothing at this place, found %s", path, what);
  // The links in /proc/self/fd lead to names that need not exist.
  if (::stat(to.path.c_str(), &about) != 0)
    return status::failure("%s: expected a file that has a name, found an open one without", path);
  const bool marked = (about.st_mode & 0222) == 0 || (about.st_uid == ::geteuid() && (about.st_mode & 0200) == 0);
  if (marked || ::faccessat(AT_FDCWD, to.path.c_str(), W_OK, AT_EACCESS) != 0)
    return status::failure("%s: expected a file that may be written, found a read-only one (mode %03o)", path,
                           static_cast<unsigned>(about.st_mode) & 0777u);
  to.replaces = true;
  to.mode = about.st_mode & 07777;
  to.owner = about.st_uid;
  to.group = about.st_gid;
  return {};
}

MINNOW_COLD std::uint64_t bits_of_system() noexcept {
  std::uint64_t bits = 0;
  if (::getentropy(&bits, sizeof bits) == 0) return bits;
  // Without random bits from the system, a name may already be in use: `part_file::create` tries names until one is
  // unused.
  std::timespec now{};
  (void)std::timespec_get(&now, TIME_UTC);
  return static_cast<std::uint64_t>(now.tv_nsec) * 0x9e3779b97f4a7c15u ^ static_cast<std::uint64_t>(now.tv_sec) << 20 ^
         static_cast<std::uint64_t>(::getpid());
}

/// Returns the prefix that all temporary names of a target share, without the folder.
MINNOW_COLD std::string part_prefix(const std::string& target) {
  // File names have at most 255 bytes.
  return target.substr(target.rfind('/') + 1).substr(0, 200) + ".";
}
inline constexpr std::string_view part_suffix = ".part";
inline constexpr std::size_t part_digits = 16;

MINNOW_COLD void remove_stale_parts(const std::string& target) {
  struct closer {
    void operator()(::DIR* folder) const noexcept { ::closedir(folder); }
  };
  const std::string where = folder_of(target), prefix = part_prefix(target);
  const std::unique_ptr<::DIR, closer> folder(::opendir(where.empty() ? "." : where.c_str()));
  if (!folder) return;
  while (const ::dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.size() != prefix.size() + part_digits + part_suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(part_suffix) ||
        name.find_first_not_of("0123456789abcdef", prefix.size()) != name.size() - part_suffix.size())
      continue;
    const std::string path = where + std::string(name);
    const descriptor part(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (part && ::flock(part.number(), LOCK_EX | LOCK_NB) == 0) (void)::unlink(path.c_str());
  }
}

MINNOW_COLD part_file::~part_file() {
  if (!path_.empty()) (void)::unlink(path_.c_str());
}

MINNOW_COLD status part_file::create(const char* shown, const write_target& to) {
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    char digits[part_digits + 1];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(bits_of_system()));
    std::string path = folder_of(to.path) + part_prefix(to.path) + digits + std::string(part_suffix);
    // If the new file replaces an old one, nobody else may read it until it has the old file's mode.
    descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, to.replaces ? 0600 : 0666));
    if (!file && errno == EEXIST) continue;
    if (!file) return status::failure("%s: could not be created (%s)", shown, detail::system_text(errno));
    if (!path_.empty()) (void)::unlink(path_.c_str());
    path_ = std::move(path);
    file_ = std::move(file);
    // Until the file is locked, another writer may treat it as a leftover and remove its name. On file systems without
    // locks, no file is treated as a leftover.
    struct ::stat about{};
    const bool locked = ::flock(file_.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (locked && ::fstat(file_.number(), &about) == 0 && about.st_nlink > 0) return {};
  }
  return status::failure("%s: could not be created (no free name in %d tries)", shown, tries);
}

MINNOW_COLD status part_file::fill(const char* shown, std::span<const std::byte> bytes, const write_target& to) {
  const auto failed = [&](const char* what) {
    return status::failure("%s: could not be %s (%s)", shown, what, detail::system_text(errno));
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ::ssize_t n = ::write(file_.number(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("written");
    done += index(n);
  }
  if (to.replaces) {
    // Only root can give the new file another owner. If the new file cannot keep the old file's group either, its group
    // gets no permissions.
    ::mode_t mode = to.mode;
    if (::fchown(file_.number(), to.owner, to.group) != 0 &&
        ::fchown(file_.number(), static_cast<::uid_t>(-1), to.group) != 0)
      mode &= 0707;
    if (::fchmod(file_.number(), mode) != 0) return failed("given its mode");
  }
  if (::fsync(file_.number()) != 0) return failed("synced to disk");
  return {};
}

MINNOW_COLD status part_file::put_in_place(const char* shown, const write_target& to) {
  // The file stays locked until its temporary name is gone, so that nobody finds it unlocked.
  if (std::rename(path_.c_str(), to.path.c_str()) != 0)
    return status::failure("%s: could not be renamed into place (%s)", shown, detail::system_text(errno));
  path_.clear();
  if (!file_.close()) return status::failure("%s: could not be closed (%s)", shown, detail::system_text(errno));
  return {};
}

/// Syncs the folder, so that a new name survives a power loss if the file system supports it.
MINNOW_COLD void sync_folder(const std::string& path) {
  const std::string where = folder_of(path);
  const descriptor folder(::open(where.empty() ? "." : where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)::fsync(folder.number());
}

MINNOW_COLD status write_whole(const char* path, std::span<const std::byte> bytes) noexcept {
  return within_memory(path, [&]() -> status {
    write_target to;
    if (status outcome = find_target(path, to); !outcome) return outcome;
    remove_stale_parts(to.path);
    part_file part;
    if (status outcome = part.create(path, to); !outcome) return outcome;
    if (status outcome = part.fill(path, bytes, to); !outcome) return outcome;
    if (status outcome = part.put_in_place(path, to); !outcome) return outcome;
    sync_folder(to.path);
    return {};
  });
}

}  // namespace minnow::detail
