#include "cli/system.hpp"

#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/grid_option.hpp"
#include "cli/lattice_system.hpp"
#include "cli/null_space.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"
#include "cli/right_hand_side.hpp"
#include "files/read.hpp"

#include <limits>
#include <sstream>

namespace linnet {

namespace {

// What rank 0 hands out.
struct Whole {
  SparseMatrix matrix;
  Properties properties;
  ComponentOfRow singular;
  RowWeights weights;
  std::int64_t empty = 0;
  // Of a system that was generated, with right-hand side and grid; or of --cells.
  std::vector<double> rhs;
  std::vector<std::int32_t> cells;
  std::array<std::int64_t, 3> grid{};
};

bool generates_right_hand_side(const SystemOptions& options) {
  return options.rhs.empty() && is_generate(options.matrix);
}

// The cell of each row, distinct and inside the grid.
void check_cells(const std::string& file, const std::vector<std::int64_t>& cells, std::int64_t n,
                 const std::array<std::int64_t, 3>& grid) {
  const std::int64_t size = grid[0] * grid[1] * grid[2];
  if (static_cast<std::int64_t>(cells.size()) != n)
    throw InputError(file, "",
                     "expected one cell for each of the " + std::to_string(n) + " rows of the matrix, found " +
                         std::to_string(cells.size()));
  std::vector<bool> taken(size, false);
  for (size_t row = 0; row < cells.size(); ++row) {
    const std::string place = "row " + std::to_string(row + 1);
    if (cells[row] < 0 || cells[row] >= size)
      throw InputError(file, place,
                       "expected a cell from 0 to " + std::to_string(size - 1) + ", found " +
                           std::to_string(cells[row]));
    if (taken[cells[row]])
      throw InputError(file, place, "expected distinct cells, found " + std::to_string(cells[row]) + " again");
    taken[cells[row]] = true;
  }
}

std::vector<std::int32_t> read_cells_of(const SystemOptions& options, std::int64_t n,
                                        const std::array<std::int64_t, 3>& grid) {
  const std::vector<std::int64_t> cells = read_cells(options.cells);
  check_cells(options.cells, cells, n, grid);
  return {cells.begin(), cells.end()};
}

Whole read_whole(const SystemOptions& options) {
  Whole whole;
  if (is_generate(options.matrix)) {
    PressureSystem generated = generated_system(parse_generate(options.matrix, "MATRIX"));
    whole.matrix = std::move(generated.matrix);
    whole.rhs = std::move(generated.rhs);
    whole.grid = {generated.grid.nx, generated.grid.ny, generated.grid.nz};
    whole.cells.assign(generated.cells.begin(), generated.cells.end());
  } else {
    whole.matrix = read_square_matrix(options);
  }
  if (!options.cells.empty()) {
    const VoxelGrid grid = parse_grid(options.grid);
    whole.grid = {grid.nx, grid.ny, grid.nz};
    whole.cells = read_cells_of(options, whole.matrix.rows, whole.grid);
  }
  const std::int64_t nnz = whole.matrix.nnz();
  const std::vector<std::int32_t> empty = empty_rows(whole.matrix);
  whole.empty = static_cast<std::int64_t>(empty.size());
  if (!empty.empty())
    set_unit_diagonals(whole.matrix, empty);
  whole.properties = analyse(whole.matrix, whole.singular, whole.weights);
  whole.properties.nnz = nnz;
  if (!empty.empty() && whole.singular.empty())
    whole.singular.assign(whole.matrix.rows, -1);
  for (const std::int32_t row : empty)
    whole.singular[row] = empty_row;
  return whole;
}

// Block r of entries begins where its first row does.
std::vector<std::int64_t> entry_blocks(const SparseMatrix& matrix, const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> first;
  first.reserve(rows.size());
  for (const std::int64_t row : rows)
    first.push_back(matrix.row_start[row]);
  return first;
}

void create_matrix(System& system, SparseMatrix& whole) {
  const MPI_Comm comm = system.comm;
  const int rank = rank_of(comm), ranks = size_of(comm);
  const std::int64_t n = system.properties.n;
  const std::vector<std::int64_t> rows = row_blocks(comm, n);
  const std::int64_t most = std::numeric_limits<PetscInt>::max();

  std::vector<std::int64_t> entries(ranks + 1, 0);
  on_rank_0(comm, [&] {
    entries = entry_blocks(whole, rows);
    for (int r = 0; r < ranks; ++r)
      if (entries[r + 1] - entries[r] > most)
        throw InputError(system.file, "",
                         "expected at most " + std::to_string(most) + " entries a rank, found " +
                             std::to_string(entries[r + 1] - entries[r]) + ": run on more ranks");
  });
  MPI_Bcast(entries.data(), ranks + 1, MPI_INT64_T, 0, comm);

  if (ranks == 1) {
    system.column = std::move(whole.column);
    system.value = std::move(whole.value);
    system.row_start.assign(whole.row_start.begin(), whole.row_start.end());
  } else {
    const std::vector<std::int64_t> starts = scatter(comm, whole.row_start, rows);
    system.row_start.reserve(starts.size() + 1);
    for (const std::int64_t start : starts)
      system.row_start.push_back(static_cast<PetscInt>(start - entries[rank]));
    system.row_start.push_back(static_cast<PetscInt>(entries[rank + 1] - entries[rank]));
    system.column = scatter(comm, whole.column, entries);
    whole.column = {};
    system.value = scatter(comm, whole.value, entries);
  }
  whole = {};

  const auto local = static_cast<PetscInt>(rows[rank + 1] - rows[rank]), global = static_cast<PetscInt>(n);
  if (ranks == 1) {
    check(MatCreateSeqAIJWithArrays(comm, global, global, system.row_start.data(), system.column.data(),
                                    system.value.data(), system.A.out()));
  } else {
    check(MatCreateMPIAIJWithArrays(comm, local, local, global, global, system.row_start.data(), system.column.data(),
                                    system.value.data(), system.A.out())); // a copy
    system.row_start = {};
    system.column = {};
    system.value = {};
  }
  if (system.properties.symmetric) {
    check(MatSetOption(system.A, MAT_SYMMETRIC, PETSC_TRUE));
    check(MatSetOption(system.A, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
  }
  if (system.properties.known_spd())
    check(MatSetOption(system.A, MAT_SPD, PETSC_TRUE));
  if (option_given("-mat_type")) {
    Mat converted = system.A;
    check(MatConvert(system.A, option_value("-mat_type", MATAIJ).c_str(), MAT_INPLACE_MATRIX, &converted));
  }
}

// `cells`: of all rows, on rank 0.
void compose_cells(System& system, const std::vector<std::int32_t>& cells) {
  const std::vector<std::int32_t> mine = scatter(system.comm, cells, row_offsets(system));
  IsHandle numbers;
  check(
      ISCreateGeneral(system.comm, static_cast<PetscInt>(mine.size()), mine.data(), PETSC_COPY_VALUES, numbers.out()));
  compose_cells(system.A, numbers);
}

std::string counted(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// `generated`: on rank 0, where it is what is asked for.
void create_right_hand_side(System& system, const SystemOptions& options, std::vector<double> generated,
                            std::int64_t empty) {
  std::vector<double> mine;
  if (!generates_right_hand_side(options))
    mine = right_hand_side(system.comm, parse_right_hand_side(right_hand_side_of(options)), row_offsets(system));
  else if (size_of(system.comm) == 1)
    mine = std::move(generated);
  else
    mine = scatter(system.comm, generated, row_offsets(system));
  generated = {};
  check(MatCreateVecs(system.A, nullptr, system.b.out()));
  PetscScalar* values = nullptr;
  check(VecGetArray(system.b, &values));
  for (size_t i = 0; i < mine.size(); ++i)
    values[i] = !system.singular.empty() && system.singular[i] == empty_row ? 0 : mine[i];
  check(VecRestoreArray(system.b, &values));

  const bool speaks = rank_of(system.comm) == 0;
  if (empty > 0 && speaks)
    tell(counted(empty, "row") + " without entries: the right-hand side and the solution are set to 0 there");
  const Properties& properties = system.properties;
  if (properties.singular_components == 0)
    return;
  const double removed = project_right_hand_side(system);
  if (!speaks)
    return;
  std::ostringstream text;
  text.precision(3);
  text << "singular: the rows of " << counted(properties.singular_components, "component") << " ("
       << counted(properties.singular_rows, "row") << ") sum to zero; constants are the null space, ";
  if (properties.left_constants || properties.left_weighted)
    text << "removed the incompatible part of the right-hand side (" << removed << " of its norm)";
  else
    text << "the right-hand side is left as it is: the matrix is not symmetric and its range is unknown";
  tell(text.str());
}

} // namespace

SparseMatrix read_square_matrix(const SystemOptions& options) {
  Progress progress(true);
  ReadOptions reading;
  reading.pattern_as_ones = options.pattern;
  reading.progress = [&](double fraction) {
    if (progress.due())
      progress.show("reading " + options.matrix + ": " + std::to_string(static_cast<int>(100 * fraction)) + " %");
  };
  SparseMatrix matrix = read_matrix(options.matrix, reading);
  if (matrix.rows != matrix.cols)
    throw InputError(options.matrix, "",
                     "expected a square matrix, found " + std::to_string(matrix.rows) + " x " +
                         std::to_string(matrix.cols));
  if (matrix.rows == 0)
    throw InputError(options.matrix, "", "expected at least one row, found none");
  return matrix;
}

namespace {

void read_assembled(const SystemOptions& options, System& system) {
  const MPI_Comm comm = system.comm;
  Whole whole;
  on_rank_0(comm, [&] { whole = read_whole(options); });
  std::int64_t empty = whole.empty;
  system.properties = whole.properties;
  MPI_Bcast(&system.properties, sizeof(Properties), MPI_BYTE, 0, comm);
  MPI_Bcast(&empty, 1, MPI_INT64_T, 0, comm);
  if (system.properties.singular_components > 0 || empty > 0)
    system.singular = scatter(comm, whole.singular, row_blocks(comm, system.properties.n));
  if (system.properties.left_weighted)
    system.weights = scatter(comm, whole.weights, row_blocks(comm, system.properties.n));
  whole.singular = {};
  whole.weights = {};
  std::vector<double> rhs = std::move(whole.rhs);
  const std::vector<std::int32_t> cells = std::move(whole.cells);
  system.grid = whole.grid;
  MPI_Bcast(system.grid.data(), 3, MPI_INT64_T, 0, comm);
  create_matrix(system, whole.matrix);
  if (system.grid[0] > 0)
    compose_cells(system, cells);
  attach_null_space(system);
  create_right_hand_side(system, options, std::move(rhs), empty);
}

void generate_matrix_free(const SystemOptions& options, System& system) {
  PressureProblem problem;
  on_rank_0(system.comm, [&] { problem = generated_problem(parse_generate(options.matrix, "MATRIX")); });
  system.matrix_free = true;
  const std::int64_t empty = create_lattice_system(system, problem);
  attach_null_space(system);
  create_right_hand_side(system, options, std::move(problem.rhs), empty);
}

} // namespace

std::string right_hand_side_of(const SystemOptions& options) {
  return !options.rhs.empty() ? options.rhs : is_generate(options.matrix) ? "generated" : "random:1";
}

std::vector<std::int64_t> row_offsets(const System& system) {
  const PetscInt* first = nullptr;
  check(MatGetOwnershipRanges(system.A, &first));
  return {first, first + size_of(system.comm) + 1};
}

void read_system(MPI_Comm comm, const SystemOptions& options, System& system) {
  const double begin = MPI_Wtime();
  const bool generated = is_generate(options.matrix);
  system.comm = comm;
  system.file = options.matrix;
  system.rhs = right_hand_side_of(options);
  if (options.cells.empty() != options.grid.empty())
    throw InputError(options.cells.empty() ? "--grid: expected --cells FILE beside it"
                                           : "--cells: expected --grid NX,NY,NZ beside it");
  if (generated && !options.cells.empty())
    throw InputError("--cells: expected a matrix file, found '" + options.matrix + "'");
  if (options.matrix_free && !generated)
    throw InputError("--matrix-free: expected 'generate poisson ...' for MATRIX, found '" + options.matrix + "'");
  if (!options.grid.empty())
    (void)parse_grid(options.grid);
  if (!generates_right_hand_side(options))
    (void)parse_right_hand_side(system.rhs);
  if (options.matrix_free)
    generate_matrix_free(options, system);
  else
    read_assembled(options, system);
  system.read_seconds = MPI_Wtime() - begin;
}

std::vector<double> gather_vector(const System& system, Vec x) {
  const PetscScalar* values = nullptr;
  check(VecGetArrayRead(x, &values));
  std::vector<double> all = gather(system.comm, values, row_offsets(system));
  check(VecRestoreArrayRead(x, &values));
  return all;
}

} // namespace linnet
