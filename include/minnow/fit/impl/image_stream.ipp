#pragma once

#include <minnow/fit/image_stream.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <span>
#include <thread>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/files/container.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/watched_file.hpp>

namespace minnow {

/// Reads the files of a stream: opens them, and prepares the batches of an epoch on a separate thread.
class image_stream::reader {
public:
  reader(record_format format, const std::vector<std::string>& files, stream_options options)
      : format_(format), options_(options) {
    if (!format_.makes_sense())
      require(status::failure(
          "image_stream: expected an image's dimensions, 1 or 2 label bytes among the bytes before the image, "
          "and 1 to 256 or "
          "65536 classes, found %dx%dx%d, bytes %d to %lld of %d, %d classes",
          format_.dimensions.height, format_.dimensions.width, format_.dimensions.channels, format_.label_at,
          static_cast<long long>(format_.label_at) + format_.label_width - 1, format_.label_bytes, format_.classes));
    if (options_.window < 1 || options_.prefetch < 1)
      require(status::failure("image_stream: expected a window and a prefetch of at least 1, found %d and %d",
                              options_.window, options_.prefetch));
    for (const std::string& path : files) {
      detail::watched_file file;
      const status outcome = open(path, file);
      if (!outcome && !options_.skip_corrupt) require(outcome);
      if (!outcome) skipped_.emplace_back(outcome.message());
      else files_.push_back(std::move(file));
    }
    std::size_t records = 0;
    for (const detail::watched_file& f : files_) {
      first_records_.push_back(static_cast<int>(records));
      records += index(f.size()) / format_.bytes();
    }
    if (records == 0 || records > 0x7fffffff)
      require(status::failure("image_stream: expected 1 to 2147483647 records, found %zu in %zu files (%zu skipped)",
                              records, files.size(), skipped_.size()));
    size_ = static_cast<int>(records);
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() { stop(); }

  [[nodiscard]] const std::vector<std::string>& skipped() const noexcept { return skipped_; }

  [[nodiscard]] int size() const { return size_; }
  void check(const network_base& net, const char* who) const {
    const shape s = net.input(), d = format_.dimensions;
    if (d != s)
      require(status::failure(
          "%s: expected images of %dx%dx%d (height, width, channels: the model's input), found %dx%dx%d", who, s.height,
          s.width, s.channels, d.height, d.width, d.channels));
    if (format_.classes > net.outputs())
      require(status::failure("%s: expected at most %d classes (the model's outputs), found %d", who, net.outputs(),
                              format_.classes));
  }
  [[nodiscard]] std::uint64_t checksum() const { return checksum_; }

  void set_changes(detail::image_changes<std::uint8_t> changes) { training_changes_ = std::move(changes); }

  void begin(const detail::epoch& of) {
    const auto& [stream, augments, shuffle, batch, s, first_step] = of;
    if (batch < 1 || s.of < 1 || s.index < 0 || s.index >= s.of || first_step < 0 ||
        first_step > ceil_div(size_, batch))
      require(
          status::failure("image_stream: expected a batch of at least 1, a share of all and one of their steps, found "
                          "batch %d, share %d of %d, step %d",
                          batch, s.index, s.of, first_step));
    stop();
    now_ = of;
    changes_ = augments ? training_changes_ : detail::image_changes<std::uint8_t>{};
    window_ = -1;
    shards_.resize(files_.size());
    std::iota(shards_.begin(), shards_.end(), std::size_t{0});
    if (shuffle) mix(shards_, stream.stream(0));
    ends_.clear();
    for (const std::size_t f : shards_)
      ends_.push_back((ends_.empty() ? 0 : ends_.back()) + static_cast<int>(files_[f].size() / format_.bytes()));
    ending_ = done_ = false;
    failure_ = nullptr;
    thread_ = std::thread([this, first = of.first_step] { read_ahead(first); });
  }

  void load(std::span<network_base* const> nets, int step, detail::targets& of) {
    if (step < 0 || step >= steps())
      require(status::failure("image_stream: expected one of %d batches, found number %d", steps(), step));
    std::unique_lock lock(guard_);
    changed_.wait(lock, [&] { return !ready_.empty() || done_; });
    if (ready_.empty() && failure_) std::rethrow_exception(failure_);
    if (ready_.empty())
      require(status::failure(
          "image_stream: expected a batch of an epoch that has begun, found no more of them: begin one first"));
    loaded now = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    if (now.step != step)
      require(status::failure("image_stream: expected batch %d, the next one, found %d", now.step, step));
    of = std::move(now.of);
    const auto size = index(format_.dimensions.size());
    const auto images = static_cast<int>(of.labels.size());
    for (network_base* const net : nets) {
      net->prepare(images);
      parallel_for(images, [&](int n) { net->put(n, now.images.data() + index(n) * size); });
    }
  }

private:
  [[nodiscard]] int steps() const noexcept { return ceil_div(size_, now_.batch); }

  struct loaded {
    int step = 0;
    std::vector<std::uint8_t> images;
    detail::targets of;
  };

  [[nodiscard]] status open(const std::string& path, detail::watched_file& file) {
    return detail::reading(detail::c_path(path), "records of images", [&]() -> status {
      std::vector<std::byte> labels;
      if (const status outcome = detail::read_labels(path, format_, file, labels); !outcome) return outcome;
      checksum_ = detail::crc32(labels, static_cast<std::uint32_t>(checksum_));
      return {};
    });
  }

  template <class Number>
  static void mix(std::vector<Number>& order, random r) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[index(r.below(static_cast<int>(i)))]);
  }

