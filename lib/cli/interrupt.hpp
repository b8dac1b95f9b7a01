#pragma once

namespace linnet {

/// While it lives SIGINT and SIGTERM are noted, for work that ends between two steps; at most one lives.
class Interruptible {
public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

private:
  void (*on_interrupt_)(int);
  void (*on_end_)(int);
};

/// Whether one came since the last Interruptible was made.
bool interrupted();

} // namespace linnet
