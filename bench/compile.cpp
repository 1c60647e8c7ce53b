// Measures the compile time (processor seconds) and peak memory of each public header, of each example, and of each zoo
// network (trained one step and packed). Headers compile at -O0, everything else at -O2. Exits with 1 if any of them
// exceeds its budget.
//
// usage: bench_compile [PART-OF-NAME ...]      infer, quickstart, resnet_110 …; all without arguments
//
// Uses the compiler of this build, and clang++-19 or -16 if installed. Only this build's compiler compiles the zoo
// networks, because the deepest ones exceed clang's limit of nested expressions.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compilation.hpp"
#include "measure.hpp"

namespace {

struct unit {
  std::string name;
  std::string header;   ///< public header below minnow/, or path of an example below the project's folder
  std::string model{};  ///< "" if only the header is compiled
  double most_seconds = 0;
  double most_gigabytes = 0;
};

const std::string three_bits = "mn::zoo::schemes<mn::scheme<mn::unsigned_integer<8>, mn::power_of_two<3>>>";
const std::string bits = "mn::zoo::image_schemes<mn::minw<1, 1>>";
const std::string& bytes = bench::byte_schemes;

const std::vector<unit> units{
    {"model", "model.hpp", "", 1, 1},
    {"firmware", "firmware.hpp", "", 1, 1},
    {"dispatch", "dispatch.hpp", "", 1, 1},
    {"infer", "infer.hpp", "", 3, 1},
    {"train", "train.hpp", "", 6, 1},
    {"minnow", "minnow.hpp", "", 6, 1},
    {"quickstart", "examples/quickstart.cpp", "", 20, 2},
    {"demo", "examples/demo/main.cpp", "", 30, 2},
    {"model_a_example", "examples/model_a.cpp", "", 20, 2},
    {"custom_policy", "examples/custom_policy.cpp", "", 20, 2},
    {"custom_layer", "examples/custom_layer.cpp", "", 20, 2},
    {"deploy_only", "examples/deploy_only.cpp", "", 10, 1},
    {"import_weights", "examples/import_weights.cpp", "", 20, 2},
    {"model_a", "zoo/convnet.hpp", "model_a<" + bits + ">"},
    {"model_b", "zoo/convnet.hpp", "model_b<" + bits + ">"},
    {"model_c", "zoo/convnet.hpp", "model_c<" + bits + ">"},
    {"model_d", "zoo/convnet.hpp", "model_d<" + bits + ">"},
    {"binary_net", "zoo/convnet.hpp", "binary_net<" + bits + ">"},
    {"alexnet", "zoo/alexnet.hpp", "alexnet<" + bits + ">"},
    {"resnet_20", "zoo/resnet_cifar.hpp", "resnet_cifar<20, " + three_bits + ">"},
    {"resnet_32", "zoo/resnet_cifar.hpp", "resnet_cifar<32, " + three_bits + ">"},
    {"resnet_44", "zoo/resnet_cifar.hpp", "resnet_cifar<44, " + three_bits + ">"},
    {"resnet_56", "zoo/resnet_cifar.hpp", "resnet_cifar<56, " + three_bits + ">"},
    {"resnet_110", "zoo/resnet_cifar.hpp", "resnet_cifar<110, " + three_bits + ">", 60, 3},
    {"densenet_bc_100_12", "zoo/densenet.hpp", "densenet_bc<100, 12, " + three_bits + ">", 60, 3},
    {"resnet_18", "zoo/resnet.hpp", "resnet_18<" + bytes + ">"},
    {"bi_real_18", "zoo/bi_real.hpp", "bi_real_18<" + bits + ">"},
    {"resnet_50", "zoo/resnet.hpp", "resnet_50<" + bytes + ">"},
    {"resnet_50_v2", "zoo/resnet.hpp", "resnet_50_v2<" + bytes + ">"},
    {"mobilenet_v1", "zoo/mobilenet.hpp", "mobilenet_v1<" + bytes + ">"},
};

std::string source_of(const unit& u) {
  if (u.model.empty()) return "#include <minnow/" + u.header + ">\n";
  return bench::zoo_program(u.header, u.model);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::pair<std::string, std::string>> compilers{{"", MINNOW_BENCH_COMPILER}};
  for (const char* clang : {"clang++-19", "clang++-16"})
    if (compilers.size() == 1 && std::system((std::string("command -v ") + clang + " >/dev/null").c_str()) == 0)
      compilers.emplace_back("_clang", clang);
  bool failed = false;
  for (const unit& u : units) {
    const auto wanted = [&](const char* part) { return u.name.find(part) != std::string::npos; };
    if (argc > 1 && std::none_of(argv + 1, argv + argc, wanted)) continue;
    const bool is_example = u.header.ends_with(".cpp"), is_entrance = !is_example && u.model.empty();
    const std::string made = "bench_compile_" + u.name + ".cpp";
    if (!is_example) std::ofstream(made) << source_of(u);
    for (const auto& [suffix, compiler] : compilers) {
      if (!u.model.empty() && !suffix.empty()) continue;
      const bench::compilation taken =
          bench::compile({compiler, "-std=c++20", is_entrance ? "-O0" : "-O2", "-march=native", "-c",
                          is_example ? MINNOW_BENCH_SOURCE "/" + u.header : made, "-o", "/dev/null"},
                         {MINNOW_BENCH_INCLUDES});
      const std::string name = u.name + suffix;
      if (!taken.succeeded) {
        std::printf("%s does not compile with %s\n", u.name.c_str(), compiler.c_str());
        failed = true;
        continue;
      }
      bench::figure("compile_" + name, taken.seconds(), "s");
      bench::figure("compile_" + name + "_memory", taken.gigabytes, "GB");
      if (u.most_seconds > 0 && (taken.seconds() > u.most_seconds || taken.gigabytes > u.most_gigabytes)) {
        std::printf("%s takes more than %.0f s or %.0f GB\n", name.c_str(), u.most_seconds, u.most_gigabytes);
        failed = true;
      }
    }
    if (!is_example) std::remove(made.c_str());
  }
  return failed ? 1 : 0;
}