  /// Reads a record of this rank's part of the epoch's order.
  ///
  /// start    index of the part's first record in the epoch's order
  /// length   number of records in the part
  /// place    index of the record in the part
  /// returns  the number of the record among all records, file by file
  /// throws   if the record's file has changed, or its label is out of range
  int read_record(int start, int length, int place, std::vector<std::uint8_t>& to) {
    if (const int window = place / options_.window; window != window_) {
      window_ = window;
      const int first = window * options_.window;
      order_.resize(index(std::min(options_.window, length - first)));
      std::iota(order_.begin(), order_.end(), start + first);
      if (now_.shuffles) mix(order_, now_.stream.stream(0).stream(static_cast<std::uint64_t>(start + first) + 1));
    }
    const int at = order_[index(place - window_ * options_.window)];
    const auto shard = index(std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin());
    const int in_shard = at - (shard == 0 ? 0 : ends_[shard - 1]);
    detail::watched_file& file = files_[shards_[shard]];
    if (!file.is_open()) {
      // Closes the file that was opened first, because the system limits the number of open files of a process.
      if (open_.size() == most_open) {
        files_[open_.front()].close();
        open_.pop_front();
      }
      open_.push_back(shards_[shard]);
    }
    to.resize(format_.bytes());
    require(file.read(static_cast<std::uint64_t>(in_shard) * format_.bytes(), std::as_writable_bytes(std::span(to))));
    require(detail::check_label(format_, format_.label(to.data()), file.path(), static_cast<std::uint64_t>(in_shard)));
    return first_records_[shards_[shard]] + in_shard;
  }

