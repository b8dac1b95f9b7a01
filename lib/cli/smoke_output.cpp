// What linnet smoke leaves behind: frames, a picture, figures.
#include "cli/petsc.hpp"
#include "cli/plot.hpp"
#include "cli/smoke.hpp"

#include "smoke/simulation.hpp"

#include <petscdmda.h>
#include <petscviewer.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <sstream>

namespace linnet {

namespace {

using DmHandle = Handle<DM, DMDestroy>;
using ViewerHandle = Handle<PetscViewer, PetscViewerDestroy>;

struct Totals {
  double pressure = 0, matrix = 0, rest = 0, iterations = 0, divergence = 0;
};

Totals totals(const std::vector<SmokeStep>& steps) {
  Totals sum;
  for (const SmokeStep& step : steps) {
    sum.pressure += step.pressure_seconds;
    sum.matrix += step.matrix_seconds;
    sum.rest += step.rest_seconds;
    sum.iterations += step.iterations;
    sum.divergence = std::max(sum.divergence, step.divergence);
  }
  return sum;
}

// value(cell) of each cell as a field of that name.
template <class Value>
void view_field(DM da, PetscViewer viewer, const char* name, const Value& value) {
  VecHandle field;
  PetscScalar* values = nullptr;
  PetscInt count = 0;
  check(DMCreateGlobalVector(da, field.out()));
  check(PetscObjectSetName(reinterpret_cast<PetscObject>(static_cast<Vec>(field)), name));
  check(VecGetLocalSize(field, &count));
  check(VecGetArrayWrite(field, &values));
  for (PetscInt c = 0; c < count; ++c)
    values[c] = value(c);
  check(VecRestoreArrayWrite(field, &values));
  check(VecView(field, viewer));
}

} // namespace

std::string write_frame(const std::string& stem, std::int64_t step, const smoke::Simulation& simulation) {
  const VoxelGrid& grid = simulation.domain().grid;
  char number[32];
  (void)std::snprintf(number, sizeof number, "_%05" PRId64 ".vtr", step);
  std::string file = stem + number;
  DmHandle da;
  const auto n = [](std::int64_t extent) { return static_cast<PetscInt>(extent); };
  check(DMDACreate3d(PETSC_COMM_SELF, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR,
                     n(grid.nx), n(grid.ny), n(grid.nz), 1, 1, 1, 1, 1, nullptr, nullptr, nullptr, da.out()));
  check(DMSetUp(da));
  const auto last = [](std::int64_t extent) { return static_cast<PetscReal>(extent) - 0.5; };
  check(DMDASetUniformCoordinates(da, 0.5, last(grid.nx), 0.5, last(grid.ny), 0.5, last(grid.nz)));
  ViewerHandle viewer;
  check(PetscViewerVTKOpen(PETSC_COMM_SELF, file.c_str(), FILE_MODE_WRITE, viewer.out()));
  view_field(da, viewer, "density", [&](PetscInt c) { return simulation.density()[static_cast<std::size_t>(c)]; });
  view_field(da, viewer, "kind",
             [&](PetscInt c) { return static_cast<double>(simulation.domain().cell[static_cast<std::size_t>(c)]); });
  for (int axis = 0; axis < simulation.flow().dimensions(); ++axis) {
    const std::string name = std::string("velocity_") + "xyz"[axis];
    view_field(da, viewer, name.c_str(), [&](PetscInt c) {
      std::array<std::int64_t, 3> at{c % grid.nx, c / grid.nx % grid.ny, c / grid.nx / grid.ny};
      const double low = simulation.flow().at(axis, at[0], at[1], at[2]);
      ++at[static_cast<std::size_t>(axis)];
      return (low + simulation.flow().at(axis, at[0], at[1], at[2])) / 2;
    });
  }
  return file;
}

void PictureStrip::add(const smoke::Simulation& simulation) {
  const VoxelGrid& grid = simulation.domain().grid;
  Slice slice{grid.nx, grid.ny, simulation.time(), {}};
  for (std::int64_t j = 0; j < grid.ny; ++j)
    for (std::int64_t i = 0; i < grid.nx; ++i) {
      const auto c = static_cast<std::size_t>(grid.cell(i, j, grid.nz / 2));
      const bool solid = simulation.domain().cell[c] == Cell::solid;
      slice.value.push_back(solid ? -0.3F : static_cast<float>(simulation.density()[c]));
    }
  slices_.push_back(std::move(slice));
}

void PictureStrip::draw(const std::string& file) const {
  if (slices_.empty())
    return;
  const Slice& first = slices_.front();
  constexpr int width = 220, gap = 10;
  const auto height = static_cast<int>(width * first.ny / first.nx);
  std::ostringstream text;
  for (std::size_t s = 0; s < slices_.size(); ++s) {
    text << "$slice" << s << " << EOD\n";
    for (std::int64_t j = 0; j < first.ny; ++j) {
      for (std::int64_t i = 0; i < first.nx; ++i)
        text << slices_[s].value[static_cast<std::size_t>(i + first.nx * j)] << ' ';
      text << '\n';
    }
    text << "EOD\n";
  }
  text << "unset key; unset border; unset tics; unset colorbox\nset cbrange [-0.3:1]\n"
       << "set palette defined (-0.3 '#b04a2f', -0.01 '#b04a2f', 0 '#ffffff', 0.5 '#6f8faf', 1 '#1b2a41')\n"
       << "set multiplot layout 1," << slices_.size() << " margins 0.005,0.995,0.02,0.90 spacing 0.01\n"
       << "set xrange [-0.5:" << first.nx << "-0.5]\nset yrange [-0.5:" << first.ny << "-0.5]\n";
  for (std::size_t s = 0; s < slices_.size(); ++s) {
    text << "set title sprintf('t = %.2f', " << slices_[s].time << ") offset 0,-0.7\n";
    text << "plot $slice" << s << " matrix with image\n";
  }
  text << "unset multiplot\n";
  const auto count = static_cast<int>(slices_.size());
  run_gnuplot(file, text.str(),
              "pngcairo size " + std::to_string(count * (width + gap)) + "," + std::to_string(height + 30));
}

nlohmann::ordered_json to_json(const SmokeOptions& options, const std::vector<SmokeStep>& steps, int ranks,
                               const std::string& ksp, const std::string& pc) {
  const Totals sum = totals(steps);
  nlohmann::ordered_json object = {{"schema", "linnet-smoke-1"},
                                   {"scene", options.scene},
                                   {"grid", options.grid},
                                   {"ranks", ranks},
                                   {"ksp", ksp},
                                   {"pc", pc},
                                   {"steps", steps.size()},
                                   {"iterations", sum.iterations},
                                   {"largest_divergence_left", sum.divergence},
                                   {"pressure_seconds", sum.pressure},
                                   {"matrix_seconds", sum.matrix},
                                   {"rest_seconds", sum.rest}};
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const SmokeStep& step : steps)
    list.push_back({{"time", step.time},
                    {"length", step.length},
                    {"unknowns", step.unknowns},
                    {"iterations", step.iterations},
                    {"converged", step.converged},
                    {"divergence_left", step.divergence},
                    {"kinetic_energy", step.kinetic_energy},
                    {"pressure_seconds", step.pressure_seconds},
                    {"matrix_seconds", step.matrix_seconds},
                    {"rest_seconds", step.rest_seconds}});
  object["path"] = std::move(list);
  return object;
}

std::string summary(const SmokeOptions& options, const std::vector<SmokeStep>& steps, const std::string& solver) {
  const Totals sum = totals(steps);
  const auto count = static_cast<double>(steps.size());
  const auto failed = std::count_if(steps.begin(), steps.end(), [](const SmokeStep& step) { return !step.converged; });
  char text[800];
  (void)std::snprintf(text, sizeof text,
                      "scene               %s, %s cells, %zu steps to time %.3g\n"
                      "solver              %s: %.1f iterations a step%s\n"
                      "unknowns            %" PRId64 " in the last step\n"
                      "divergence left     %.2e of what the pressure met, at most\n"
                      "kinetic energy      %.6g in the last step\n"
                      "seconds a step      pressure %.4f, making the matrix %.4f, all else %.4f\n",
                      options.scene.c_str(), options.grid.c_str(), steps.size(), steps.back().time, solver.c_str(),
                      sum.iterations / count,
                      failed > 0 ? ("; " + std::to_string(failed) + " did not converge").c_str() : "",
                      steps.back().unknowns, sum.divergence, steps.back().kinetic_energy, sum.pressure / count,
                      sum.matrix / count, sum.rest / count);
  return text;
}

} // namespace linnet
