// linnet smoke: a simulation whose every step needs a pressure solve.
#include "cli/smoke.hpp"

#include "base/error.hpp"
#include "cli/grid_option.hpp"
#include "cli/options.hpp"
#include "cli/petsc.hpp"
#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/system.hpp"
#include "files/write.hpp"
#include "problems/assemble.hpp"
#include "problems/names.hpp"
#include "smoke/simulation.hpp"

#include <CLI/CLI.hpp>
#include <linnet/linnet.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

namespace linnet {

namespace {

constexpr int most_pictures = 6;

double norm_of(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v)
    sum += x * x;
  return std::sqrt(sum);
}

// The pressure systems of all steps, by one KSP: every cell has a row, so that their size stays.
class PressureSolver {
public:
  PressureSolver(MPI_Comm comm, const VoxelGrid& grid)
      : comm_(comm), grid_(grid), rows_(row_blocks(comm, grid.cells())) {
    PC pc = nullptr;
    check(KSPCreate(comm, ksp_.out()));
    check(KSPSetType(ksp_, KSPDCD));
    check(KSPSetTolerances(ksp_, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
    check(KSPGetPC(ksp_, &pc));
    check(PCSetType(pc, PCCNN));
    check(KSPSetFromOptions(ksp_));
    const auto n = [](std::int64_t extent) { return static_cast<PetscInt>(extent); };
    check(PCLatticeMGSetGrid(pc, n(grid.nx), n(grid.ny), n(grid.nz)));
    check(PCCNNSetGrid(pc, n(grid.nx), n(grid.ny), n(grid.nz)));
    KSPNormType norm = KSP_NORM_DEFAULT;
    if (!option_given("-ksp_norm_type") && !option_given("-ksp_pc_side")) {
      check(KSPSetNormType(ksp_, KSP_NORM_UNPRECONDITIONED));
      if (!succeeded(KSPGetNormType(ksp_, &norm)))
        check(KSPSetNormType(ksp_, KSP_NORM_DEFAULT));
    }
  }

  // Makes the matrix of this rank's rows, and b. `system` is kept until the next one is set.
  void set(std::unique_ptr<PressureSystem> system, const std::vector<double>& b) {
    const SparseMatrix& matrix = system->matrix;
    const std::int64_t first = rows_[static_cast<std::size_t>(rank_of(comm_))],
                       last = rows_[static_cast<std::size_t>(rank_of(comm_)) + 1];
    const auto entry = [&](std::int64_t row) { return matrix.row_start[static_cast<std::size_t>(row)]; };
    if (matrix.nnz() > std::numeric_limits<PetscInt>::max())
      throw InputError("--grid: expected a matrix of fewer than 2^31 entries, found " + std::to_string(matrix.nnz()));
    std::vector<PetscInt> row_start;
    for (std::int64_t row = first; row <= last; ++row)
      row_start.push_back(static_cast<PetscInt>(entry(row) - entry(first)));
    const auto local = static_cast<PetscInt>(last - first), global = static_cast<PetscInt>(grid_.cells());
    auto* column = const_cast<PetscInt*>(matrix.column.data() + entry(first)); // PETSc reads them only
    auto* value = const_cast<PetscScalar*>(matrix.value.data() + entry(first));
    MatHandle A;
    check(
        size_of(comm_) == 1
            ? MatCreateSeqAIJWithArrays(comm_, global, global, row_start.data(), column, value, A.out())
            : MatCreateMPIAIJWithArrays(comm_, local, local, global, global, row_start.data(), column, value, A.out()));
    check(MatSetOption(A, MAT_SPD, PETSC_TRUE));
    IsHandle cells;
    check(ISCreateStride(comm_, local, static_cast<PetscInt>(first), 1, cells.out()));
    compose_cells(A, cells);
    check(KSPSetOperators(ksp_, A, A));
    A_ = std::move(A);
    system_ = std::move(system); // the arrays of the matrix before
    row_start_.swap(row_start);
    if (!b_)
      check(MatCreateVecs(A_, x_.out(), b_.out()));
    PetscScalar* values = nullptr;
    check(VecGetArrayWrite(b_, &values));
    std::copy(b.begin() + first, b.begin() + last, values);
    check(VecRestoreArrayWrite(b_, &values));
  }

  // The whole of p, on every rank.
  std::vector<double> solve(SmokeStep* step) {
    PetscInt iterations = 0;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    MPI_Barrier(comm_);
    const double begin = MPI_Wtime();
    check(KSPSolve(ksp_, b_, x_));
    step->pressure_seconds = MPI_Wtime() - begin;
    MPI_Allreduce(MPI_IN_PLACE, &step->pressure_seconds, 1, MPI_DOUBLE, MPI_MAX, comm_);
    check(KSPGetIterationNumber(ksp_, &iterations));
    check(KSPGetConvergedReason(ksp_, &reason));
    step->iterations = static_cast<int>(iterations);
    step->converged = reason > 0;
    std::vector<int> counts, first;
    for (std::size_t r = 0; r + 1 < rows_.size(); ++r) {
      counts.push_back(static_cast<int>(rows_[r + 1] - rows_[r]));
      first.push_back(static_cast<int>(rows_[r]));
    }
    std::vector<double> p(static_cast<std::size_t>(grid_.cells()));
    const PetscScalar* values = nullptr;
    check(VecGetArrayRead(x_, &values));
    MPI_Allgatherv(values, counts[static_cast<std::size_t>(rank_of(comm_))], MPI_DOUBLE, p.data(), counts.data(),
                   first.data(), MPI_DOUBLE, comm_);
    check(VecRestoreArrayRead(x_, &values));
    return p;
  }

  const PressureSystem& system() const { return *system_; }
  SolverTypes types() const { return solver_types(ksp_); }

private:
  MPI_Comm comm_;
  VoxelGrid grid_;
  std::vector<std::int64_t> rows_;
  std::unique_ptr<PressureSystem> system_;
  std::vector<PetscInt> row_start_;
  MatHandle A_;
  VecHandle b_, x_;
  KspHandle ksp_;
};

void save(const SmokeOptions& options, std::int64_t step, const PressureSystem& system, const std::vector<double>& b) {
  char name[32];
  (void)std::snprintf(name, sizeof name, "step_%05" PRId64, step);
  const std::string stem = (std::filesystem::path(options.systems) / name).string();
  write_matrix(stem + ".petsc", system.matrix, true);
  write_vector(stem + ".rhs.petsc", b);
}

// What rank 0 writes of a step.
class Output {
public:
  Output(const Session& session, const SmokeOptions& options) : session_(session), options_(options) {}

  void frame(std::int64_t step, const smoke::Simulation& simulation) {
    if (!session_.speaks())
      return;
    if (!options_.out.empty() && (step % options_.every == 0 || step == options_.steps))
      (void)write_frame(options_.out, step, simulation);
    const std::int64_t apart = (options_.steps + most_pictures - 2) / (most_pictures - 1);
    if (!options_.picture.empty() && (step % apart == 0 || step == options_.steps))
      strip_.add(simulation);
  }
  void picture() const {
    if (session_.speaks() && !options_.picture.empty())
      strip_.draw(options_.picture);
  }

private:
  const Session& session_;
  const SmokeOptions& options_;
  PictureStrip strip_;
};

// The simulation is the same on every rank; the pressure is shared.
SmokeStep take_step(MPI_Comm comm, smoke::Simulation* simulation, PressureSolver* solver, std::vector<double>* b) {
  SmokeStep step;
  const double begin = MPI_Wtime();
  step.length = simulation->advance();
  step.time = simulation->time();
  const double moved = MPI_Wtime();
  AssemblySpec spec;
  spec.numbering = Numbering::full;
  spec.right_hand_side = RightHandSide::point; // replaced
  auto system = std::make_unique<PressureSystem>(assemble(simulation->domain(), spec));
  step.unknowns = system->fluid;
  *b = smoke::source(simulation->domain(), simulation->flow());
  solver->set(std::move(system), *b);
  const double made = MPI_Wtime();
  const std::vector<double> p = solver->solve(&step);
  const double solved = MPI_Wtime();
  simulation->apply_pressure(p);
  const double before = norm_of(*b), after = norm_of(smoke::source(simulation->domain(), simulation->flow()));
  step.divergence = before > 0 ? after / before : after;
  step.kinetic_energy = smoke::kinetic_energy(simulation->domain(), simulation->flow());
  step.matrix_seconds = made - moved;
  step.rest_seconds = MPI_Wtime() - begin - step.matrix_seconds - (solved - made);
  MPI_Bcast(&step, sizeof step, MPI_BYTE, 0, comm);
  return step;
}

void check_options(const SmokeOptions& options) {
  if (options.steps < 1)
    throw InputError("--steps: expected at least 1, found " + std::to_string(options.steps));
  if (options.every < 1)
    throw InputError("--every: expected at least 1, found " + std::to_string(options.every));
  if (!options.picture.empty()) {
    check_gnuplot();
    check_writable("--picture", options.picture);
  }
  const auto folder_exists = [](const std::filesystem::path& folder) {
    return folder.empty() || std::filesystem::is_directory(folder);
  };
  if (!folder_exists(std::filesystem::path(options.out).parent_path()))
    throw InputError("--out: expected an existing directory, found '" +
                     std::filesystem::path(options.out).parent_path().string() + "'");
  if (!options.systems.empty() && !folder_exists(options.systems))
    throw InputError("--save-systems: expected an existing directory, found '" + options.systems + "'");
}

} // namespace

int run_smoke(const Session& session, const SmokeOptions& options) {
  const auto scene = static_cast<smoke::Scene>(find_name(smoke::scene_names, options.scene, "--scene"));
  const VoxelGrid grid = parse_grid(options.grid);
  on_rank_0(session.comm, [&] { check_options(options); });
  const std::unique_ptr<smoke::Simulation> simulation = smoke::make_simulation(scene, grid);
  PressureSolver solver(session.comm, grid);
  Output output(session, options);
  Progress progress(session.speaks());
  std::vector<SmokeStep> steps;
  std::vector<double> b;
  on_rank_0(session.comm, [&] { output.frame(0, *simulation); });
  for (std::int64_t n = 1; n <= options.steps; ++n) {
    steps.push_back(take_step(session.comm, simulation.get(), &solver, &b));
    on_rank_0(session.comm, [&] {
      if (!options.systems.empty())
        save(options, n, solver.system(), b);
      output.frame(n, *simulation);
    });
    if (progress.due()) {
      char line[160];
      (void)std::snprintf(line, sizeof line, "step %" PRId64 " of %" PRId64 ": %d iterations, %.3g s of pressure", n,
                          options.steps, steps.back().iterations, steps.back().pressure_seconds);
      progress.show(line);
    }
    if (!std::isfinite(steps.back().kinetic_energy))
      throw std::runtime_error("step " + std::to_string(n) + ": the velocity is not finite");
  }
  const auto [ksp, pc] = solver.types();
  session.print(options.json ? json_text(to_json(options, steps, size_of(session.comm), ksp, pc))
                             : summary(options, steps, ksp + "+" + pc));
  on_rank_0(session.comm, [&] { output.picture(); });
  const bool all = std::all_of(steps.begin(), steps.end(), [](const SmokeStep& step) { return step.converged; });
  return all ? converged : not_converged;
}

void add_smoke_command(CLI::App& app, SmokeOptions& options) {
  CLI::App& command = *app.add_subcommand("smoke", "Simulate a flow: a pressure solve a step");
  command.add_option("--scene", options.scene, "plume (smoke past a moving ball) or dam (a falling column of liquid)")
      ->capture_default_str();
  command.add_option("--grid", options.grid, "NX,NY or NX,NY,NZ cells; y points up")->capture_default_str();
  command.add_option("--steps", options.steps, "time steps")->capture_default_str();
  command.add_option("--every", options.every, "steps from one frame to the next")->capture_default_str();
  command.add_option("--out", options.out, "STEM: frames for ParaView, STEM_00010.vtr and so on");
  command.add_option("--picture", options.picture, "slices of the density side by side (with gnuplot)")
      ->type_name("FILE.png");
  command.add_option("--save-systems", options.systems,
                     "directory for the pressure systems: step_00001.petsc with step_00001.rhs.petsc, and so on");
  command.add_flag("--json", options.json, "one JSON object on standard output, all else on standard error");
  command.footer("The pressure is solved by dcd with cnn to 1e-6 unless PETSc options say otherwise; each cell is "
                 "a row.\nExit status: 0 when every solve converged, 1 otherwise.\n\n"
                 "Examples:\n"
                 "  linnet smoke --grid 128,192 --steps 200 --picture plume.png\n"
                 "  linnet smoke --scene dam --grid 64,64,64 --out dam -ksp_type cg -pc_type icc\n"
                 "  linnet smoke --grid 96,96 --save-systems systems; linnet sequence systems");
}

} // namespace linnet
