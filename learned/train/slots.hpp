#pragma once

#include "learned/train/pool.hpp"

#include <memory>

namespace linnet::learned {

/// What is made small, f being the preconditioner's answer to the residual r = A e:
enum class Loss : std::uint8_t {
  energy, ///< log q, q the part of (e, A e) that a step along f leaves, f made A-orthogonal to the last two directions
  residual,   ///< ||r - A f|| / ||r||, that of Lan et al. (ICML 2024)
  line_search ///< ||r - a A f||^2 / ||r||^2, a = (r, f) / (f, A f), that of Kaneda et al. (ICML 2023)
};
inline constexpr std::array<const char*, 3> loss_names = {"energy", "residual", "line-search"};

/// A running solve: an error and the last two directions, one step further with each direction that is given.
class Slot {
public:
  Slot(const OperatorPool* pool, int most_iterations, Draw* draw) : pool_(pool), most_(most_iterations) {
    restart(draw);
  }

  const GridSystem& system() const { return *system_; }
  /// r = A e, both scaled to a residual of unit root mean square, or of unit norm; `sweeps` on r from zero; the
  /// residual after them, [cells].
  void begin(int sweeps, bool unit_norm, float* residual);
  /// f: the sweeps, plus the network's answer [cells], then `sweeps` more, colours reversed. Returns
  ///   q = 1 - (r, f)^2 / (((f, A f) - sum_i (f, A p_i)^2 / (p_i, A p_i)) (r, e)),
  /// or what Loss says.
  /// `gradient`: of the loss with respect to the network's answer, [cells].
  double loss(Loss what, int sweeps, const float* answer, float* gradient);
  /// Takes the step; a new solve begins after a random number of steps, or where this one is at its end.
  void advance(Draw* draw);
  int iteration() const { return iteration_; }

  void state(Archive* archive);

private:
  void restart(Draw* draw);
  double energy_loss(GridSystem::Field* gradient) const;
  double residual_loss(GridSystem::Field* gradient) const;
  double line_search_loss(GridSystem::Field* gradient) const;

  const OperatorPool* pool_;
  int most_, iteration_ = 0, last_ = 1;
  OperatorPool::Choice choice_;
  std::unique_ptr<GridSystem> system_;
  GridSystem::Field e_, r_, f_, Af_;
  struct Direction {
    GridSystem::Field p, Ap;
    double energy; // (p, A p)
  };
  std::vector<Direction> directions_;
};

} // namespace linnet::learned
