#include "cli/process.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// A file without a name once it is closed: output of any length, no pipe to fill.
class Capture {
public:
  Capture() : descriptor(mkstemp(name.data())) {
    if (descriptor < 0)
      throw std::runtime_error("mkstemp failed");
  }
  ~Capture() {
    close(descriptor);
    unlink(name.c_str());
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  int file() const { return descriptor; }
  std::string text() const {
    std::ifstream file(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

private:
  std::string name = "/tmp/linnet_test_XXXXXX";
  int descriptor;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words)
    result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> environment = changes;
  for (char** entry = environ; *entry; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::string(*entry).find('=') + 1);
    bool changed = false;
    for (const std::string& change : changes)
      changed = changed || change.starts_with(name);
    if (!changed)
      environment.emplace_back(*entry);
  }
  return environment;
}

} // namespace

Finished run_program(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  const Capture out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.file(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.file(), STDERR_FILENO);
  std::vector<std::string> arguments = words, variables = merged_environment(environment);
  pid_t child = 0;
  const int error = posix_spawnp(&child, words.front().c_str(), &actions, nullptr, pointers(arguments).data(),
                                 pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error)
    throw std::runtime_error(words.front() + ": " + std::strerror(error));
  int state = 0;
  while (waitpid(child, &state, 0) < 0 && errno == EINTR)
    ;
  return {WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state), out.text(), err.text()};
}
