// Compiles a program that trains, packs and runs networks, with inputs of bytes and of floats.
#include <cstdio>

#include <minnow/minnow.hpp>

namespace mn = minnow;

namespace {

struct of_bytes
    : mn::model<mn::image<3, 9, 9>, mn::conv<7, mn::scheme<mn::pixels, mn::sign>, mn::kernel<3>>, mn::batch_norm,
                mn::max_pool<2>, mn::conv<33, mn::minw<1, 1>>, mn::batch_norm, mn::dense<9, mn::minw<2, 3>>,
                mn::batch_norm, mn::dense<3, mn::minw<3, 2>>, mn::batch_norm> {};
struct of_floats : mn::model<mn::features<8>, mn::dense<6, mn::scheme<mn::real, mn::half>>, mn::batch_norm, mn::relu,
                             mn::dense<3>, mn::bias> {};

template <class Element>
mn::dataset<Element> data_of(mn::shape dimensions, int count) {
  const auto numbers = static_cast<std::size_t>(dimensions.size()) * static_cast<std::size_t>(count);
  return {dimensions, std::vector<Element>(numbers, Element(1)), std::vector<int>(static_cast<std::size_t>(count), 1)};
}

template <class Model, class Estimator, class Element, class Optimizer, class Schedule>
void train(const Optimizer& optimizer, const Schedule& schedule) {
  const auto data = data_of<Element>(mn::layer_graph<Model>::input, 24);
  mn::network<Model, Estimator> net{mn::seed{1}};
  mn::fit(net, data, optimizer, schedule, {.epochs = 1, .batch = 8, .validation = &data});
  mn::reestimate_batch_norm(net, data);
  mn::network<Model, mn::ste> other;
  mn::copy_weights(net, other);
  const auto packed = mn::pack(net);
  std::printf("%s%s%f %d %zu\n", mn::summary(net).c_str(), mn::summary(packed).c_str(), mn::accuracy(packed, data),
              mn::logits(net, data) == mn::logits(packed, data), mn::predict(packed, data).size());
}

}  // namespace

int main() {
  train<of_bytes, mn::aqe, std::uint8_t>(mn::adam{.rate = 1e-2f}, mn::cubic{.from = 0.5f, .to = 1});
  train<of_bytes, mn::ste, std::uint8_t>(mn::sgd{}, mn::constant{1});
  train<of_floats, mn::alpha_blend, float>(mn::sgd{}, mn::linear{});
}
