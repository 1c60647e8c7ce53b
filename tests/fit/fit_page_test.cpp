// Compares the defaults that docs/fitting.md states with the defaults in the headers.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <minnow/fit/calibrate.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/observers.hpp>
#include <minnow/train/optimizer.hpp>

using namespace minnow;

namespace {

const std::string& page() {
  static const std::string text = [] {
    std::ifstream file(MINNOW_FIXTURES "/../../docs/fitting.md");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return text;
}

/// Returns the rest of the table row that begins with this cell.
std::string row(const std::string& cell) {
  const std::string head = "\n| `" + cell + "` | ";
  const std::size_t at = page().find(head);
  if (at == std::string::npos) return "no such row";
  return page().substr(at + head.size(), page().find('\n', at + 1) - at - head.size());
}
/// Returns the second cell of the table row that begins with this cell.
std::string second(const std::string& cell) { return row(cell).substr(0, row(cell).find(" |")); }
/// Returns the number after ".name = " in a row.
float number(const std::string& cell, const std::string& name) {
  const std::string head = "." + name + " = ", text = row(cell);
  const std::size_t at = text.find(head);
  return at == std::string::npos ? -1 : std::strtof(text.c_str() + at + head.size(), nullptr);
}

}  // namespace

TEST_SUITE("fit/page") {
  TEST_CASE("options") {
    const fit_options<float> o;
    CHECK(second(".epochs") == std::to_string(o.epochs));
    CHECK(second(".batch") == std::to_string(o.batch));
    CHECK(second(".seed") == "`{" + std::to_string(o.seed.value) + "}`");
    CHECK(second(".shuffle") == (o.shuffle ? "true" : "false"));
    CHECK(second(".alpha_every") == std::to_string(o.alpha_every));
    CHECK(second(".quantize_every") == std::to_string(o.quantize_every));
    CHECK(second(".batch_norm_batches") == std::to_string(o.batch_norm_batches));
    CHECK(second(".loss") == "`cross_entropy{}`");
    CHECK(o.loss.target<cross_entropy>() != nullptr);
    CHECK(second(".validation") == "none");
    CHECK(o.validation == nullptr);
    CHECK(second(".ranks") == "none");
    CHECK(o.ranks == nullptr);
    CHECK(second(".crop") == std::to_string(o.augmentation.crop));
    CHECK(second(".flip") == (o.augmentation.flip ? "true" : "false"));
    CHECK(second(".cutout") == std::to_string(o.augmentation.cutout));
    CHECK(std::strtof(second(".mixup").c_str(), nullptr) == o.augmentation.mixup);
    CHECK(second(".teacher") == "none");
    CHECK(o.teacher.network == nullptr);
    CHECK(o.teacher.logits.empty());
    CHECK(std::strtof(second(".temperature").c_str(), nullptr) == o.teacher.temperature);
    CHECK(std::strtof(second(".weight").c_str(), nullptr) == o.teacher.weight);
    CHECK(second(".weights") == "none");
    CHECK((o.weights.classes.empty() && o.weights.images.empty()));
    CHECK(second(".clip_gradients") == "none");
    CHECK(second(".norm") == "no limit");
    CHECK(second(".value") == "no limit");
    CHECK(!o.clip_gradients.any());
    CHECK(second(".average") == "none");
    CHECK(o.average.decay == 0);
    CHECK(second(".path") == "empty");
    CHECK(o.checkpoint.path.empty());
    CHECK(second(".every") == std::to_string(o.checkpoint.every));
    CHECK(second(".resume") == (o.checkpoint.resume ? "true" : "false"));
  }

  TEST_CASE("optimizers and rates") {
    CHECK(number("sgd", "rate") == sgd{}.rate);
    CHECK(number("sgd", "momentum") == sgd{}.momentum);
    CHECK(number("sgd", "weight_decay") == sgd{}.weight_decay);
    CHECK(number("adam", "rate") == adam{}.rate);
    CHECK(number("adam", "beta1") == adam{}.beta1);
    CHECK(number("adam", "beta2") == adam{}.beta2);
    CHECK(number("adam", "epsilon") == adam{}.epsilon);
    CHECK(number("adam", "weight_decay") == adam{}.weight_decay);
    CHECK(number("bop", "threshold") == bop{}.threshold);
    CHECK(number("bop", "gamma") == bop{}.gamma);
    CHECK(number("bop", "rate") == bop{}.rate);
    CHECK(number("bop", "beta1") == bop{}.beta1);
    CHECK(number("bop", "beta2") == bop{}.beta2);
    CHECK(number("bop", "epsilon") == bop{}.epsilon);
    CHECK(bop{}.decay.target<constant_rate>() != nullptr);
    CHECK(number("warm_up", "from") == warm_up{}.from);
    CHECK(row("warm_up").find("`.over = fraction{0.05}`") != std::string::npos);
    CHECK(warm_up{}.over.step({0, 400, 1}) == 20);
    CHECK(warm_up{}.then.target<constant_rate>() != nullptr);
    CHECK(number("stop_early", "patience") == static_cast<float>(stop_early{}.patience));
    CHECK(number("stop_early", "min_gain") == static_cast<float>(stop_early{}.min_gain));
    CHECK(sgd{}.decay.target<constant_rate>() != nullptr);
    CHECK(adam{}.decay.target<constant_rate>() != nullptr);
    CHECK(number("exponential_rate", "factor") == exponential_rate{}.factor);
    CHECK(number("step_rate", "factor") == step_rate{}.factor);
    CHECK(number("cosine_rate", "to") == cosine_rate{}.to);
    REQUIRE(step_rate{}.at.size() == 2);
    CHECK(row("step_rate").find("{fraction{0.5}, fraction{0.75}}") != std::string::npos);
    CHECK(step_rate{}.at[0].step({0, 400, 1}) == 200);
    CHECK(step_rate{}.at[1].step({0, 400, 1}) == 300);
  }

  TEST_CASE("settling and calibrating") {
    CHECK(reestimate_options{}.batches == 30);
    CHECK(reestimate_options{}.batch == 128);
    CHECK(calibrate_options{}.batches == 30);
    CHECK(calibrate_options{}.batch == 128);
    CHECK(row("reestimate_batch_norm(net, data, {.batches = 30, .batch = 128, .seed = {}})") != "no such row");
    CHECK(row("calibrate(net, data, {.batches = 30, .batch = 128, .seed = {}})") != "no such row");
  }
}
