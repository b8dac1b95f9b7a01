#pragma once

#include "learned/train/voxel_system.hpp"

#include <cstdint>
#include <memory>
#include <random>

namespace linnet::learned {

/// Random numbers that are the same with every library.
class Draw {
public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  int integer(int n) { return static_cast<int>(uniform() * n); }
  double normal();

private:
  std::mt19937_64 engine_;
};

/// Domains of random families, sides and obstacles, and solutions of rough right-hand sides on them.
class DomainPool {
public:
  /// `domains` of n^dimension cells; those with too little fluid are drawn anew.
  DomainPool(int dimension, int n, int domains, Draw* draw);

  struct Start {
    std::unique_ptr<VoxelSystem> system;
    VoxelSystem::Field error;
  };
  /// A domain in a random orientation and an error of a random kind: the solution of a rough right-hand side (45 %),
  /// white noise (10 %), or smooth noise of one to three lengths.
  Start draw(Draw* draw) const;

private:
  struct Entry {
    VoxelDomain domain;
    std::vector<float> solution; // by cell of the domain
  };
  int dimension_, n_;
  std::vector<Entry> entries_;
};

/// A running solve: an error and the last two directions, one step further with each direction that is given.
class Slot {
public:
  Slot(const DomainPool* pool, int most_iterations, Draw* draw) : pool_(pool), most_(most_iterations) { restart(draw); }

  const VoxelSystem& system() const { return *start_.system; }
  /// r = A e, both scaled to a residual of unit root mean square; 2 sweeps on r from zero; the residual after them,
  /// [cells].
  void begin(int sweeps, float* residual);
  /// f: the sweeps, plus the network's answer [cells], then `sweeps` more, colours reversed. Returns q, the part of the
  /// energy (e, A e) that is left after a step along f made A-orthogonal to the last two directions:
  ///   q = 1 - (r, f)^2 / (((f, A f) - sum_i (f, A p_i)^2 / (p_i, A p_i)) (r, e)).
  /// `gradient`: of log q with respect to the network's answer, [cells].
  double loss(int sweeps, const float* answer, float* gradient);
  /// Takes the step; a new solve begins after a random number of steps, or where this one is at its end.
  void advance(Draw* draw);
  int iteration() const { return iteration_; }

private:
  void restart(Draw* draw);

  const DomainPool* pool_;
  int most_, iteration_ = 0, last_ = 1;
  DomainPool::Start start_;
  VoxelSystem::Field r_, f_, Af_;
  struct Direction {
    VoxelSystem::Field p, Ap;
    double energy; // (p, A p)
  };
  std::vector<Direction> directions_;
};

} // namespace linnet::learned
