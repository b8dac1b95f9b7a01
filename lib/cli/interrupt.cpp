#include "cli/interrupt.hpp"

#include <csignal>

namespace linnet {

namespace {

volatile std::sig_atomic_t noted = 0;

void note(int /*signal*/) {
  noted = 1;
}

} // namespace

Interruptible::Interruptible() : on_interrupt_(std::signal(SIGINT, note)), on_end_(std::signal(SIGTERM, note)) {
  noted = 0;
}

Interruptible::~Interruptible() {
  (void)std::signal(SIGINT, on_interrupt_);
  (void)std::signal(SIGTERM, on_end_);
}

bool interrupted() {
  return noted != 0;
}

} // namespace linnet
