#pragma once

#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// Schemes of a zoo network with 8-bit weights and inputs.
inline const std::string byte_schemes =
    "mn::zoo::schemes<mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>, mn::scheme<mn::pixels, "
    "mn::integer<8, mn::per_channel>>>";

/// Returns a program that trains, packs and runs a network.
///
/// header   header that defines the model, relative to minnow/
/// model    name of the model in mn::zoo, with its template arguments
inline std::string zoo_program(const std::string& header, const std::string& model) {
  return "#include <minnow/minnow.hpp>\n#include <minnow/" + header + R"(>
namespace mn = minnow;
struct net : mn::zoo::)" +
         model + R"( {};
mn::packed<net> train(const mn::dataset<std::uint8_t>& data) {
  mn::network<net, mn::aqe> real;
  (void)mn::fit(real, data, mn::adam{}, mn::constant{0.5f});
  return mn::pack(real);
}
std::vector<float> run(const mn::packed<net>& tiny, const mn::dataset<std::uint8_t>& data) { return mn::logits(tiny, data); }
)";
}

/// Processor time and memory of one run of a compiler.
struct compilation {
  bool succeeded = false;
  double user_seconds = 0;
  double system_seconds = 0;
  double gigabytes = 0;  ///< largest resident set

  [[nodiscard]] double seconds() const { return user_seconds + system_seconds; }
};

/// Runs a compiler in a child process and asks the system for its time and memory.
///
/// words      the compiler and its arguments
/// includes   include folders, appended as -I options
inline compilation compile(std::vector<std::string> words, const std::vector<std::string>& includes = {}) {
  for (const std::string& folder : includes) words.push_back("-I" + folder);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    execvp(arguments.front(), arguments.data());
    _exit(127);
  }
  int status = 0;
  rusage used{};
  if (process < 0 || wait4(process, &status, 0, &used) != process) return {};
  const auto in_seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, in_seconds(used.ru_utime), in_seconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / (1 << 20)};
}

}  // namespace bench
