#pragma once

#include <minnow/files/checkpoint.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/files/check_states.hpp>
#include <minnow/files/container.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

/// The sections of a checkpoint, in file order. The normalization has its two sections even if the network does not
/// normalize its images.
struct checkpoint_sections {
  std::vector<std::uint64_t> facts;
  normalization input;
  std::vector<file_section> all;

  explicit checkpoint_sections(run_parts& run) {
    for (const run_fact& f : run.facts) facts.push_back(f.value);
    input = run.net.input_normalization().of_channels(run.net.input().channels);
    for (const std::span<std::byte> bytes :
         {std::as_writable_bytes(std::span(facts)), std::as_writable_bytes(run.position),
          std::as_writable_bytes(std::span(run.epochs))})
      all.emplace_back(bytes);
    all.emplace_back("", "mean", input.mean);
    all.emplace_back("", "stddev", input.stddev);
    run.net.checkpoint_arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      all.emplace_back(path, name, values);
    });
    for (auto& m : run.moments) all.emplace_back(std::as_writable_bytes(std::span(m)));
  }
};

/// Finds the number of finished epochs in a file, which determines the file's length. Refuses a file of another run.
MINNOW_COLD status check_run(std::span<const std::byte> file, const char* path, const run_parts& run,
                             const checkpoint_sections& without_epochs, std::span<const std::size_t> lengths,
                             std::size_t& epochs) {
  const std::size_t sections = lengths.size();
  const expected_model model{run.net.fingerprint(), without_epochs.all};
  if (const status s = check_head(file, path, file_kind::checkpoint, model, lengths, file_header + 8 * sections); !s)
    return s;
  if (const status s = check_bytes(file, path, get<std::uint64_t>(file, 24)); !s) return s;
  const std::size_t first = round_up(file_header + 8 * sections, 64);
  const std::size_t facts = 8 * run.facts.size();
  if (get<std::uint32_t>(file, 32) != sections || file.size() < first + facts)
    return status::failure("%s: expected %zu sections, found %u", path, sections, get<std::uint32_t>(file, 32));
  if (const auto found = get<std::uint64_t>(file, file_header); found != facts)
    return status::failure(
        "%s: expected a checkpoint of this run, with %zu facts (one for each option in use); found another run's, with "
        "%llu",
        path, run.facts.size(), static_cast<unsigned long long>(found / 8));
  for (std::size_t i = 0; i < run.facts.size(); ++i)
    if (const auto found = get<std::uint64_t>(file, first + 8 * i); found != run.facts[i].value)
      return status::failure("%s: expected a checkpoint of this run, with %s %llu; found another run's, with %llu",
                             path, run.facts[i].name, static_cast<unsigned long long>(run.facts[i].value),
                             static_cast<unsigned long long>(found));
  const auto history = get<std::uint64_t>(file, file_header + 16);
  const std::size_t one = run.epoch_numbers * sizeof(double);
  if (history % one != 0 || history / one > run.most_epochs)
    return status::failure("%s: expected at most %zu epochs of %zu bytes, found %llu bytes", path, run.most_epochs, one,
                           static_cast<unsigned long long>(history));
  epochs = index(history) / one;
  return {};
}

/// Checks the optimizer's moments in a file whose lengths have been checked.
MINNOW_COLD status check_moments(std::span<const std::byte> file, const char* path, run_parts& run,
                                 std::span<const std::size_t> offsets) {
  std::size_t section = offsets.size() - 1 - run.moments.size();  // the last offset is the file's end
  std::size_t parameter = 0;
  status outcome;
  const auto moments = index(run.moment_count);
  run.net.parameters([&](std::string_view layer, const minnow::parameter& p) {
    if (!outcome || parameter == run.moments.size()) return;
    const std::size_t one = run.moments[parameter++].size() / moments * sizeof(float);
    const std::string name = "moments of " + std::string(p.name);
    for (std::size_t n = 0; n < moments && outcome; ++n)
      outcome =
          check_numbers(path, layer, name, file.subspan(offsets[section] + n * one, one),
                        run.is_square && run.is_square(static_cast<int>(n)) ? domain::not_negative : domain::finite);
    ++section;
  });
  return outcome;
}

MINNOW_COLD status write_checkpoint(const char* path, run_parts run) noexcept {
  return within_memory(path, [&] {
    const checkpoint_sections sections(run);
    return write_container(path, file_kind::checkpoint, run.net.fingerprint(), sections.all,
                           [&](std::span<const std::byte> file, std::span<const std::size_t> offsets) -> status {
                             if (const status s = check_sections(file, path, sections.all, offsets); !s) return s;
                             return run.net.check_states(path);
                           });
  });
}

/// Reads the bytes of a checkpoint whose header fits this run. Memory use grows with the length of the file, not with
/// the number of epochs still to come.
MINNOW_COLD status read_bytes_of_run(const char* path, const run_parts& run, const checkpoint_sections& without_epochs,
                                     std::span<const std::size_t> lengths, std::vector<std::byte>& file) {
  minnow::plain::file opened;
  if (status s = opened.open(path, false); !s) return s;
  const std::size_t head = file_header + 8 * lengths.size();
  if (status s = read_up_to(opened, head, file); !s) return s;
  if (status s =
          check_head(file, path, file_kind::checkpoint, {run.net.fingerprint(), without_epochs.all}, lengths, head);
      !s)
    return s;
  if (opened.length() != unknown_length) {
    const auto said = get<std::uint64_t>(file, 24);
    if (status s = check_length(path, opened.length(), said, said); !s) return s;
  }
  // The limit is doubled, so that the file of an optimizer with more moments is read completely and then refused
  // because of its moments, not because of its length.
  const std::uint64_t epochs = std::uint64_t{run.most_epochs} * run.epoch_numbers * sizeof(double);
  return read_whole(path, 2 * (section_offsets(lengths).back() + epochs + file_header), file);
}

MINNOW_COLD status read_checkpoint(const char* path, run_parts run) noexcept {
  run.epochs.clear();
  const status outcome = reading(path, a_minnow_file, [&]() -> status {
    std::vector<std::byte> file;
    std::size_t epochs = 0;
    {
      const checkpoint_sections without_epochs(run);
      const auto lengths = lengths_of(without_epochs.all);
      if (const status s = read_bytes_of_run(path, run, without_epochs, lengths, file); !s) return s;
      if (const status s = check_run(file, path, run, without_epochs, lengths, epochs); !s) return s;
    }
    run.epochs.resize(run.epoch_numbers * epochs);
    checkpoint_sections sections(run);
    const auto lengths = lengths_of(sections.all);
    const auto offsets = section_offsets(lengths);
    if (const status s =
            check_container(file, path, file_kind::checkpoint, {run.net.fingerprint(), sections.all}, lengths);
        !s)
      return s;
    if (const status s = check_sections(file, path, sections.all, offsets); !s) return s;
    if (const status s = check_states(file, path, sections.all, offsets, run.net); !s) return s;
    if (const status s = check_moments(file, path, run, offsets); !s) return s;
    // Position and epochs are checked before the network's arrays are overwritten.
    std::vector<double> position(run.position.size());
    const auto copy = [&](std::size_t section, std::span<double> to) {
      if (!to.empty()) std::memcpy(to.data(), file.data() + offsets[section], to.size_bytes());
    };
    copy(1, position);
    copy(2, run.epochs);
    if (run.check)
      if (const status s = run.check(position, run.epochs); !s) return s;
    take_sections(file, sections.all, offsets);
    run.net.normalize(std::move(sections.input));
    return {};
  });
  if (!outcome) run.epochs.clear();
  return outcome;
}

}  // namespace minnow::detail
