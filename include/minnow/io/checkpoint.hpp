#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <minnow/core/normalisation.hpp>
#include <minnow/io/container.hpp>
#include <minnow/train/untyped_network.hpp>

/// Files of runs that are under way. Sections: what tells one run from another, where it stands, the epochs that are
/// done, the mean and the deviation of each image channel, every array of every layer as it is in the middle of a run,
/// the optimizer's moments of every parameter.
namespace minnow::detail {

/// Something that must be the same when a run goes on.
struct run_fact {
  const char* name;
  std::uint64_t value;
};

/// A run as a file sees it.
struct run_parts {
  untyped_network& net;
  std::span<const run_fact> facts;
  std::span<double> position;
  std::vector<double>& epochs;  ///< `epoch_numbers` for each epoch that is done
  std::size_t epoch_numbers;
  std::size_t most_epochs;
  std::vector<std::vector<float>>& moments;  ///< of each parameter in order
};

/// What stands in a checkpoint, in order. The normalisation has a place even where the network does nothing to its images.
struct checkpoint_sections {
  std::vector<std::uint64_t> facts;
  normalisation input;
  std::vector<std::span<std::byte>> all;
  std::vector<section_label> labels;  ///< of sections up to the moments

  explicit checkpoint_sections(run_parts& run) {
    for (const run_fact& f : run.facts) facts.push_back(f.value);
    input = run.net.input_normalisation().of_channels(run.net.input().channels);
    all = {std::as_writable_bytes(std::span(facts)), std::as_writable_bytes(run.position), std::as_writable_bytes(std::span(run.epochs)),
           std::as_writable_bytes(std::span(input.mean)), std::as_writable_bytes(std::span(input.deviation))};
    labels.resize(all.size());
    run.net.arrays_under_way([&](std::string_view path, std::string_view array, std::span<float> values) {
      all.push_back(std::as_writable_bytes(values));
      labels.push_back({path, array});
    });
    for (auto& m : run.moments) all.push_back(std::as_writable_bytes(std::span(m)));
  }
};

/// Finds the number of finished epochs in a file, which its length depends on, and refuses another run's.
inline status check_run(std::span<const std::byte> file, const char* path, const run_parts& run, std::span<const std::size_t> lengths,
                        std::span<const section_label> labels, std::size_t& epochs) noexcept {
  const std::size_t sections = lengths.size();
  const expected_model model(run.net.fingerprint(), labels, nullptr);
  if (const status s = check_head(file, path, file_kind::checkpoint, model, lengths, file_header + 8 * sections); !s) return s;
  if (const status s = check_bytes(file, path, get<std::uint64_t>(file, 24)); !s) return s;
  const std::size_t first = round_up(file_header + 8 * sections, 64);
  const std::size_t facts = 8 * run.facts.size();
  if (get<std::uint32_t>(file, 32) != sections || file.size() < first + facts)
    return status::failure("%s: expected %zu sections, found %u", path, sections, get<std::uint32_t>(file, 32));
  if (const auto found = get<std::uint64_t>(file, file_header); found != facts)
    return status::failure("%s: expected %zu bytes in section 0, found %llu", path, facts, static_cast<unsigned long long>(found));
  for (std::size_t i = 0; i < run.facts.size(); ++i)
    if (const auto found = get<std::uint64_t>(file, first + 8 * i); found != run.facts[i].value)
      return status::failure("%s: expected a checkpoint of this run, with %s %llu; found another's, with %llu", path, run.facts[i].name,
                             static_cast<unsigned long long>(run.facts[i].value), static_cast<unsigned long long>(found));
  const auto history = get<std::uint64_t>(file, file_header + 16);
  const std::size_t one = run.epoch_numbers * sizeof(double);
  if (history % one != 0 || history / one > run.most_epochs)
    return status::failure("%s: expected at most %zu epochs of %zu bytes, found %llu bytes", path, run.most_epochs, one, static_cast<unsigned long long>(history));
  epochs = static_cast<std::size_t>(history) / one;
  return {};
}

/// Writes a run as it stands, whole or not at all.
[[nodiscard]] inline status write_checkpoint(const char* path, run_parts run) noexcept {
  const checkpoint_sections sections(run);
  const std::vector<std::span<const std::byte>> bytes(sections.all.begin(), sections.all.end());
  return write_container(path, file_kind::checkpoint, run.net.fingerprint(), bytes);
}

/// Puts a run back to where it stood; nothing is changed unless all of the file is sound and this run's.
[[nodiscard]] inline status read_checkpoint(const char* path, run_parts run) noexcept {
  const auto numbers = run.epoch_numbers;
  run.epochs.assign(numbers * run.most_epochs, 0.0);
  std::vector<std::byte> file;
  {
    const checkpoint_sections longest(run);
    std::vector<std::size_t> lengths;
    for (const auto& s : longest.all) lengths.push_back(s.size());
    std::size_t epochs = 0;
    // A file of an optimizer with more moments is longer, and is to be refused for that reason.
    status s = read_whole(path, 2 * section_offsets(lengths).back(), file);
    if (s) s = check_run(file, path, run, lengths, longest.labels, epochs);
    run.epochs.resize(s ? numbers * epochs : 0);
    if (!s) return s;
  }
  checkpoint_sections sections(run);
  if (const status s = read_container(file, path, file_kind::checkpoint, run.net.fingerprint(), sections.all); !s) {
    run.epochs.clear();
    return s;
  }
  run.net.normalise(std::move(sections.input));
  return {};
}

}  // namespace minnow::detail
