#include <minnow/fit/image_stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/schedule/linear.hpp>

#include "small_runs.hpp"
#include "system/data_files.hpp"

using namespace minnow;
using data_files::folder;

namespace {

struct bytes_as_they_are : model<image<2, 3, 2>, hard_tanh> {};
struct twelve_classes
    : model<image<2, 3, 2>, conv<6, scheme<real, sign>>, batch_norm, dense<12, minw<1, 2>>, batch_norm> {};

/// Three files of 5, 11 and 7 records. A record is a label and an image, stored channel by channel: 2 channels of 3x2
/// pixels. The image's values are 10 times the record's number, plus 0 to 11.
struct record_files {
  folder where;
  std::vector<std::string> paths;
  record_files() {
    int number = 0;
    for (const int count : {5, 11, 7}) {
      paths.push_back(where.path(std::to_string(count)));
      std::ofstream out(paths.back(), std::ios::binary);
      for (int r = 0; r < count; ++r, ++number) {
        out.put(static_cast<char>(number % 12));
        for (int i = 0; i < 12; ++i) out.put(static_cast<char>(10 * number + i));
      }
    }
  }
};
constexpr record_format record_of_13{.dimensions = {3, 2, 2}, .classes = 12};

/// Returns the numbers of the records that `of` ranks (MPI processes) read: first all records of rank 0, then all of
/// rank 1, and so on. Checks every label and value.
std::vector<int> read_by(int of, const std::vector<std::string>& paths, stream_options options, bool shuffle,
                         int first_step = 0, int epoch = 1) {
  network<bytes_as_they_are> net;
  std::vector<int> labels, all;
  std::vector<std::vector<int>> of_rank(static_cast<std::size_t>(of));
  for (int r = 0; r < of; ++r) {
    image_stream data(record_of_13, paths, options);
    data.begin({.stream = minnow::random(seed{3}).stream(static_cast<std::uint64_t>(epoch)),
                .shuffles = shuffle,
                .batch = 6,
                .part = {r, of},
                .first_step = first_step});
    for (int step = first_step; step * 6 < data.size(); ++step) {
      data.into(net, step, labels);
      const auto in = net.prepare(static_cast<int>(labels.size()));
      for (std::size_t n = 0; n < labels.size(); ++n) {
        const auto number = [&](std::size_t k) {
          return static_cast<int>(std::lround(255 * in[n * 12 + k]));
        };  // the network converts bytes to numbers from 0 to 1
        const int first = number(0);
        CHECK(labels[n] == first / 10 % 12);
        for (std::size_t k = 0; k < 12; ++k) CHECK(number(k) == first + static_cast<int>(k % 2 * 6 + k / 2));
        all.push_back(first / 10);
      }
    }
  }
  return all;
}
/// Returns the records of the files as a data set in memory.
dataset<std::uint8_t> in_memory() {
  dataset<std::uint8_t> data;
  data.dimensions = {3, 2, 2};
  for (int number = 0; number < 23; ++number) {
    data.labels.push_back(number % 12);
    for (int k = 0; k < 12; ++k) data.images.push_back(static_cast<std::uint8_t>(10 * number + k % 2 * 6 + k / 2));
  }
  return data;
}

struct stopped {};

/// Returns the weights after a run that aborts after step `last`.
template <class Data>
std::vector<float> weights_after(Data& data, const fit_options<std::uint8_t>& options, long long last = 1000) {
  network<twelve_classes, aqe> net{seed{1}};
  fit(net, data, adam{.rate = 1e-2f}, linear{}, options, [&](const event& e, auto&) {
    if (e.step == last && !e.epoch_end) throw stopped{};
  });
  return test::arrays(net);
}
std::vector<int> sorted(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}
std::vector<int> up_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
std::string refusal(const std::vector<std::string>& paths, stream_options options = {},
                    record_format format = record_of_13) {
  try {
    const image_stream data(format, paths, options);
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_SUITE("fit/image_stream") {
  TEST_CASE("an epoch has every record once, on any number of ranks") {
    const record_files files;
    for (const int ranks : {1, 2, 3, 5})
      for (const int window : {1, 4, 100}) {
        CAPTURE(ranks);
        CAPTURE(window);
        CHECK(sorted(read_by(ranks, files.paths, {.window = window}, true)) == up_to(23));
        CHECK(read_by(ranks, files.paths, {.window = window}, false) == up_to(23));  // a rank reads consecutive records
      }
  }

  TEST_CASE("the order changes with the epoch, and with nothing else") {
    const record_files files;
    const auto once = read_by(1, files.paths, {.window = 100}, true);
    CHECK(once != up_to(23));
    CHECK(once == read_by(1, files.paths, {.window = 100, .prefetch = 1}, true));
    CHECK(once == read_by(1, files.paths, {.window = 100, .prefetch = 9}, true));
    CHECK(once != read_by(1, files.paths, {.window = 100}, true, 0, 2));
    const auto later = read_by(1, files.paths, {.window = 100}, true, 2);
    CHECK(later == std::vector<int>(once.begin() + 12, once.end()));
  }

  TEST_CASE("records stay in their windows") {
    const record_files files;
    const auto read = read_by(1, {files.paths[1]}, {.window = 4}, true);  // records 5 to 15
    REQUIRE(read.size() == 11);
    for (std::size_t i = 0; i < read.size(); ++i) CHECK(static_cast<std::size_t>(read[i] - 5) / 4 == i / 4);
  }

  TEST_CASE("augments as batches in memory do") {
    const record_files files;
    const auto memory = in_memory();
    network<bytes_as_they_are> one, other;
    detail::targets labels, expected;
    network_base *const of_stream[] = {&one}, *const of_memory[] = {&other};
    image_stream data(record_of_13, files.paths);
    const detail::image_changes<std::uint8_t> changes{
        {.crop = 1, .flip = true, .cutout = 2, .mixup = 0.5f},
        [](std::span<std::uint8_t> image, const shape&, minnow::random& r) {
          for (auto& pixel : image) pixel = static_cast<std::uint8_t>(pixel + r.below(9));
        }};
    data.set_changes(changes);
    detail::dataset_source<std::uint8_t> stored(memory, changes);
    const detail::epoch both{.stream = minnow::random(seed{5}), .augments = true, .shuffles = false, .batch = 6};
    data.begin(both);
    stored.begin(both);
    for (int step = 0; step < 4; ++step) {
      data.load(of_stream, step, labels);
      stored.load(of_memory, step, expected);
      CHECK(labels.labels == expected.labels);
      CHECK(labels.images == expected.images);
      CHECK(labels.other_labels == expected.other_labels);
      CHECK(labels.other_images == expected.other_images);
      CHECK(labels.shares == expected.shares);
      CHECK(labels.shares.size() == labels.labels.size());
      const auto images = static_cast<int>(labels.labels.size());
      const auto found = one.prepare(images), wanted = other.prepare(images);
      CHECK(std::equal(found.begin(), found.end(), wanted.begin(), wanted.end()));
    }
  }

  TEST_CASE("fit trains from files as from memory, and goes on to the same bits") {
    const record_files files;
    image_stream data(record_of_13, files.paths, {.window = 4});
    const auto memory = in_memory();
    fit_options<std::uint8_t> options{.epochs = 3, .batch = 6, .shuffle = false, .batch_norm_batches = 0};
    CHECK(weights_after(data, options) == weights_after(memory, options));
    // Weights and logits belong to records, numbered over all files.
    const auto weights = test::uniform(23, 1, 0, 2), logits = test::uniform(23 * 12, 2);
    const auto unweighted = weights_after(memory, options);
    options.weights.images = weights;
    options.teacher.logits = logits;
    CHECK(weights_after(data, options) == weights_after(memory, options));
    CHECK(weights_after(memory, options) != unweighted);
    options.weights = {};
    options.teacher = {};
    options.shuffle = true;
    options.augmentation = {.crop = 1, .flip = true, .cutout = 2};
    options.augment = [](std::span<std::uint8_t> image, shape, minnow::random r) {
      image[static_cast<std::size_t>(r.below(12))] = 255;
    };
    options.batch_norm_batches = 2;
    const auto whole = weights_after(data, options);
    CHECK(whole != weights_after(memory, options));  // the stream's order differs from a data set's order
    options.checkpoint = {.path = files.where.path("run"), .every = 3, .resume = true};
    CHECK_THROWS_AS(weights_after(data, options, 8), stopped);
    CHECK(weights_after(data, options) == whole);
    image_stream fewer(record_of_13, {files.paths[0], files.paths[1]});
    CHECK_THROWS_WITH_AS(weights_after(fewer, options),
                         doctest::Contains("with images 16; found another run's, with 23"), error);
    image_stream more_classes({.dimensions = {3, 2, 2}, .classes = 13}, files.paths);
    CHECK_THROWS_WITH_AS(weights_after(more_classes, {}),
                         "fit: expected at most 12 classes (the model's outputs), found 13", error);
    image_stream other_shape({.dimensions = {2, 3, 2}, .classes = 12}, files.paths);
    CHECK_THROWS_WITH_AS(weights_after(other_shape, {}), doctest::Contains("found 2x3x2"), error);
  }

  TEST_CASE("a corrupt file is named, or skipped and counted") {
    const record_files files;
    const std::string cut = files.where.path("cut"), bad = files.where.path("bad"),
                      missing = files.where.path("missing");
    std::ofstream(cut, std::ios::binary) << std::string(20, '\1');
    std::ofstream(bad, std::ios::binary) << std::string(13, '\1') << std::string(13, '\14');
    const auto with = [&](const std::string& path) { return std::vector<std::string>{files.paths[0], path}; };
    CHECK(refusal(with(cut)) == cut + ": expected a multiple of 13 bytes (a record), found 20");
    CHECK(refusal(with(bad)) == bad + ": expected labels 0 to 11, found 12 in record 1");
    CHECK(refusal(with(missing)).starts_with(missing + ": expected a file, found none"));
    CHECK(refusal({cut, bad}, {.skip_corrupt = true}) ==
          "image_stream: expected 1 to 2147483647 records, found 0 in 2 files (2 skipped)");
    const image_stream data(record_of_13, {cut, files.paths[0], bad, missing}, {.skip_corrupt = true});
    CHECK(data.size() == 5);
    REQUIRE(data.skipped().size() == 3);
    CHECK(data.skipped()[1].starts_with(bad));
    CHECK(data.checksum() == image_stream(record_of_13, {files.paths[0]}).checksum());
    CHECK(refusal(files.paths, {.window = 0}).starts_with("image_stream: expected a window"));
    CHECK(refusal(files.paths, {}, {.dimensions = {3, 2, 2}})
              .starts_with("image_stream: expected an image's dimensions"));
    CHECK(refusal(files.paths, {}, {.dimensions = {3, 2, 2}, .classes = 257})
              .ends_with("found 3x2x2, bytes 0 to 0 of 1, 257 classes"));
    CHECK(refusal(files.paths, {}, {.dimensions = {3, 2, 2}, .classes = 12, .label_width = 2})
              .ends_with("bytes 0 to 1 of 1, 12 classes"));
  }

  TEST_CASE("a file that changes while it is trained on is an error, and never a signal") {
    const auto change = [](auto&& how) -> std::string {
      record_files files;
      image_stream data(record_of_13, files.paths, {.prefetch = 1});
      network<twelve_classes> net{seed{1}};
      try {
        fit(net, data, adam{}, linear{}, {.epochs = 3, .batch = 6}, [&](const event& e, auto&) {
          if (e.step == 2) how(files);
        });
      } catch (const minnow::error& e) {
        return data_files::sentence(status::failure("%s", e.what()), files.where);
      }
      return "no error";
    };
    CHECK(change([](record_files& f) { std::filesystem::resize_file(f.paths[1], 0); }) ==
          "11: expected the file of 143 bytes that was opened, found it changed since then (0 bytes)");
    CHECK(change([](record_files& f) { std::filesystem::resize_file(f.paths[1], 60); }) ==
          "11: expected the file of 143 bytes that was opened, found it changed since then (60 bytes)");
    CHECK(change([](record_files& f) { std::ofstream(f.paths[1], std::ios::app | std::ios::binary) << "more"; }) ==
          "11: expected the file of 143 bytes that was opened, found it changed since then (147 bytes)");
    // Overwrite bytes in place, so that the length stays the same.
    CHECK(change([](record_files& f) {
            std::fstream file(f.paths[1], std::ios::in | std::ios::out | std::ios::binary);
            for (int r = 0; r < 11; ++r) file.seekp(13 * r).put(static_cast<char>(200));
          }) == "11: expected the file of 143 bytes that was opened, found it changed since then (143 bytes)");
    // A file that is moved away or replaced is still open, so the stream reads its old content.
    CHECK(change([](record_files& f) { std::filesystem::remove(f.paths[1]); }) == "no error");
  }

  TEST_CASE("a label is looked at where it is used") {
    const folder where;
    std::string records(26, '\1');
    const std::string path = where.write("labels", records);
    const auto when = std::filesystem::last_write_time(path);
    image_stream data(record_of_13, {path});
    records[13] = 12;
    where.write("labels", records);
    std::filesystem::last_write_time(path, when);  // simulates a file system with coarse times
    network<bytes_as_they_are> net;
    std::vector<int> labels;
    data.begin({.stream = minnow::random(seed{3}), .shuffles = false, .batch = 2});
    CHECK_THROWS_WITH_AS(data.into(net, 0, labels), (path + ": expected labels 0 to 11, found 12 in record 1").c_str(),
                         error);
  }

  TEST_CASE("more files than a program may have open at once") {
    const folder where;
    std::vector<std::string> paths;
    for (int n = 0; n < 300; ++n)
      paths.push_back(where.write(std::to_string(n), std::string(13, static_cast<char>(n % 12))));
    image_stream data(record_of_13, paths);
    network<bytes_as_they_are> net;
    std::vector<int> labels, seen(12);
    for (int epoch = 0; epoch < 3; ++epoch) {
      data.begin({.stream = minnow::random(seed{3}).stream(static_cast<std::uint64_t>(epoch)), .batch = 6});
      for (int step = 0; step < 50; ++step) {
        data.into(net, step, labels);
        for (const int label : labels) ++seen[static_cast<std::size_t>(label)];
      }
    }
    CHECK(seen == std::vector<int>(12, 75));
    // A file that was replaced while it was closed is refused when it is opened again.
    for (int n = 0; n < 300; ++n) {
      where.write("new", std::string(13, '\1'));
      std::filesystem::rename(where.path("new"), paths[static_cast<std::size_t>(n)]);
    }
    data.begin({.stream = minnow::random(seed{3}), .batch = 300});
    CHECK_THROWS_WITH_AS(data.into(net, 0, labels),
                         doctest::Contains("expected the file of 13 bytes that was opened, found it changed"), error);
  }

  TEST_CASE("large records are read by their labels alone, and give the same") {
    const folder where;
    constexpr record_format large{
        .dimensions = {100, 100, 2}, .classes = 300, .label_bytes = 3, .label_at = 1, .label_width = 2};
    std::string records;
    for (int n = 0; n < 5; ++n) {
      records += std::string{'\7', static_cast<char>(n), static_cast<char>(n % 2)};
      records += std::string(20000, static_cast<char>(n));
    }
    image_stream data(large, {where.write("large", records)});
    struct large_images : model<image<2, 100, 100>, hard_tanh> {};
    network<large_images> net;
    std::vector<int> labels;
    data.begin({.stream = minnow::random(seed{3}), .shuffles = false, .batch = 5});
    data.into(net, 0, labels);
    CHECK(labels == std::vector<int>{0, 257, 2, 259, 4});
    records[2 * 20003 + 2] = 2;
    CHECK_THROWS_WITH_AS(image_stream(large, {where.write("wrong", records)}),
                         doctest::Contains("expected labels 0 to 299, found 514 in record 2"), error);
  }

  TEST_CASE("formats and epochs that make no sense, and batches without an epoch") {
    const record_files files;
    for (const record_format odd :
         {record_format{.dimensions = {-3, -2, 2}, .classes = 12},
          {.dimensions = {1 << 16, 1 << 16, 1}, .classes = 12},
          {.dimensions = {3, 2, 2}, .classes = 12, .label_at = std::numeric_limits<int>::max()},
          {.dimensions = {3, 2, 2}, .classes = 0},
          {.dimensions = {3, 2, 2}, .classes = 12, .label_bytes = -1}})
      CHECK_THROWS_AS(image_stream(odd, files.paths), error);
    CHECK_THROWS_AS(image_stream(record_of_13, files.paths, {.window = 0}), error);
    CHECK_THROWS_AS(image_stream(record_of_13, files.paths, {.prefetch = -1}), error);
    CHECK_THROWS_WITH_AS(image_stream(record_of_13, {files.where.path()}),
                         (files.where.path() + ": expected a file, found a folder").c_str(), error);
    image_stream data(record_of_13, files.paths);
    network<bytes_as_they_are> net;
    std::vector<int> labels;
    CHECK_THROWS_WITH_AS(
        data.into(net, 0, labels),
        "image_stream: expected a batch of an epoch that has begun, found no more of them: begin one first", error);
    CHECK_THROWS_AS(data.begin({.batch = 0}), error);
    CHECK_THROWS_AS(data.begin({.batch = 6, .part = {2, 2}}), error);
    CHECK_THROWS_AS(data.begin({.batch = 6, .first_step = 5}), error);
    data.begin({.batch = std::numeric_limits<int>::max()});
    data.into(net, 0, labels);
    CHECK(labels.size() == 23);
    CHECK_THROWS_AS(data.into(net, 0, labels), error);  // the epoch has only one batch
  }

  TEST_CASE("labels of two bytes") {
    const folder where;
    const std::string path = where.path("records");
    std::ofstream(path, std::ios::binary) << "x\xe7\3" << std::string(12, '\1') << "x\2\1" << std::string(12, '\2');
    network<bytes_as_they_are> net;
    std::vector<int> labels;
    const record_format format{
        .dimensions = {3, 2, 2}, .classes = 1000, .label_bytes = 3, .label_at = 1, .label_width = 2};
    image_stream data(format, {path});
    data.begin({.stream = minnow::random(seed{3}), .shuffles = false, .batch = 2});
    data.into(net, 0, labels);
    CHECK(labels == std::vector{999, 258});
    record_format fewer = format;
    fewer.classes = 999;
    CHECK(refusal({path}, {}, fewer) == path + ": expected labels 0 to 998, found 999 in record 0");
  }

  TEST_CASE("an epoch may be given up, and batches are in order") {
    const record_files files;
    network<bytes_as_they_are> net;
    std::vector<int> labels;
    image_stream data(record_of_13, files.paths);
    for (int i = 0; i < 50; ++i) data.begin({.stream = minnow::random(seed{3}), .batch = 6});
    CHECK_THROWS_WITH_AS(data.into(net, 1, labels), "image_stream: expected batch 0, the next one, found 1", error);
    data.into(net, 1, labels);
    CHECK(labels.size() == 6);
    CHECK_THROWS_WITH_AS(data.into(net, 4, labels), "image_stream: expected one of 4 batches, found number 4", error);
  }
}
