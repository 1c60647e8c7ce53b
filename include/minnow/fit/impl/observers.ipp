#pragma once

#include <minnow/fit/observers.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/fit/event_file.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow {

namespace detail {

/// Refuses a run without validation images.
MINNOW_COLD void check_validation(const event& e, const char* who) {
  if (e.validation_images == 0) require(status::failure("%s: expected a run with .validation, found one without", who));
}

/// Appends the shortest decimal number that gives the same double, in every locale.
MINNOW_COLD void append_decimal(std::string& to, double number) {
  char digits[40];
  to.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace detail

MINNOW_COLD bool keep_best::is_best(const event& e, const std::vector<event>& epochs) {
  if (!e.epoch_end) return false;
  detail::check_validation(e, "keep_best");
  return e.rank == 0 && std::all_of(epochs.begin(), epochs.end() - 1, [&](const event& earlier) {
           return earlier.validation_accuracy < e.validation_accuracy;
         });
}

MINNOW_COLD bool stop_early::goes_on(const event& e, const std::vector<event>& epochs) const {
  if (!e.epoch_end) return true;
  detail::check_validation(e, "stop_early");
  if (patience < 1 || !(min_gain >= 0))
    require(
        status::failure("stop_early: expected a patience of at least 1 and a min_gain of at least 0, found %d and %g",
                        patience, min_gain));
  double best = epochs.front().validation_accuracy;
  int best_epoch = epochs.front().epoch;
  for (const event& one : epochs)
    if (one.validation_accuracy > best + min_gain) {
      best = one.validation_accuracy;
      best_epoch = one.epoch;
    }
  return e.epoch - best_epoch < patience;
}

MINNOW_COLD void csv_log::write(const std::vector<event>& epochs) const {
  std::string table = "epoch,step,loss,accuracy,validation_accuracy_blended,validation_accuracy,alpha,rate,seconds\n";
  for (const event& e : epochs) {
    table += std::to_string(e.epoch) + ',' + std::to_string(e.step);
    for (const double number : {e.loss, e.accuracy, e.validation_accuracy_blended, e.validation_accuracy,
                                static_cast<double>(e.alpha), static_cast<double>(e.rate), e.seconds}) {
      table += ',';
      detail::append_decimal(table, number);
    }
    table += '\n';
  }
  require(detail::write_whole(detail::c_path(path), std::as_bytes(std::span(table))));
}

MINNOW_COLD void tensorboard_log::write(const std::vector<event>& epochs) const {
  std::error_code failed;
  std::filesystem::create_directories(detail::c_path(folder), failed);
  if (failed)
    require(
        status::failure("%s: expected a folder for TensorBoard, found: %s", folder.c_str(), failed.message().c_str()));
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::vector<detail::planned_event> events{{.time = now}};
  for (const event& e : epochs) {
    detail::planned_event& one = events.emplace_back();
    one.step = e.epoch;
    one.time = now - std::max(epochs.back().seconds - e.seconds, 0.0);
    const auto add = [&](const char* name, double value) { one.scalars.push_back({name, static_cast<float>(value)}); };
    add("loss", e.loss);
    add("accuracy", e.accuracy);
    if (e.validation_images > 0) {
      add("validation_accuracy_blended", e.validation_accuracy_blended);
      add("validation_accuracy", e.validation_accuracy);
    }
    add("alpha", static_cast<double>(e.alpha));
    add("rate", static_cast<double>(e.rate));
  }
  require(detail::write_events(folder + "/events.out.tfevents.minnow", events));
}

}  // namespace minnow
