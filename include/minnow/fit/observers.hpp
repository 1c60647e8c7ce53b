#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/history.hpp>

/// Ready observers of a run. They hold no state: at each epoch's end, `fit` gives them the events of all finished
/// epochs, also those before the run was resumed. So a resumed run ends as if it had never been interrupted. If several
/// processes share the run, only rank 0 writes files.
namespace minnow {

/// Calls several observers, one after the other. The run stops if one of them returns false.
///
///   fit(net, data, adam{}, linear{}, options, observers{keep_best{"best.network"}, stop_early{.patience = 5}});
template <class... Each>
class observers {
public:
  explicit observers(Each... each) : each_(std::move(each)...) {}

  template <class Network>
  bool operator()(const event& e, Network& net, const std::vector<event>& epochs) {
    bool goes_on = true;
    std::apply([&](Each&... one) { ((goes_on = detail::observed(one, e, net, epochs) && goes_on), ...); }, each_);
    return goes_on;
  }

private:
  std::tuple<Each...> each_;
};

/// Writes the network to a file at the end of each epoch whose `validation_accuracy` is above that of all earlier
/// epochs. With an average of the weights (`fit_options::average`), the file holds the averages. To continue with the
/// best network, read the file:
///
///   net = load<network<my_model, aqe>>("best.network");
///   reestimate_batch_norm(net, data);      // not needed if alpha was 1, or with an average
///
/// throws  a run without `.validation`; a file that cannot be written
struct keep_best {
  std::string path;

  template <class Network>
  void operator()(const event& e, const Network& net, const std::vector<event>& epochs) const {
    if (!is_best(e, epochs)) return;
    const Network copy = net;  // saving measures the states of quantizers, which must not change the run
    save(copy, path);
  }

private:
  [[nodiscard]] static bool is_best(const event& e, const std::vector<event>& epochs);
};

/// Stops the run after `patience` epochs in a row whose `validation_accuracy` is not above the best one so far by more
/// than `min_gain`.
///
/// throws  a run without `.validation`; a patience below 1
struct stop_early {
  int patience = 5;     ///< epochs, at least 1
  double min_gain = 0;  ///< at least 0

  template <class Network>
  [[nodiscard]] bool operator()(const event& e, const Network&, const std::vector<event>& epochs) const {
    return goes_on(e, epochs);
  }

private:
  [[nodiscard]] bool goes_on(const event& e, const std::vector<event>& epochs) const;
};

/// Writes a table of all finished epochs, as comma-separated values with a row of names, at each epoch's end. An
/// existing file is replaced.
///
/// throws  a file that cannot be written
struct csv_log {
  std::string path;

  template <class Network>
  void operator()(const event& e, const Network&, const std::vector<event>& epochs) const {
    if (e.epoch_end && e.rank == 0) write(epochs);
  }

private:
  void write(const std::vector<event>& epochs) const;
};

/// Writes the scalars of each finished epoch to a file that TensorBoard reads, `events.out.tfevents.minnow` in a
/// folder: loss, accuracy, both validation accuracies (in a run with `.validation`), alpha and rate, by epoch. Use one folder
/// for each run. Records of an earlier run in the file are replaced.
///
/// throws  a folder that cannot be created, a file that cannot be read or written
struct tensorboard_log {
  std::string folder;

  template <class Network>
  void operator()(const event& e, const Network&, const std::vector<event>& epochs) const {
    if (e.epoch_end && e.rank == 0) write(epochs);
  }

private:
  void write(const std::vector<event>& epochs) const;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/observers.ipp>
#endif
