// Compares the compile time and memory of a few programs in four ways: header-only with another tree, header-only with
// this tree, with this tree's minnow::compiled, and with minnow::compiled and a precompiled header. The compilations
// alternate. Each ratio divides the median of this tree's user seconds or memory by the other tree's median. Run it with
// scripts/bench compile --against.
//
// usage: bench_compile_against OTHER-TREE [ROUNDS]      (3 rounds without the second argument)

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "compilation.hpp"
#include "measure.hpp"

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Returns the first program of a tree's README.
std::string readme(const fs::path& tree) {
  const std::string text = content(tree / "README.md"), fence = "```cpp\n";
  const std::size_t first = text.find(fence) + fence.size();
  return text.substr(first, text.find("```", first) - first);
}

std::string resnet_50(const fs::path&) {
  return bench::zoo_program("zoo/resnet.hpp", "resnet_50<" + bench::byte_schemes + ">");
}

struct program {
  const char* name;
  std::string (*text)(const fs::path& tree);
  const char* header;  ///< the header to precompile
  const char* level;
  bool is_linked;
};

const program programs[] = {
    {"readme", readme, "minnow/minnow.hpp", "-O2", true},
    {"readme_unoptimized", readme, "minnow/minnow.hpp", "-O0", false},
    {"inference", [](const fs::path& tree) { return content(tree / "examples/deploy_only.cpp"); }, "minnow/infer.hpp",
     "-O2", true},
    {"resnet_50", resnet_50, "minnow/minnow.hpp", "-O2", false},
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// One way to compile a program, with the time and memory of each compilation.
struct way {
  std::string suffix;  ///< suffix of its figures' names
  fs::path tree;
  std::vector<std::string> flags{};
  bool is_precompiled = false;  ///< true if the program's header is precompiled
  std::string object{};
  std::vector<double> seconds{};
  std::vector<double> gigabytes{};
};

std::vector<std::string> command(const way& w, const char* level, const std::string& source,
                                 const std::string& object) {
  std::vector<std::string> words{
      MINNOW_BENCH_COMPILER, "-std=c++20", level, "-march=native", "-c", source, "-o", object};
  words.insert(words.end(), w.flags.begin(), w.flags.end());
  return words;
}
std::vector<std::string> includes(const fs::path& tree) {
  std::vector<std::string> folders{(tree / "include").string()};
  // The remaining include folders of this build belong to xsimd and xtensor.
  for (const std::string folder : {MINNOW_BENCH_INCLUDES})
    if (!folder.starts_with(MINNOW_BENCH_SOURCE "/include")) folders.push_back(folder);
  return folders;
}

/// Precompiles the header of a program, and adds the flags that include the result. Returns the compiler's user seconds,
/// or -1 if the header does not compile.
double precompile(const program& p, way& w, const fs::path& work) {
  const std::string header = (work / (std::string(p.name) + "_header.hpp")).string();
  std::ofstream(header) << "#include <" << p.header << ">\n";
  std::vector<std::string> words = command(w, p.level, header, header + ".gch");
  words.insert(words.begin() + 1, {"-x", "c++-header"});
  const auto taken = bench::compile(words, includes(w.tree));
  w.flags.insert(w.flags.end(), {"-Winvalid-pch", "-Werror", "-include", header});
  return taken.succeeded ? taken.user_seconds : -1;
}

long long stripped_bytes(const std::vector<std::string>& objects, const std::string& program) {
  std::vector<std::string> words{MINNOW_BENCH_COMPILER, "-s", "-o", program, "-Wl,--gc-sections"};
  words.insert(words.end(), objects.begin(), objects.end());
  return bench::compile(words).succeeded ? static_cast<long long>(fs::file_size(program)) : -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_compile_against OTHER-TREE [ROUNDS]\n"), 2;
  const fs::path here = MINNOW_BENCH_SOURCE, other = argv[1];
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const fs::path work = "bench_compile_against.files";
  fs::create_directories(work);

  std::vector<std::string> library;
  double library_seconds = 0;
  for (const auto& entry : fs::directory_iterator(here / "include/minnow/compiled")) {
    if (entry.path().extension() != ".cpp") continue;
    library.push_back((work / entry.path().stem()).string() + ".o");
    const way compiled{"", here, {"-DMINNOW_COMPILED", "-ffunction-sections", "-fdata-sections"}};
    const auto taken = bench::compile(command(compiled, "-O2", entry.path().string(), library.back()), includes(here));
    if (!taken.succeeded) return std::printf("%s does not compile\n", entry.path().c_str()), 1;
    library_seconds += taken.user_seconds;
  }
  bench::figure("compile_library", library_seconds, "s");

  for (const program& p : programs) {
    std::vector<way> ways{{"before", other},
                          {"header_only", here},
                          {"compiled", here, {"-DMINNOW_COMPILED"}},
                          {"precompiled", here, {"-DMINNOW_COMPILED"}, true}};
    for (way& w : ways)
      if (w.is_precompiled) bench::figure(std::string("compile_") + p.name + "_header", precompile(p, w, work), "s");
    for (int round = 0; round < rounds; ++round)
      for (way& w : ways) {
        const std::string stem = (work / (std::string(p.name) + "_" + w.suffix)).string();
        std::ofstream(stem + ".cpp") << p.text(w.tree);
        w.object = stem + ".o";
        const auto taken = bench::compile(command(w, p.level, stem + ".cpp", w.object), includes(w.tree));
        if (!taken.succeeded) return std::printf("%s does not compile (%s)\n", p.name, w.suffix.c_str()), 1;
        w.seconds.push_back(taken.user_seconds);
        w.gigabytes.push_back(taken.gigabytes);
      }
    for (const way& w : ways) {
      const std::string name = std::string("compile_") + p.name + "_" + w.suffix;
      bench::figure(name, median(w.seconds), "s");
      bench::figure(name + "_memory", median(w.gigabytes), "GB");
      if (&w == &ways.front()) continue;
      bench::figure(name + "_ratio", median(w.seconds) / median(ways.front().seconds), "of before");
      bench::figure(name + "_memory_ratio", median(w.gigabytes) / median(ways.front().gigabytes), "of before");
    }
    if (!p.is_linked) continue;
    for (const way& w : ways) {
      if (w.is_precompiled) continue;  // a precompiled header does not change the program
      std::vector<std::string> objects{w.object};
      if (!w.flags.empty()) objects.insert(objects.end(), library.begin(), library.end());
      bench::figure(std::string("stripped_") + p.name + "_" + w.suffix,
                    static_cast<double>(stripped_bytes(objects, (work / p.name).string())), "bytes");
    }
  }
  fs::remove_all(work);
}
