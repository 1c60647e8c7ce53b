// Writes valid files as seeds for the fuzzers: seeds FOLDER -> FOLDER/<target>/<name>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <minnow/exchange/npy.hpp>
#include <minnow/exchange/safetensors.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/pack/pack.hpp>

#include "checkpoint.hpp"
#include "fuzzed_weights.hpp"

namespace {

using namespace minnow;
namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void put(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const fs::path root = arguments[1];
  fs::create_directories(root);
  const std::string file = (root / "file").string();
  const auto container = [&](const char* target, const char* name, char way) {
    for (const char repaired : {0, 1})
      put(root / target / (name + std::to_string(repaired)), static_cast<char>(way + repaired) + content(file));
    fs::remove(file);
  };
  auto orders = test::file_network<test::every_order, float>();
  auto fixed = test::file_network<test::in_fixed_point, std::uint8_t>();
  updater<adam> update(adam{});
  update.make_room(fixed);
  std::vector<double> position(fuzz::position_numbers, 1.0), epochs(2 * fuzz::epoch_numbers, 2.0);
  require(detail::write_checkpoint(
      file.c_str(), {fixed, fuzz::facts, position, epochs, fuzz::epoch_numbers, fuzz::most_epochs, update.moments()}));
  container("checkpoint", "run", 0);
  save(orders, file), container("network_file", "orders", 0);
  save(pack(orders), file), container("packed_model", "orders", 0);
  save(pack<fixed_point>(fixed), file), container("packed_model", "fixed", 2);

  const tensors some{{"a.weight", {{2, 3}, {1, 2, 3, 4, 5, 6}}}, {"b", {{}, {7}}}, {"none", {{0, 4}, {}}}};
  save_safetensors(some, file), put(root / "safetensors" / "three", content(file));
  put(root / "safetensors" / "bytes",
      std::string("\x38\0\0\0\0\0\0\0", 8) + "{\"t\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}   abcd");
  save_npy(some.at("a.weight"), file), put(root / "npy" / "matrix", content(file));
  fs::remove(file);

  put(root / "idx" / "images", std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03"
                                           "abcdefghijkl",
                                           28));
  put(root / "idx" / "labels", std::string("\0\0\x08\x01\0\0\0\x03\x01\x02\x09", 11));
  put(root / "cifar" / "two",
      std::string(1, '\3') + std::string(3072, 'x') + std::string(1, '\7') + std::string(3072, 'y'));
  put(root / "cifar" / "two_of_100", "\3\x31" + std::string(3072, 'x') + "\7\x32" + std::string(3072, 'y'));
  std::string line;
  for (int i = 0; i < 64; ++i) line += std::to_string(i % 17) + ",";
  put(root / "optdigits" / "three", line + "0\n" + line + "9\r\n" + line + "5");
  // The bytes of idx/labels, compressed by gzip -n.
  put(root / "gzip" / "labels", std::string("\037\213\010\000\000\000\000\000\002\003\143\140\340\140\144\140\140\140"
                                            "\146\144\342\004\000\225\014\150\104\013\000\000\000",
                                            31));
  put(root / "gzip" / "plain", std::string("\0\0\x08\x01\0\0\0\x03\x01\x02\x09", 11));
  put(root / "records" / "five", std::string("\0abcdef\1bcdefg\2cdefgh\0defghi\1efghij", 35));
  save_safetensors(export_weights(fuzz::network{}, fuzz::names), file), put(root / "weights" / "all", content(file));
}
