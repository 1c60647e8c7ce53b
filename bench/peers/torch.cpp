#include "torch.hpp"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench::peers {

torch::torch(const std::string& python, const std::string& script) {
  int to_child[2];
  int from_child[2];
  if (pipe(to_child) != 0) return;
  if (pipe(from_child) != 0) {
    close(to_child[0]);
    close(to_child[1]);
    return;
  }
  // If the child process has ended, writing to it must fail instead of raising SIGPIPE. Its answer is then missing.
  std::signal(SIGPIPE, SIG_IGN);
  process_ = fork();
  if (process_ == 0) {
    dup2(to_child[0], STDIN_FILENO);
    dup2(from_child[1], STDOUT_FILENO);
    // Without PyTorch the interpreter prints a long error. It is discarded, and the caller reports the missing library
    // in one line.
    const int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    for (const int end : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(end);
    execl(python.c_str(), python.c_str(), script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(to_child[0]);
  close(from_child[1]);
  questions_ = fdopen(to_child[1], "w");
  answers_ = fdopen(from_child[0], "r");
  about_ = line();
}

torch::~torch() {
  if (questions_ != nullptr) std::fclose(questions_);
  if (answers_ != nullptr) std::fclose(answers_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

double torch::ask(const std::string& question) {
  std::fprintf(questions_, "%s\n", question.c_str());
  std::fflush(questions_);
  return std::atof(line().c_str());
}

std::string torch::line() {
  std::string result;
  for (int c = std::fgetc(answers_); c != EOF && c != '\n'; c = std::fgetc(answers_)) result += static_cast<char>(c);
  return result;
}

}  // namespace bench::peers
