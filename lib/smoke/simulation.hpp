#pragma once

#include "smoke/projection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace linnet::smoke {

enum class Scene : std::uint8_t {
  plume, ///< smoke rises past a ball that moves to and fro; open above, walls elsewhere
  dam    ///< a column of liquid falls over a ball at rest; air above it, walls all round
};
inline constexpr std::array<const char*, 2> scene_names = {"plume", "dam"};

/// Incompressible flow without viscosity, by operator splitting: everything is carried along, forces act, and the
/// pressure takes the divergence out. Lengths in cells; the unit of time is that in which something falls (or smoke
/// rises) about half of the height from rest.
///
/// R. Bridson, Fluid simulation for computer graphics (2008), chapters 2-6.
class Simulation {
public:
  virtual ~Simulation() = default;

  /// Everything but the pressure, for one time step: then domain() and flow() are what the pressure has to deal with.
  /// Fluid that reaches no air counts as solid.
  /// Returns the length of the step: what moves fastest passes two cells.
  double advance();
  /// `p`: one number a cell, times the length of the step and over the density of the fluid.
  void apply_pressure(const std::vector<double>& p);

  const VoxelDomain& domain() const { return domain_; }
  const Flow& flow() const { return flow_; }
  /// What is looked at: smoke, or liquid; 0 ... 1 a cell.
  const std::vector<double>& density() const { return density_; }
  double time() const { return time_; }

protected:
  explicit Simulation(const VoxelGrid& grid);
  /// A ball (disc) at `middle` of that radius is solid.
  struct Ball {
    Place middle;
    double radius;
    Place velocity;
  };
  virtual Ball ball(double time) const = 0;
  /// Moves what is carried, sets the cells but for the ball, and applies the forces.
  virtual void move(double dt) = 0;

  bool in_ball(const Ball& ball, const Place& x) const;
  void place_ball(const Ball& ball);

  VoxelDomain domain_;
  Flow flow_;
  std::vector<double> density_;
  double time_ = 0;
};

/// Throws InputError for a grid below 8 cells along an axis in use.
std::unique_ptr<Simulation> make_simulation(Scene scene, const VoxelGrid& grid);
std::unique_ptr<Simulation> make_plume(const VoxelGrid& grid);
std::unique_ptr<Simulation> make_dam(const VoxelGrid& grid);

} // namespace linnet::smoke
