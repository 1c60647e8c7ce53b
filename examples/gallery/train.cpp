// Trains a network of the gallery again (docs/gallery.md). An interrupted run continues when the command is repeated.
//
//   gallery_train NAME FOLDER [--out FOLDER] [--work FOLDER] [--epochs N] [--weights FILE]
//
// FOLDER holds the files of the network's data set. --out is the folder of the results NAME.mnw and NAME.txt, --work the
// folder of checkpoints and logs. --epochs replaces the epochs of every phase of the training. --weights names the
// published weights of resnet8-4 (examples/firmware/mlperf_tiny/keras_weights.py).

#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "train/recipe.hpp"

namespace {

using namespace gallery;

const std::map<std::string_view, void (*)(const options&)> recipes{
    {optdigits_1::name, train_optdigits}, {optdigits_4::name, train_optdigits}, {mnist_1::name, train_mnist},
    {mnist_4::name, train_mnist},         {fashion_1::name, train_fashion},     {fashion_4::name, train_fashion},
    {spoken_4::name, train_spoken},       {cifar_1::name, train_cifar},
#ifdef MINNOW_GALLERY_SAFETENSORS
    {resnet8_4::name, train_resnet},
#endif
};

options read_options(const std::vector<std::string>& words) {
  options o;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--out" && has_value) o.out = words[++i];
    else if (words[i] == "--work" && has_value) o.work = words[++i];
    else if (words[i] == "--weights" && has_value) o.weights = words[++i];
    else if (words[i] == "--epochs" && has_value) o.epochs = std::stoi(words[++i]);
    else if (words[i].starts_with("-"))
      throw std::invalid_argument("expected --out, --work, --epochs or --weights with a value, found " + words[i]);
    else if (o.name.empty()) o.name = words[i];
    else if (o.data.empty()) o.data = words[i];
    else throw std::invalid_argument("expected NAME FOLDER, found also " + words[i]);
  }
  if (o.data.empty())
    throw std::invalid_argument(
        "usage: gallery_train NAME FOLDER [--out FOLDER] [--work FOLDER] [--epochs N] [--weights FILE]");
  return o;
}

}  // namespace

int main(int argc, char** argv) try {
  const options o = read_options({argv + 1, argv + argc});
  const auto recipe = recipes.find(o.name);
  if (recipe == recipes.end()) {
    std::string known;
    for (const auto& [name, unused] : recipes) known += " " + std::string(name);
    throw std::invalid_argument("expected one of" + known + "; found " + o.name);
  }
  recipe->second(o);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "gallery_train: %s\n", e.what());
  return 1;
}
