// Lists and evaluates the trained networks of the gallery (docs/gallery.md).
//
//   gallery                    a line for each network; fails if the logits of one for generated images are not the
//                              recorded ones
//   gallery NAME               the network's summary and its time on this machine
//   gallery NAME FOLDER        also its accuracy on the test images of the data set in a folder
//   gallery --table            the table of docs/gallery.md
//
// --networks FOLDER: the folder of the networks, if it is not in the source tree.

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "data.hpp"
#include "networks.hpp"
#include "record.hpp"

namespace {

using namespace gallery;

struct task {
  std::string name;  ///< empty: all networks
  std::string data;  ///< folder; empty: none
  bool table = false;
  fs::path networks = fs::path(GALLERY_FOLDER) / "networks";
};

/// Prints one line of the list or of the table.
template <class Entry>
void print_line(const task& t, const record& figures, const char* state) {
  const auto of = [&](const char* key) {
    const auto found = figures.find(key);
    return found == figures.end() ? std::string("-") : found->second;
  };
  const std::string name(Entry::name), data(Entry::data), bits(Entry::bits);
  if (t.table)
    std::printf("| `%s` | %s | %s | %s | %s %% | %s %% | %s | %s | %s | %s |\n", name.c_str(), data.c_str(),
                bits.c_str(), of("bytes").c_str(), of("accuracy").c_str(), of("held_out").c_str(),
                of("microseconds").c_str(), of("epochs").c_str(), of("minutes").c_str(), of("seed").c_str());
  else
    std::printf("%-12s %-14s %-28s %7s bytes %7s %% of test images %8s us  %s\n", name.c_str(), data.c_str(),
                bits.c_str(), of("bytes").c_str(), of("accuracy").c_str(), of("microseconds").c_str(), state);
}

/// Evaluates a network. Returns false if its logits for generated images are not the recorded ones.
template <class Entry>
bool evaluate(const task& t) {
  if (!t.name.empty() && t.name != Entry::name) return true;
  const fs::path file = t.networks / (std::string(Entry::name) + ".mnw");
  const record figures = read_record(fs::path(file).replace_extension(".txt"));
  if (!fs::exists(file)) {
    print_line<Entry>(t, {}, "not trained");
    return t.name.empty();
  }
  using Packed = mn::packed<typename Entry::model>;
  const auto network = mn::load<Packed>(file.string());
  const auto recorded = figures.find("checksum");
  const bool same = recorded != figures.end() &&
                    recorded->second == checksum(mn::logits(network, generated_images(Packed::layer_graph::input)));
  print_line<Entry>(t, figures, same ? "as recorded" : "DIFFERS FROM ITS RECORD");
  if (t.name.empty()) return same;
  std::printf("%scommand: %s\n", mn::summary(network).c_str(),
              figures.contains("command") ? figures.at("command").c_str() : "-");
  std::printf("%.2f us per image, here on one thread\n", microseconds(network));
  if (!t.data.empty()) {
    const images test = read_data(Entry::data, t.data).test;
    std::printf("figure accuracy %.4f of_%d\n", mn::accuracy(network, test), test.size());
  }
  return same;
}

template <class... Each>
bool evaluate_all(const task& t, list<Each...>) {
  if (!t.name.empty() && !((t.name == Each::name) || ...))
    throw std::invalid_argument("expected the name of a network, found " + t.name +
                                "; without arguments all are listed");
  bool all_same = true;
  ((all_same = evaluate<Each>(t) && all_same), ...);
  return all_same;
}

}  // namespace

int main(int argc, char** argv) try {
  task t;
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--table") t.table = true;
    else if (words[i] == "--networks" && i + 1 < words.size()) t.networks = words[++i];
    else if (words[i].starts_with("-"))
      throw std::invalid_argument("expected --table or --networks FOLDER, found " + words[i]);
    else if (t.name.empty()) t.name = words[i];
    else if (t.data.empty()) t.data = words[i];
    else throw std::invalid_argument("expected NAME [FOLDER], found also " + words[i]);
  }
  if (t.table)
    std::printf(
        "| network | data set | quantizers | bytes | test images | held-out images | us | epochs | minutes | seed |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n");
  return evaluate_all(t, all_networks{}) ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "gallery: %s\n", e.what());
  return 2;
}
