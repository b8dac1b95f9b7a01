#pragma once

#include <cstdint>
#include <deque>

namespace linnet::bandits {

/// The largest of the latest `window` values, in constant time a value on average: only those stay that no later one
/// has reached.
class SlidingMaximum {
public:
  explicit SlidingMaximum(std::uint64_t window) : window_(window) {}
  void push(double value) {
    while (!rivals_.empty() && rivals_.back().value <= value)
      rivals_.pop_back();
    rivals_.push_back({count_, value});
    if (rivals_.front().index + window_ <= count_)
      rivals_.pop_front();
    ++count_;
  }
  /// 0 of no values.
  double largest() const { return rivals_.empty() ? 0 : rivals_.front().value; }

private:
  struct Rival {
    std::uint64_t index;
    double value;
  };
  std::uint64_t window_, count_ = 0;
  std::deque<Rival> rivals_; ///< latest last, values fall
};

} // namespace linnet::bandits
