#include "latticemg/multigrid.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// Excess below zero by no more than this of the diagonal is taken for rounding in the matrix.
constexpr double rounding_of_excess = 1e-10;

std::string cell_text(const LatticeOperator& op, std::size_t c) {
  const std::size_t nx = static_cast<std::size_t>(op.size[0]), ny = static_cast<std::size_t>(op.size[1]);
  return "cell (" + std::to_string(c % nx) + ", " + std::to_string(c / nx % ny) + ", " + std::to_string(c / nx / ny) +
         ")";
}

std::string number_text(double value) {
  char text[32];
  (void)std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

// The axes with more than one cell first, in their order, but the second of two last: sweeps go along planes of the
// last.
std::array<int, 3> order_axes(const GridSize& size) {
  std::array<int, 3> axis{0, 1, 2};
  std::stable_partition(axis.begin(), axis.end(), [&](int a) { return size[static_cast<std::size_t>(a)] > 1; });
  if (size[static_cast<std::size_t>(axis[2])] == 1)
    std::swap(axis[1], axis[2]);
  return axis;
}

// Strides of a level of size[], periodic[]; its fields are nowhere yet.
void set_strides(Level* level) {
  const std::ptrdiff_t length = round_up(level->count(0)) + block;
  const std::ptrdiff_t lines = level->size[1] > 1 ? level->size[1] + 1 + level->periodic[1] : 1;
  level->line = level->size[1] > 1 ? length : 0;
  level->plane = level->size[2] > 1 ? lines * length : 0;
  level->front = (lines + 1) * length;
  level->gap = ((level->size[2] > 1 ? level->size[2] + 1 : 1) * lines + 3) * length + level->front;
}

Level coarser(const Level& fine) {
  Level coarse{};
  for (int a = 0; a < 3; ++a) {
    coarse.size[a] = (fine.size[a] + 1) / 2;
    coarse.periodic[a] = fine.periodic[a] && coarse.size[a] > 2;
  }
  set_strides(&coarse);
  return coarse;
}

std::ptrdiff_t cells_of(const Level& level) {
  return static_cast<std::ptrdiff_t>(level.size[0]) * level.size[1] * level.size[2];
}

// u, b, inverse, diagonal and three faces of a level, zero.
constexpr std::ptrdiff_t field_count = 7;

void place_fields(int threads, Level* level, Buffer<float>* memory) {
  // Fields that begin at the same place of a page would compete for the same places in the cache.
  const std::ptrdiff_t stagger = 5 * block, length = 2 * level->gap + stagger;
  memory->resize(static_cast<std::size_t>(field_count * length));
  float* data = memory->data();
  const std::ptrdiff_t count = field_count * length;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (std::ptrdiff_t i = 0; i < count; ++i)
    data[i] = 0;
  float** const fields[] = {&level->u,       &level->b,       &level->inverse, &level->diagonal,
                            &level->face[0], &level->face[1], &level->face[2]};
  for (float** field : fields) {
    *field = data + level->front;
    data += length;
  }
}

} // namespace

std::string Multigrid::check(const LatticeOperator& op) const {
  const std::string needs = ": latticemg needs a symmetric M-matrix (no coupling and no row sum below zero)";
  if (op.min_coupling < 0)
    return "a coupling is " + number_text(op.min_coupling) + ", an off-diagonal entry of the other sign" + needs;
  const bool look = op.min_excess < 0 || op.decoupled_rows > 0;
  for (std::size_t c = 0; look && c < op.cell_count(); ++c) {
    if (!op.links[c])
      continue;
    const double excess = op.excess_of(c);
    double diagonal = std::abs(excess);
    for (Direction d = 0; d < 6; ++d)
      diagonal += op.coupling(c, d);
    if (excess < -rounding_of_excess * diagonal)
      return "the row of " + cell_text(op, c) + " sums to " + number_text(excess) + needs;
  }
  return "";
}

void Multigrid::lay_out(const LatticeOperator& op) {
  axis_ = order_axes(op.size);
  levels_.clear();
  Level level{};
  for (int a = 0; a < 3; ++a) {
    level.size[a] = op.size[static_cast<std::size_t>(axis_[a])];
    level.periodic[a] = op.wraps[static_cast<std::size_t>(axis_[a])];
  }
  set_strides(&level);
  levels_.push_back(level);
  while (cells_of(levels_.back()) > coarsest_cells)
    levels_.push_back(coarser(levels_.back()));
  fields_.resize(levels_.size());
}

