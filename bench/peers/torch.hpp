#pragma once

#include <cstdio>
#include <string>

namespace bench::peers {

/// PyTorch in a process of its own (torch_models.py, torch_training.py), which times passes each time it is asked.
class torch {
public:
  /// Starts `python script`; where there is no PyTorch, available() is false.
  torch(const std::string& python, const std::string& script);
  ~torch();
  torch(const torch&) = delete;
  torch& operator=(const torch&) = delete;

  [[nodiscard]] bool available() const noexcept { return !about_.empty(); }
  [[nodiscard]] const std::string& about() const noexcept { return about_; }

  /// The number that the script answers to a line, mostly median seconds; 0 where the process has gone.
  [[nodiscard]] double ask(const std::string& question);

private:
  [[nodiscard]] std::string line();

  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
  int process_ = -1;
  std::string about_;
};

}  // namespace bench::peers
