#pragma once

#include <cstdio>
#include <string>

namespace bench::peers {

/// PyTorch in a child process (torch_models.py or torch_training.py) that times forward passes or training steps on
/// request.
class torch {
public:
  /// Starts `python script`. Without PyTorch, available() is false.
  torch(const std::string& python, const std::string& script);
  ~torch();
  torch(const torch&) = delete;
  torch& operator=(const torch&) = delete;

  [[nodiscard]] bool available() const noexcept { return !about_.empty(); }
  [[nodiscard]] const std::string& about() const noexcept { return about_; }

  /// Sends a line to the script and returns the number that the script answers, usually a median in seconds. Returns 0
  /// if the process has ended.
  [[nodiscard]] double ask(const std::string& question);

private:
  [[nodiscard]] std::string line();

  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
  int process_ = -1;
  std::string about_;
};

}  // namespace bench::peers
