#pragma once

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/fit/ranks.hpp>

namespace minnow {

/// Options of `data_parallel`.
struct data_parallel_options {
  bool synchronized_statistics =
      false;            ///< true: batch norm and input quantizers measure the whole batch; false: only the rank's part
  double timeout = 60;  ///< seconds that a rank waits for the others in a collective operation
  std::size_t bucket_bytes = 1 << 20;  ///< bytes of gradients in one all-reduce
};

/// The processes of an MPI communicator that train one network together. Pass this object to `fit` in the options:
/// {.ranks = &ranks}.
///
/// Each batch is divided among the ranks. Their gradients are summed by non-blocking all-reduces during the backward
/// pass. Repeating a run with the same number of ranks gives a bit-identical result.
///
/// requires  MPI_Init_thread with MPI_THREAD_FUNNELED or higher, if the program uses several threads; MPI_Finalize only
///           after this object is destroyed; calls only from the thread that initialized MPI; one run at a time
/// throws    if MPI is not initialized; if a rank fails or does not answer for `timeout` seconds. An MPI program cannot
///           continue without a rank: end it with MPI_Abort, since MPI_Finalize may wait forever
class data_parallel final : public ranks {
public:
  explicit data_parallel(MPI_Comm communicator, data_parallel_options options = {})
      : options_(options), state_(std::make_unique<state>()), exceptions_(std::uncaught_exceptions()) {
    int initialized = 0, finalized = 0, level = 0;
    if (MPI_Initialized(&initialized); initialized != 0) MPI_Finalized(&finalized);
    if (initialized == 0 || finalized != 0)
      require(status::failure("data_parallel: expected MPI between MPI_Init_thread and MPI_Finalize, found it %s",
                              finalized != 0 ? "finalized" : "not initialized"));
    MPI_Query_thread(&level);
    if (level < MPI_THREAD_FUNNELED && threads() > 1)
      require(status::failure(
          "data_parallel: expected MPI_THREAD_FUNNELED of MPI_Init_thread for %d threads, found MPI_THREAD_SINGLE",
          threads()));
    if (!(options_.timeout > 0))
      require(status::failure("data_parallel: expected a timeout above 0 s, found %g s", options_.timeout));
    check(MPI_Comm_dup(communicator, &state_->all), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(state_->all, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(state_->all, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(state_->all, &size_), "MPI_Comm_size");
  }
  data_parallel(const data_parallel&) = delete;
  data_parallel& operator=(const data_parallel&) = delete;

  /// Never waits. Notifies the other ranks if an exception destroys the object. Does not free the memory of pending
  /// sums, which MPI may still use.
  ~data_parallel() {
    if (std::uncaught_exceptions() > exceptions_)
      failed(status::failure("data_parallel: expected all %d ranks to continue, found rank %d ended by an exception",
                             size_, rank_)
                 .message());
    if (state_->under_way.empty() && !broken_) MPI_Comm_free(&state_->all);
    else (void)state_.release();
  }

  [[nodiscard]] int rank() const noexcept override { return rank_; }
  [[nodiscard]] int size() const noexcept override { return size_; }
  [[nodiscard]] bool synchronized_statistics() const noexcept override { return options_.synchronized_statistics; }
  [[nodiscard]] std::size_t bucket() const noexcept override { return options_.bucket_bytes / sizeof(float); }
  [[nodiscard]] const data_parallel_options& options() const noexcept { return options_; }

  /// Bytes that this rank has contributed to sums so far.
  [[nodiscard]] std::uint64_t summed_bytes() const noexcept { return summed_bytes_; }

  void sum(std::span<double> numbers) override { reduce(numbers, MPI_SUM); }
  [[nodiscard]] double largest(double number) override {
    reduce({&number, 1}, MPI_MAX);
    return number;
  }

  void broadcast(std::span<std::byte> bytes) override {
    for (std::size_t first = 0; first < bytes.size(); first += most_bytes) {
      const std::size_t count = std::min(bytes.size() - first, most_bytes);
      state_->bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(first),
                           bytes.begin() + static_cast<std::ptrdiff_t>(first + count));
      check(MPI_Ibcast(state_->bytes.data(), static_cast<int>(count), MPI_BYTE, 0, state_->all, begin()), "MPI_Ibcast");
      finish();
      std::copy(state_->bytes.begin(), state_->bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(first));
    }
  }

  [[nodiscard]] std::span<float> room(std::size_t floats) override {
    state_->gradients.resize(floats);
    return state_->gradients;
  }
  void start_sum(std::size_t first, std::size_t count) override {
    summed_bytes_ += count * sizeof(float);
    while (count > 0) {
      const std::size_t part = std::min<std::size_t>(count, INT_MAX);
      float* from = state_->gradients.data() + first;
      check(MPI_Iallreduce(MPI_IN_PLACE, from, static_cast<int>(part), MPI_FLOAT, MPI_SUM, state_->all, begin()),
            "MPI_Iallreduce");
      first += part;
      count -= part;
    }
  }
  void progress() override { (void)all_done(state_->under_way); }
  void finish() override { wait(state_->under_way); }

  void failed(const char* why) noexcept override {
    if (told_) return;
    told_ = broken_ = true;
    // MPI sends messages of at most `most_text` bytes immediately, and any rank that waits for this rank receives them.
    // If a message cannot be sent, the other rank receives no answer and fails after its timeout.
    const std::size_t length = std::min(std::strlen(why), most_text);
    state_->why.assign(why, length);
    for (int to = 0; to < size_; ++to) {
      if (to == rank_) continue;
      MPI_Request sent = MPI_REQUEST_NULL;
      int done = 0;
      if (MPI_Isend(state_->why.data(), static_cast<int>(length), MPI_CHAR, to, failure_tag, state_->all, &sent) ==
          MPI_SUCCESS)
        MPI_Test(&sent, &done, MPI_STATUS_IGNORE);
    }
  }

private:
  static constexpr std::size_t most_text = 511;
  static constexpr std::size_t most_bytes = std::size_t{1} << 26;
  static constexpr int failure_tag = 1;

  /// Memory that MPI may still use when the `data_parallel` object is destroyed; the destructor then does not free it.
  struct state {
    MPI_Comm all = MPI_COMM_NULL;
    std::vector<MPI_Request> under_way;
    std::vector<MPI_Request> apart;  ///< requests of `reduce`
    std::vector<float> gradients;
    std::vector<double> numbers;
    std::vector<std::byte> bytes;
    std::string why;
  };

  MPI_Request* begin() { return &state_->under_way.emplace_back(MPI_REQUEST_NULL); }

  void reduce(std::span<double> numbers, MPI_Op operation) {
    summed_bytes_ += numbers.size_bytes();
    state_->numbers.assign(numbers.begin(), numbers.end());
    check(MPI_Iallreduce(MPI_IN_PLACE, state_->numbers.data(), static_cast<int>(numbers.size()), MPI_DOUBLE, operation,
                         state_->all, &state_->apart.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Iallreduce");
    wait(state_->apart);
    std::copy(state_->numbers.begin(), state_->numbers.end(), numbers.begin());
  }

  /// Returns true if all requests are complete. The call also lets MPI make progress on pending operations; some
  /// implementations make progress only during calls.
  bool all_done(std::vector<MPI_Request>& requests) {
    int done = 1;
    check(MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    return done != 0;
  }

  void wait(std::vector<MPI_Request>& requests) {
    using clock = std::chrono::steady_clock;
    if (broken_) require(status::failure("data_parallel: expected ranks whose run has not failed, found a failed run"));
    const auto began = clock::now();
    while (!all_done(requests)) {
      hear();
      // Short waits spin, for a low latency. Longer waits sleep, so that ranks that share a core can run.
      const auto waited = clock::now() - began;
      if (waited < std::chrono::microseconds(100)) std::this_thread::yield();
      else std::this_thread::sleep_for(std::chrono::microseconds(20));
      if (std::chrono::duration<double>(waited).count() > options_.timeout) {
        broken_ = true;
        require(
            status::failure("data_parallel: expected an answer from all %d ranks within %g s, found at least one "
                            "silent (rank %d waited)",
                            size_, options_.timeout, rank_));
      }
    }
    requests.clear();
  }

  /// Checks whether another rank has reported a failure.
  ///
  /// throws  the error that the rank has reported
  void hear() {
    int there = 0, length = 0;
    MPI_Status message;
    check(MPI_Iprobe(MPI_ANY_SOURCE, failure_tag, state_->all, &there, &message), "MPI_Iprobe");
    if (there == 0) return;
    check(MPI_Get_count(&message, MPI_CHAR, &length), "MPI_Get_count");
    std::string why(index(length), ' ');
    check(MPI_Recv(why.data(), length, MPI_CHAR, message.MPI_SOURCE, failure_tag, state_->all, MPI_STATUS_IGNORE),
          "MPI_Recv");
    told_ = broken_ = true;
    throw error(why);
  }

  void check(int code, const char* function) {
    if (code == MPI_SUCCESS) return;
    broken_ = true;
    char text[MPI_MAX_ERROR_STRING + 1] = {};
    int length = 0;
    MPI_Error_string(code, text, &length);
    require(status::failure("data_parallel: %s failed on rank %d of %d: %s", function, rank_, size_, text));
  }

  data_parallel_options options_;
  std::unique_ptr<state> state_;
  int exceptions_;
  int rank_ = 0;
  int size_ = 1;
  std::uint64_t summed_bytes_ = 0;
  bool broken_ = false;  ///< true if a rank has failed: pending operations may never complete
  bool told_ = false;    ///< true if all ranks have been notified of the failure
};

}  // namespace minnow