std::string Multigrid::build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads) {
  if (std::string refusal = check(op); !refusal.empty())
    return refusal;
  const bool laid = !levels_.empty() && laid_size_ == op.size && laid_periodic_ == op.wraps;
  if (!laid) {
    lay_out(op);
    if (2 * levels_[0].gap > std::numeric_limits<std::uint32_t>::max()) {
      levels_.clear();
      return "the lattice has too many cells for latticemg";
    }
    for (std::size_t l = 0; l < levels_.size(); ++l)
      place_fields(threads, &levels_[l], &fields_[l]);
    laid_size_ = op.size;
    laid_periodic_ = op.wraps;
  }
  const double largest = std::max(op.max_coupling, op.max_excess);
  scale_ = largest > 0 ? 1 / largest : 1;
  import_operator(op, axis_, scale_, threads, &levels_[0]);
  set_diagonals(threads, &levels_[0]);
  for (std::size_t l = 1; l < levels_.size(); ++l) {
    coarsen(levels_[l - 1], threads, &levels_[l]);
    set_diagonals(threads, &levels_[l]);
  }
  coarsest_.build(levels_.back(), levels_.back().b);
  const Level& finest = levels_[0];
  std::fill_n(finest.b - finest.front, 2 * finest.gap, 0.0F); // where no row lies nothing else writes
  place_rows(op, lattice, rows, threads);
  find_decoupled(op, lattice, rows);
  return "";
}

void Multigrid::place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads) {
  const PetscInt nx = op.size[0], ny = op.size[1];
  const Level& finest = levels_[0];
  place_.resize(static_cast<std::size_t>(rows));
#pragma omp parallel for schedule(static) num_threads(threads)
  for (PetscInt r = 0; r < rows; ++r) {
    const PetscInt cell = lattice.cell(r), line = cell / nx;
    const PetscInt at[3] = {cell - line * nx, line % ny, line / ny};
    place_[static_cast<std::size_t>(r)] =
        static_cast<std::uint32_t>(finest.at(at[axis_[0]], at[axis_[1]], at[axis_[2]]));
  }
}

void Multigrid::find_decoupled(const LatticeOperator& op, const Lattice& lattice, PetscInt rows) {
  decoupled_.clear();
  for (PetscInt r = 0; op.decoupled_rows > 0 && r < rows; ++r) {
    const std::size_t c = op.box_index(lattice, lattice.cell(r));
    if (op.links[c] != LatticeOperator::row_bit)
      continue;
    const double diagonal = op.excess_of(c);
    decoupled_.emplace_back(r, diagonal > 0 ? 1 / diagonal : 0); // a row of zeros is a singular component
  }
}

void Multigrid::apply(const CycleOptions& options, const double* r, double* z) {
  const auto rows = static_cast<std::ptrdiff_t>(place_.size());
  const Kernels& kernels = options.kernels ? *options.kernels : *supported_kernels()[0];
  const Level& finest = levels_[0];
  scratch_.resize(std::max(scratch_.size(), static_cast<std::size_t>(options.threads)));
  for (std::vector<float>& line : scratch_)
    line.resize(static_cast<std::size_t>(round_up(finest.size[0])) + block);
  double largest = 0;
  bool finite = true;
#pragma omp parallel num_threads(options.threads)
  {
    const Team team{omp_get_thread_num(), omp_get_num_threads()};
#pragma omp for schedule(static) reduction(max : largest) reduction(&& : finite)
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      const double size = std::abs(r[i]);
      largest = size > largest ? size : largest;
      finite = finite && size <= std::numeric_limits<double>::max();
    }
    if (finite && largest > 0) {
      // In units of the largest: single precision has its range to itself.
      const double down = 1 / largest, up = largest * scale_;
#pragma omp for schedule(static)
      for (std::ptrdiff_t i = 0; i < rows; ++i)
        finest.b[place_[static_cast<std::size_t>(i)]] = static_cast<float>(r[i] * down);
      run_cycle(levels_, &coarsest_, options, kernels, team, scratch_[static_cast<std::size_t>(team.id)].data());
#pragma omp barrier
#pragma omp for schedule(static)
      for (std::ptrdiff_t i = 0; i < rows; ++i)
        z[i] = up * finest.u[place_[static_cast<std::size_t>(i)]];
    }
  }
  if (!finite || largest == 0)
    std::fill_n(z, rows, finite ? 0 : std::numeric_limits<double>::quiet_NaN());
  else
    for (const auto& [row, inverse] : decoupled_)
      z[row] = r[row] * inverse;
}

std::size_t Multigrid::bytes() const {
  std::size_t sum = code_.size() + place_.size() * sizeof(std::uint32_t) + coarsest_.bytes() +
                    decoupled_.size() * sizeof(decoupled_[0]);
  for (const Buffer<float>& field : fields_)
    sum += field.size() * sizeof(float);
  for (const std::vector<float>& line : scratch_)
    sum += line.size() * sizeof(float);
  return sum;
}

double Multigrid::flops(const CycleOptions& options) const {
  // A half sweep takes 13 operations (9 with uniform couplings) on half of the cells; the residual of one colour 3
  // more.
  double sum = 0, visits = 1;
  for (std::size_t l = 0; l + 1 < levels_.size(); ++l) {
    const double cells = static_cast<double>(cells_of(levels_[l])), relax = levels_[l].code ? 10 : 13;
    sum += visits * cells * (2 * options.sweeps * relax + (relax + 3) / 2 + 1);
    if (options.w_cycle && l + 2 < levels_.size())
      visits *= 2;
  }
  const double n = static_cast<double>(coarsest_.unknowns());
  return sum + visits * 2 * n * n + 3 * static_cast<double>(place_.size());
}

} // namespace linnet::latticemg
