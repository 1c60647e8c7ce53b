// Runs every reader on sparse and huge files under a memory limit. Each must return an error message.

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "files/damaged_files.hpp"
#include "system/all_readers.hpp"

using namespace minnow;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool limited = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool limited = false;
#else
constexpr bool limited = true;
#endif
#else
constexpr bool limited = true;
#endif

constexpr std::uint64_t terabyte = std::uint64_t{1} << 40;

/// During its lifetime, limits the address space to `bytes` more than the program uses at its construction. Not used
/// with sanitizers, because they reserve terabytes.
class memory_limit {
public:
  explicit memory_limit(std::size_t bytes) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    REQUIRE(::getrlimit(RLIMIT_AS, &before_) == 0);
    if (pages == 0) return;
    const ::rlimit limit{pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_AS, &limit) == 0);
  }
  memory_limit(const memory_limit&) = delete;
  memory_limit& operator=(const memory_limit&) = delete;
  ~memory_limit() { ::setrlimit(RLIMIT_AS, &before_); }

private:
  ::rlimit before_{};
};

/// Writes a sparse file of this length that begins with these bytes. Returns false if the file system does not support
/// such files.
bool sparse(const std::string& path, const data_files::bytes& begin, std::uint64_t length) {
  {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(begin.data()), static_cast<std::streamsize>(begin.size()));
  }
  return ::truncate(path.c_str(), static_cast<::off_t>(length)) == 0;
}

data_files::bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

data_files::bytes npy_of(const std::string& shape) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  return bytes_of(std::string("\x93NUMPY\1\0\x76\0", 10) + header + "\n");
}

data_files::bytes safetensors_of(const std::string& header) {
  const auto length = static_cast<std::uint64_t>(header.size());
  data_files::bytes file(8);
  std::memcpy(file.data(), &length, 8);
  const auto text = bytes_of(header);
  file.insert(file.end(), text.begin(), text.end());
  return file;
}

std::string text_of(std::uint64_t n) { return std::to_string(n); }

/// Returns the beginnings of files whose headers are valid and consistent with a file of this length.
std::vector<std::pair<std::string, data_files::bytes>> consistent(std::uint64_t length) {
  const auto idx = [](std::uint32_t magic, std::vector<std::uint32_t> dimensions) {
    data_files::bytes file;
    dimensions.insert(dimensions.begin(), magic);
    for (const std::uint32_t d : dimensions)
      for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<std::uint8_t>(d >> shift));
    return file;
  };
  data_files::bytes minnow_file(64);
  std::memcpy(minnow_file.data(), "minnow\r\n\1\0\0\0\3\0\0\0", 16);
  const std::uint64_t fingerprint = layer_graph<all_readers::small_model>::fingerprint;
  std::memcpy(minnow_file.data() + 16, &fingerprint, 8);
  std::memcpy(minnow_file.data() + 24, &length, 8);
  data_files::bytes packed_file = minnow_file, network_file = minnow_file;
  packed_file[12] = 1;
  network_file[12] = 2;
  return {
      {"npy", npy_of("(" + text_of((length - 128) / 4) + ",)")},
      {"npy by Fortran", npy_of("(" + text_of((length - 128) / 8) + ", 2)")},
      {"safetensors", safetensors_of(R"({"a":{"dtype":"F32","shape":[)" + text_of((length - 1000) / 4) +
                                     R"(],"data_offsets":[0,)" + text_of((length - 1000) / 4 * 4) + "]}}")},
      {"IDX images", idx(0x803, {static_cast<std::uint32_t>(length / (4096 * 4096)), 4096, 4096})},
      {"IDX labels", idx(0x801, {0x7fffffff})},
      {"checkpoint", minnow_file},
      {"packed", packed_file},
      {"network", network_file},
      {"nothing", {}},
      {"a digit", {'1', ','}},
  };
}

}  // namespace

TEST_SUITE("memory/readers") {
  TEST_CASE("sparse files of a terabyte are refused by every reader, with little memory, whatever they begin as" *
            doctest::skip(!limited)) {
    const data_files::folder folder;
    for (const auto& [name, begin] : consistent(terabyte)) {
      const std::string path = folder.path("f");
      if (!sparse(path, begin, terabyte)) {
        MESSAGE("no sparse files of a terabyte here");
        return;
      }
      const memory_limit limit(std::size_t{256} << 20);
      for (const auto& [reader, expected, read] : all_readers::all()) {
        CAPTURE(name);
        CAPTURE(reader);
        const std::string said = data_files::sentence(read(path.c_str()), folder);
        CHECK(said.starts_with("f: "));
      }
      std::filesystem::remove(path);
    }
  }

  TEST_CASE("files that are sound and larger than memory are refused as such" * doctest::skip(!limited)) {
    const data_files::folder folder;
    const auto out_of_memory = [&](const data_files::bytes& begin, std::uint64_t length, auto read) {
      const std::string path = folder.path("f");
      REQUIRE(sparse(path, begin, length));
      const memory_limit limit(std::size_t{256} << 20);
      CHECK_EQ(data_files::sentence(read(path.c_str()), folder),
               "f: out of memory: expected room for the file's contents, found too little");
    };
    constexpr std::uint64_t length = terabyte;
    tensor array;
    const auto npy = [&](const char* path) { return read_npy(path, array); };
    out_of_memory(npy_of("(" + text_of((length - 128) / 4) + ",)"), length, npy);
    out_of_memory(npy_of("(" + text_of((std::uint64_t{1} << 30) / 4) + ",)"), (std::uint64_t{1} << 30) + 128, npy);
    CHECK(array == tensor{});
#if defined(MINNOW_TEST_SAFETENSORS)
    const std::string header = R"({"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}})";
    tensors named;
    out_of_memory(safetensors_of(header), 8 + header.size() + 4'000'000'000'000u,
                  [&](const char* path) { return read_safetensors(path, named); });
    CHECK(named.empty());
#endif
    dataset<std::uint8_t> images;
    out_of_memory({0, 0, 8, 3, 0, 1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0}, 16 + (terabyte),
                  [&](const char* path) { return read_idx_images(path, images); });
    out_of_memory({}, 3073 * std::uint64_t{400'000},
                  [&](const char* path) { return read_cifar10_batch(path, images, 400'000); });
    CHECK(images.images.empty());
  }

  TEST_CASE("going on from a checkpoint takes memory for the epochs that are done, not for those to come" *
            doctest::skip(!limited)) {
    const data_files::folder folder;
    const dataset<float> data({1, 1, 4}, std::vector<float>(4), {1});
    const auto run = [&](long long last) {
      network<all_readers::small_model> net{};
      return fit(net, data, adam{}, constant{1},
                 {.epochs = std::numeric_limits<int>::max(),
                  .batch = 1,
                  .batch_norm_batches = 0,
                  .checkpoint = {.path = folder.path("run"), .resume = true}},
                 [&](const event& e, auto&) { return e.step < last; });
    };
    (void)run(20);
    const memory_limit limit(std::size_t{64} << 20);
    const history h = run(30);
    CHECK(h.stopped);
    CHECK_EQ(h.epochs.size(), 30);
    CHECK_LT(std::filesystem::file_size(folder.path("run")), 20'000);
  }
}
