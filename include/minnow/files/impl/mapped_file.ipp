#pragma once

#include <minnow/files/mapped_file.hpp>

#include <cerrno>
#include <cstdint>
#include <limits>

#include <sys/mman.h>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

MINNOW_COLD mapped_file::~mapped_file() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MINNOW_COLD status read(const char* path, mapped_file& file) noexcept {
  detail::descriptor handle;
  std::uint64_t length = 0;
  if (const status s = detail::within_memory(path, [&] { return detail::open_to_read(path, handle, length); }); !s)
    return s;
  if (length == 0) return status::failure("%s: expected bytes to map, found an empty file", path);
  if (length > std::numeric_limits<std::size_t>::max())
    return status::failure("%s: expected a file that fits in memory, found %llu bytes", path,
                           static_cast<unsigned long long>(length));
  const auto size = index(length);
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, handle.number(), 0);
  if (at == MAP_FAILED) return status::failure("%s: could not be mapped (%s)", path, detail::system_text(errno));
  file = mapped_file();
  file.bytes_ = {static_cast<const std::byte*>(at), size};
  return {};
}

}  // namespace minnow
