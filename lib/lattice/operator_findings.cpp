// What the blocks of an operator show together, over all ranks.
#include "lattice/operator_findings.hpp"
#include "base/threads.hpp"

#include <utility>

namespace linnet {

namespace {

template <class T>
PetscErrorCode Reduce(MPI_Comm comm, MPI_Datatype type, MPI_Op operation, std::initializer_list<T*> values) {
  std::vector<T> all;
  std::size_t next = 0;

  PetscFunctionBegin;
  for (const T* value : values)
    all.push_back(*value);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all.data(), static_cast<PetscMPIInt>(all.size()), type, operation, comm));
  for (T* value : values)
    *value = all[next++];
  PetscFunctionReturn(0);
}

// The excess of a row with so many couplings h of a voxel Laplacian whose cells have so many sides.
bool is_voxel_row(double excess, double h, int links, int sides, double tolerance) {
  const double multiple = excess / h, nearest = std::round(multiple);
  return nearest >= 0 && links + nearest <= sides && std::abs(multiple - nearest) <= tolerance;
}

bool is_voxel(const LatticeOperator& op, const std::vector<BlockFindings>& blocks) {
  double h = 0;
  for (const double unit : op.unit) {
    if (unit != 0 && h != 0 && unit != h)
      return false;
    h = unit != 0 ? unit : h;
  }
  const int sides = 6 - 2 * static_cast<int>(std::count(op.unit.begin(), op.unit.end(), 0));
  for (const BlockFindings& block : blocks) {
    for (std::size_t v = 0; v < block.excess_values.size(); ++v) {
      if (block.most_links[v] > 0 && !is_voxel_row(block.excess_values[v], h, block.most_links[v], sides, 1e-12))
        return false;
    }
  }
  return h != 0;
}

// Couplings that differ by rounding make the general form of a voxel Laplacian.
bool is_rounded_voxel(const LatticeOperator& op) {
  constexpr double rounding = 1e-10;
  const double h = op.max_coupling;
  if (!(op.min_coupling * h > 0 && h - op.min_coupling <= rounding * std::abs(h)))
    return false;
  unsigned seen = 0;
  for (const std::uint8_t links : op.links)
    seen |= links;
  int sides = 0, all = 1;
  for (unsigned axis = 0; axis < 3; ++axis)
    sides += (seen >> 2 * axis & 3U) ? 2 : 0;
#pragma omp parallel for reduction(min : all) schedule(static) num_threads(default_threads())
  for (std::size_t c = 0; c < op.cell_count(); ++c) {
    const unsigned links = op.links[c] & (LatticeOperator::row_bit - 1U);
    if ((op.links[c] & LatticeOperator::row_bit) && links)
      all = std::min<int>(all, is_voxel_row(op.excess[c], h, std::popcount(links), sides, rounding));
  }
  return all;
}

} // namespace

bool merge_units(const std::vector<BlockFindings>& blocks, LatticeOperator* op) {
  op->unit = {};
  for (const BlockFindings& block : blocks) {
    if (!block.uniform)
      return false;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (op->unit[axis] == 0)
        op->unit[axis] = block.unit[axis];
      else if (block.unit[axis] != 0 && block.unit[axis] != op->unit[axis])
        return false;
    }
  }
  return true;
}

bool merge_values(const std::vector<BlockFindings>& blocks, LatticeOperator* op,
                  std::vector<std::vector<std::uint8_t>>* code) {
  code->assign(blocks.size(), {});
  op->excess_values.clear();
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (!blocks[b].coded)
      return false;
    for (const double value : blocks[b].excess_values) {
      const auto known = std::find(op->excess_values.begin(), op->excess_values.end(), value);
      (*code)[b].push_back(static_cast<std::uint8_t>(known - op->excess_values.begin()));
      if (known == op->excess_values.end())
        op->excess_values.push_back(value);
    }
    if (op->excess_values.size() > UCHAR_MAX + 1)
      return false;
  }
  return true;
}

PetscErrorCode AgreeOnForm(MPI_Comm comm, bool uniform, bool coded, LatticeOperator* op) {
  std::array<double, 3>& unit = op->unit;
  std::array<double, 3> low = unit, high = unit;
  int differs = !uniform, many = !coded;

  PetscFunctionBegin;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (unit[axis] == 0) {
      low[axis] = HUGE_VAL;
      high[axis] = -HUGE_VAL;
    }
  }
  PetscCall(Reduce(comm, MPI_DOUBLE, MPI_MIN, {&low[0], &low[1], &low[2]}));
  PetscCall(Reduce(comm, MPI_DOUBLE, MPI_MAX, {&high[0], &high[1], &high[2]}));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    differs |= low[axis] < high[axis];
    unit[axis] = low[axis] == high[axis] ? low[axis] : 0;
  }
  PetscCall(Reduce(comm, MPI_INT, MPI_MAX, {&differs, &many}));
  op->uniform = !differs;
  op->coded = !differs && !many;
  PetscFunctionReturn(0);
}