  void fill(loaded& into) {
    const int whole = size_ / now_.batch, rest = size_ % now_.batch;
    const int own = now_.part.end(now_.batch) - now_.part.first(now_.batch);
    const int start = whole * now_.part.first(now_.batch) + now_.part.first(rest);
    const int length = whole * own + now_.part.end(rest) - now_.part.first(rest);
    const int count = std::min(now_.batch, size_ - into.step * now_.batch);
    const int images = now_.part.end(count) - now_.part.first(count);
    const shape& s = format_.dimensions;
    const auto size = index(s.size()), pixels = index(s.pixels()), channels = index(s.channels);
    const auto draws_of = [&, first = into.step * std::int64_t{now_.batch} + now_.part.first(count)](int n) {
      return now_.stream.stream(static_cast<std::uint64_t>(first + n) + 1);
    };
    into.images.assign(index(images) * size, 0);
    std::vector<std::uint8_t> image(size), record;
    for (int n = 0; n < images; ++n) {
      into.of.images.push_back(read_record(start, length, into.step * own + n, record));
      const std::uint8_t* from = record.data();
      into.of.labels.push_back(format_.label(from));
      from += format_.label_bytes;
      for (std::size_t k = 0; k < size; ++k)
        image[k] = format_.planar ? from[k % channels * pixels + k / channels] : from[k];
      const std::span<std::uint8_t> to(into.images.data() + index(n) * size, size);
      detail::augment(std::span<const std::uint8_t>(image), s, changes_, draws_of(n), to);
    }
    if (!changes_.mixes()) return;
    const std::vector<std::uint8_t> unmixed = into.images;
    for (int n = 0; n < images; ++n) {
      const auto [other, share] = detail::draw_mixture(changes_.moves.mixup, draws_of(n), images);
      detail::mix(std::span(into.images.data() + index(n) * size, size),
                  std::span<const std::uint8_t>(unmixed.data() + index(other) * size, size), share);
      into.of.other_labels.push_back(into.of.labels[index(other)]);
      into.of.other_images.push_back(into.of.images[index(other)]);
      into.of.shares.push_back(share);
    }
  }

  /// The function that the reader thread runs until the epoch ends or is abandoned.
  void read_ahead(int step) noexcept try {
    for (; step < steps(); ++step) {
      {
        std::unique_lock lock(guard_);
        changed_.wait(lock, [&] { return ending_ || static_cast<int>(ready_.size()) < options_.prefetch; });
        if (ending_) break;
      }
      loaded next{step, {}, {}};
      fill(next);
      {
        const std::lock_guard lock(guard_);
        ready_.push_back(std::move(next));
      }
      changed_.notify_all();
    }
    finish(nullptr);
  } catch (...) {
    finish(std::current_exception());
  }
  void finish(std::exception_ptr failure) noexcept {
    {
      const std::lock_guard lock(guard_);
      failure_ = std::move(failure);
      done_ = true;
    }
    changed_.notify_all();
  }
  void stop() {
    {
      const std::lock_guard lock(guard_);
      ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    ready_.clear();
  }

  record_format format_;
  stream_options options_;
  detail::image_changes<std::uint8_t> training_changes_;
  static constexpr std::size_t most_open = 128;
  std::vector<detail::watched_file> files_;
  std::vector<int> first_records_;  ///< number of records in the files before each file
  std::deque<std::size_t> open_;    ///< indices of the open files, in the order in which they were opened
  std::vector<std::string> skipped_;
  std::uint64_t checksum_ = 0;
  int size_ = 0;

  // State of the epoch. While the reader thread runs, only the reader thread changes it.
  detail::epoch now_;
  detail::image_changes<std::uint8_t> changes_;
  std::vector<std::size_t> shards_;
  std::vector<int> ends_;
  std::vector<int> order_;
  int window_ = -1;

  std::thread thread_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<loaded> ready_;
  std::exception_ptr failure_;
  bool ending_ = false;
  bool done_ = true;  ///< true if the reader thread has finished
};

MINNOW_INLINE image_stream::image_stream(record_format format, const std::vector<std::string>& files,
                                         stream_options options)
    : reader_(std::make_unique<reader>(format, files, options)) {}
MINNOW_INLINE image_stream::~image_stream() = default;

MINNOW_INLINE const std::vector<std::string>& image_stream::skipped() const noexcept { return reader_->skipped(); }
MINNOW_INLINE int image_stream::size() const { return reader_->size(); }
MINNOW_INLINE void image_stream::check(const network_base& net, const char* who) const { reader_->check(net, who); }
MINNOW_INLINE std::uint64_t image_stream::checksum() const { return reader_->checksum(); }
MINNOW_INLINE void image_stream::set_changes(detail::image_changes<std::uint8_t> changes) {
  reader_->set_changes(std::move(changes));
}
MINNOW_INLINE void image_stream::begin(const detail::epoch& of) { reader_->begin(of); }
MINNOW_INLINE void image_stream::load(std::span<network_base* const> nets, int step, detail::targets& of) {
  reader_->load(nets, step, of);
}

}  // namespace minnow
