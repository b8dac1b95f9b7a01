// Threads that go through the planes of a level together.
#pragma once

#include "latticemg/kernels.hpp"

#include <hwy/cache_control.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace linnet::latticemg {

/// What the members of a team share.
class Team {
public:
  explicit Team(int members) : members_(members), done_(static_cast<std::size_t>(members)) {}

private:
  friend class Member;
  struct alignas(64) Counter {
    std::atomic<std::uint64_t> value{0};
  };
  // Others compute while we wait, on this processor too if there are more threads than processors.
  template <class Ready>
  static void wait_until(const Ready& ready) {
    constexpr int most_spins = 500; // some tens of microseconds
    for (int spins = 0; !ready(); ++spins)
      if (spins < most_spins)
        hwy::Pause();
      else
        std::this_thread::yield();
  }

  int members_;
  std::vector<Counter> done_; // by member: the last step of a wave it has finished
  Counter arrived_, passed_;
};

/// One thread of a team.
class Member {
public:
  Member(Team* team, int id) : team_(team), id_(id), count_(team ? team->members_ : 1) {}
  /// A team of its own.
  static Member alone() { return {nullptr, 0}; }

  int id() const { return id_; }
  int count() const { return count_; }

  /// Each member goes on when all have come here.
  void barrier() const {
    if (count_ == 1)
      return;
    const std::uint64_t pass = team_->passed_.value.load(std::memory_order_relaxed);
    if (team_->arrived_.value.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint64_t>(count_)) {
      team_->arrived_.value.store(0, std::memory_order_relaxed);
      team_->passed_.value.store(pass + 1, std::memory_order_release);
    } else {
      Team::wait_until([&] { return team_->passed_.value.load(std::memory_order_acquire) != pass; });
    }
  }

  /// Part of `planes` planes, in pairs: from plane begin() of the first to end() of the last.
  struct Slab {
    int first, last;
    bool down; ///< walked from the last plane to the first
    int start_neighbour, end_neighbour;
    int end_lead; ///< steps by which the neighbour at the end comes there later

    int count() const { return last - first; }
    int plane(int step) const { return down ? last - 1 - step : first + step; }
  };
  /// A member has no fewer.
  static constexpr int least_planes = 4;

  /// Runs stages 0 ... stages - 1 over the planes as one wavefront: stage(h, plane) follows stage h - 1 on that plane
  /// and the planes around it, and comes before stage h + 1 there. Members walk from the ends they have in common, or
  /// towards them, so that they meet at the same step.
  template <class Stage>
  void wavefront(Planes planes, int stages, const Stage& stage) {
    const Slab slab = slab_of(planes.count());
    wave_ += std::uint64_t{1} << 32;
    for (int step = 0; step < slab.count() + stages - 1; ++step) {
      if (step > 0 && step < stages)
        wait(slab.start_neighbour, step - 1);
      if (step >= slab.count())
        wait(slab.end_neighbour, step - 1 + slab.end_lead);
      for (int h = 0; h < stages; ++h)
        if (step >= h && step - h < slab.count())
          stage(h, planes.first + slab.plane(step - h));
      if (count_ > 1)
        team_->done_[static_cast<std::size_t>(id_)].value.store(wave_ + static_cast<std::uint64_t>(step) + 1,
                                                                std::memory_order_release);
    }
  }
  /// The share of this member in `count` things: from the first number to before the second.
  std::pair<std::ptrdiff_t, std::ptrdiff_t> part_of(std::ptrdiff_t count) const {
    return {count * id_ / count_, count * (id_ + 1) / count_};
  }
  /// work(plane) over the planes of this member.
  template <class Work>
  void share(Planes planes, const Work& work) const {
    const Slab slab = slab_of(planes.count());
    for (int plane = slab.first; plane < slab.last; ++plane)
      work(planes.first + plane);
  }

  Slab slab_of(int planes) const {
    Slab slab{begin_of(planes, id_), begin_of(planes, id_ + 1), count_ > 1 && id_ % 2 == 0, -1, -1, 0};
    slab.start_neighbour = slab.down ? id_ + 1 : id_ - 1;
    slab.end_neighbour = slab.down ? id_ - 1 : id_ + 1;
    if (slab.start_neighbour >= count_)
      slab.start_neighbour = -1;
    if (slab.end_neighbour >= count_)
      slab.end_neighbour = -1;
    if (slab.end_neighbour >= 0)
      slab.end_lead = begin_of(planes, slab.end_neighbour + 1) - begin_of(planes, slab.end_neighbour) - slab.count();
    return slab;
  }

private:
  int begin_of(int planes, int id) const {
    const std::int64_t pairs = (planes + 1) / 2;
    return static_cast<int>(std::min<std::int64_t>(planes, 2 * (pairs * id / count_)));
  }
  void wait(int neighbour, int step) const {
    if (neighbour < 0)
      return;
    const std::uint64_t target = wave_ + static_cast<std::uint64_t>(step + 1);
    const std::atomic<std::uint64_t>& done = team_->done_[static_cast<std::size_t>(neighbour)].value;
    Team::wait_until([&] { return done.load(std::memory_order_acquire) >= target; });
  }

  Team* team_;
  int id_, count_;
  std::uint64_t wave_ = 0;
};

} // namespace linnet::latticemg