PetscErrorCode Summarise(MPI_Comm comm, const std::vector<BlockFindings>& blocks, LatticeOperator* op) {
  BlockFindings sum;
  int wrapped[3] = {0, 0, 0};

  PetscFunctionBegin;
  for (const BlockFindings& block : blocks) {
    sum.coupled += block.coupled;
    sum.decoupled += block.decoupled;
    sum.min_coupling = std::min(sum.min_coupling, block.min_coupling);
    sum.max_coupling = std::max(sum.max_coupling, block.max_coupling);
    sum.min_excess = std::min(sum.min_excess, block.min_excess);
    sum.max_excess = std::max(sum.max_excess, block.max_excess);
    sum.wrapped |= block.wrapped;
  }
  PetscCall(Reduce(comm, MPIU_INT, MPI_SUM, {&sum.coupled, &sum.decoupled}));
  PetscCall(Reduce(comm, MPI_DOUBLE, MPI_MIN, {&sum.min_coupling, &sum.min_excess}));
  PetscCall(Reduce(comm, MPI_DOUBLE, MPI_MAX, {&sum.max_coupling, &sum.max_excess}));
  for (std::size_t axis = 0; axis < 3; ++axis)
    wrapped[axis] = static_cast<int>(sum.wrapped >> axis & 1);
  PetscCall(Reduce(comm, MPI_INT, MPI_MAX, {&wrapped[0], &wrapped[1], &wrapped[2]}));
  op->coupled_rows = sum.coupled;
  op->decoupled_rows = sum.decoupled;
  op->min_coupling = sum.coupled > 0 ? sum.min_coupling : 0;
  op->max_coupling = sum.coupled > 0 ? sum.max_coupling : 0;
  op->min_excess = sum.coupled > 0 ? sum.min_excess : 0;
  op->max_excess = sum.coupled > 0 ? sum.max_excess : 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    op->closes[axis] = wrapped[axis] != 0;
  PetscFunctionReturn(0);
}

PetscErrorCode SummariseGeneral(MPI_Comm comm, const std::vector<BlockFindings>& blocks, LatticeOperator* op) {
  int voxel = 0;

  PetscFunctionBegin;
  PetscCall(Summarise(comm, blocks, op));
  voxel = op->coupled_rows > 0 && is_rounded_voxel(*op);
  PetscCall(Reduce(comm, MPI_INT, MPI_MIN, {&voxel}));
  op->voxel = voxel;
  PetscFunctionReturn(0);
}

PetscErrorCode SummariseUniform(MPI_Comm comm, const std::vector<BlockFindings>& blocks, PetscInt rows,
                                LatticeOperator* op) {
  int voxel = 0;

  PetscFunctionBegin;
  PetscCall(Summarise(comm, blocks, op));
  voxel = op->coupled_rows > 0 && op->coded && (rows == 0 || is_voxel(*op, blocks));
  PetscCall(Reduce(comm, MPI_INT, MPI_MIN, {&voxel}));
  op->voxel = voxel;
  PetscFunctionReturn(0);
}

void negate_if_negative(LatticeOperator* op) {
  const bool of_one_sign = op->max_excess <= 0; // of coupled rows; others share values with them
  op->negated = op->max_coupling < 0 && (of_one_sign || !op->coded || op->decoupled_rows == 0);
  if (!op->negated)
    return;
  op->min_coupling = -std::exchange(op->max_coupling, -op->min_coupling);
  op->min_excess = 0 - std::exchange(op->max_excess, 0 - op->min_excess);
  for (double& h : op->unit)
    h = 0 - h;
  for (double& value : op->excess_values)
    value = of_one_sign ? std::abs(value) : -value;
  const auto cells = static_cast<std::ptrdiff_t>(op->coded ? 0 : op->cell_count());
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::ptrdiff_t i = 0; i < cells; ++i) {
    const auto c = static_cast<std::size_t>(i);
    for (Buffer<double>& face : op->face)
      if (!op->uniform)
        face[c] = 0 - face[c];
    op->excess[c] = op->links[c] == LatticeOperator::row_bit ? std::abs(op->excess[c]) : 0 - op->excess[c];
  }
}

} // namespace linnet
