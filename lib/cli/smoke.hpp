#pragma once

#include "cli/session.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace linnet {

namespace smoke {
class Simulation;
}

/// What the command line says of a simulation.
struct SmokeOptions {
  std::string scene = "plume";
  std::string grid = "64,96";
  std::int64_t steps = 100;
  std::int64_t every = 10; ///< steps from one frame to the next
  std::string out;         ///< stem of the frames; empty: none
  std::string picture;     ///< PNG file; empty: none
  std::string systems;     ///< directory for the pressure systems; empty: none
  bool json = false;
};
void add_smoke_command(CLI::App& app, SmokeOptions& options);
/// linnet smoke; returns the exit status.
int run_smoke(const Session& session, const SmokeOptions& options);

/// One time step.
struct SmokeStep {
  double time = 0, length = 0;
  std::int64_t unknowns = 0;
  int iterations = 0;
  bool converged = false;
  double divergence = 0; ///< |div u| after the pressure over that before it, over the fluid
  double kinetic_energy = 0;
  double pressure_seconds = 0; ///< setup and solve
  double matrix_seconds = 0;   ///< making the system
  double rest_seconds = 0;     ///< all else but output
};

// smoke_output.cpp

/// Density, kind of cell (0 fluid, 1 solid, 2 air) and velocity in the middles of the cells, as STEM_0010.vtr for
/// ParaView. Returns the file's name.
std::string write_frame(const std::string& stem, std::int64_t step, const smoke::Simulation& simulation);

/// Slices of the density through the middle, side by side.
class PictureStrip {
public:
  void add(const smoke::Simulation& simulation);
  /// With gnuplot.
  void draw(const std::string& file) const;

private:
  struct Slice {
    std::int64_t nx = 0, ny = 0;
    double time = 0;
    std::vector<float> value; ///< density; below 0 in solids
  };
  std::vector<Slice> slices_;
};

nlohmann::ordered_json to_json(const SmokeOptions& options, const std::vector<SmokeStep>& steps, int ranks,
                               const std::string& ksp, const std::string& pc);
/// For a person.
std::string summary(const SmokeOptions& options, const std::vector<SmokeStep>& steps, const std::string& solver);

} // namespace linnet
