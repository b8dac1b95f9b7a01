#include "lattice/operator.hpp"
#include "base/threads.hpp"
#include "lattice/guarded.hpp"
#include "lattice/operator_passes.hpp"
#include "lattice/row_factors.hpp"

#include <atomic>
#include <utility>

namespace linnet {

namespace {

// Rows are taken in blocks of this many, so that what a block finds does not depend on the threads.
constexpr PetscInt block_rows = 16384;

// Whether of `count` pairs of cells along an axis, both with rows here, one has a coupling that the other lacks.
template <unsigned axis>
bool some_one_sided(const std::uint8_t* lower, const std::uint8_t* upper, std::size_t count) {
  constexpr unsigned ahead = 2U << 2 * axis, back = 1U << 2 * axis;
  constexpr unsigned to_row_bit = LatticeOperator::row_bit / ahead;
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned a = lower[i], b = upper[i];
    const unsigned differs = ((a & ahead) ^ 2 * (b & back)) & (a & b & LatticeOperator::row_bit) / to_row_bit;
    bad = static_cast<std::uint8_t>(bad | differs);
  }
  return bad != 0;
}

// A cell whose upper neighbour has no coupling back, or the other way round, both having rows here; none: the cell
// count.
std::size_t find_one_sided(const LatticeOperator& op) {
  const std::size_t nx = static_cast<std::size_t>(op.size[0]), ny = static_cast<std::size_t>(op.size[1]);
  const std::size_t nz = static_cast<std::size_t>(op.size[2]), lines = ny * nz;
  std::size_t bad_line = lines;
#pragma omp parallel for reduction(min : bad_line) schedule(static) num_threads(default_threads())
  for (std::size_t line = 0; line < lines; ++line) {
    const std::array<std::size_t, 3> at{0, line % ny, line / ny};
    const std::uint8_t* own = op.links.data() + line * nx;
    bool bad = some_one_sided<0>(own, own + 1, nx - 1) || (op.wraps[0] && some_one_sided<0>(own + nx - 1, own, 1));
    for (std::size_t axis = 1; axis < 3; ++axis) {
      const std::size_t extent = static_cast<std::size_t>(op.size[axis]), step = op.stride(static_cast<int>(axis));
      const bool at_end = at[axis] + 1 == extent;
      if (at_end && !op.wraps[axis])
        continue;
      const std::uint8_t* upper = at_end ? own - (extent - 1) * step : own + step;
      bad = bad || (axis == 1 ? some_one_sided<1>(own, upper, nx) : some_one_sided<2>(own, upper, nx));
    }
    if (bad)
      bad_line = std::min(bad_line, line);
  }
  return bad_line == lines ? op.cell_count() : bad_line * nx;
}

template <class T>
void clear(Buffer<T>* buffer, std::size_t count, const std::vector<CellRange>& ranges) {
  buffer->resize(count);
  T* data = buffer->data();
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::size_t i = 0; i < ranges.size(); ++i)
    std::fill(data + ranges[i].first, data + ranges[i].last, T{});
}

// Whether the blocks have few values of the excess; where they were read with codes, these get one list of values.
bool join_codes(const Pass& pass, bool coded, const std::vector<BlockFindings>& blocks) {
  LatticeOperator& op = *pass.op;
  std::vector<std::vector<std::uint8_t>> code;
  if (!merge_values(blocks, &op, &code))
    return false;
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::size_t b = 0; b < (coded ? blocks.size() : 0); ++b) {
    bool same = true;
    for (std::size_t v = 0; v < code[b].size(); ++v)
      same &= code[b][v] == v;
    if (same)
      continue;
    const PetscInt first = static_cast<PetscInt>(b) * block_rows;
    const PetscInt last = std::min(pass.rows.count, first + std::min(block_rows, PETSC_MAX_INT - first));
    CellWalker walker(pass.lattice.size);
    for (PetscInt r = first; r < last; ++r) {
      const PetscInt cell = pass.lattice.cell(r);
      std::uint8_t& c =
          op.excess_code[pass.whole ? static_cast<std::size_t>(cell) : pass.place(cell, walker.move_to(cell))];
      c = code[b][c];
    }
  }
  return true;
}

std::string entry_text(PetscInt row, PetscInt column) {
  return "entry (" + std::to_string(row) + ", " + std::to_string(column) + ")";
}

PetscInt row_at(const Pass& pass, std::size_t place) {
  PetscInt row = 0;
  while (pass.op->box_index(pass.lattice, pass.lattice.cell(row)) != place)
    ++row;
  return row;
}

// The lowest faulty row, in one line; empty where there is none.
std::string first_fault(const Pass& pass, const std::vector<BlockFindings>& blocks) {
  for (const BlockFindings& block : blocks)
    if (block.fault != Fault::none)
      return describe_fault(block.fault, pass.rows, pass.lattice, pass.ghost_cells, block.bad_row);
  const LatticeOperator& op = *pass.op;
  const std::size_t bad_line = find_one_sided(op);
  for (std::size_t c = bad_line; c < std::min(op.cell_count(), bad_line + std::size_t(op.size[0])); ++c) {
    for (Direction d = 1; d < 6; d += 2) {
      const std::size_t extent = std::size_t(op.size[static_cast<std::size_t>(d / 2)]);
      if (!op.wraps[static_cast<std::size_t>(d / 2)] && c / op.stride(d / 2) % extent == extent - 1)
        continue;
      const std::size_t other = op.neighbour(c, d);
      const bool there = op.links[c] >> d & 1, back = op.links[other] >> (d ^ 1) & 1;
      if (there != back && (op.links[c] & op.links[other] & LatticeOperator::row_bit)) {
        const PetscInt row = pass.rows.begin + row_at(pass, there ? c : other);
        const PetscInt column = pass.rows.begin + row_at(pass, there ? other : c);
        return entry_text(row, column) + " is not zero, " + entry_text(column, row) + " is: not symmetric";
      }
    }
  }
  return bad_line < op.cell_count() ? "the nonzeros are not symmetric" : "";
}

PetscInt block_end(PetscInt rows, PetscInt first, PetscInt length) {
  return rows - first > length ? first + length : rows;
}

// What the rows show of the uniform form, with codes or with the excess of each row.
std::vector<BlockFindings> read_blocks(const Pass& pass, bool coded, const std::vector<CellRange>& empty) {
  LatticeOperator& op = *pass.op;
  const PetscInt rows = pass.rows.count;
  std::vector<BlockFindings> blocks(static_cast<std::size_t>(rows / block_rows + (rows % block_rows > 0)));
  std::atomic<bool> goes_on = true;
  if (coded)
    clear(&op.excess_code, op.cell_count(), empty);
  else
    clear(&op.excess, op.cell_count(), empty);
  const auto read = [&](std::size_t b) {
    const PetscInt first = static_cast<PetscInt>(b) * block_rows;
    if (goes_on.load(std::memory_order_relaxed))
      (coded ? read_coded : read_uniform)(pass, first, block_end(rows, first, block_rows), &blocks[b]);
    if (!blocks[b].uniform || (coded && !blocks[b].coded))
      goes_on.store(false, std::memory_order_relaxed);
  };
  // The others begin with the values of the first, so that their codes are mostly those of all.
  if (!blocks.empty())
    read(0);
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::size_t b = 1; b < blocks.size(); ++b) {
    blocks[b].excess_values = blocks[0].excess_values;
    blocks[b].most_links.assign(blocks[0].excess_values.size(), 0);
    read(b);
  }
  return blocks;
}

// Tries the uniform form: op->uniform where all ranks have it, and *refusal where neither form will do.
PetscErrorCode BuildUniform(MPI_Comm comm, const Pass& pass, const std::vector<CellRange>& empty,
                            std::string* refusal) {
  LatticeOperator& op = *pass.op;
  std::vector<BlockFindings> blocks;
  bool coded = !op.uniform || op.coded; // otherwise it had many values, and may have them again

  PetscFunctionBegin;
  for (;;) { // at most three times: with many values, once they are few, with codes
    blocks = read_blocks(pass, coded, empty);
    const bool uniform = merge_units(blocks, &op);
    PetscCall(AgreeOnForm(comm, uniform, uniform && join_codes(pass, coded, blocks), &op));
    if (!op.uniform || op.coded == coded)
      break;
    coded = op.coded;
  }
  if (!op.uniform)
    PetscFunctionReturn(0);
  *refusal = first_fault(pass, blocks);
  PetscCall(AgreeOnRefusal(comm, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  for (Buffer<double>& face : op.face)
    face.release();
  if (coded) {
    op.excess.release();
  } else {
    op.excess_code.release();
    op.excess_values.clear();
  }
  PetscCall(SummariseUniform(comm, blocks, pass.rows.count, &op));
  negate_if_negative(&op);
  PetscFunctionReturn(0);
}

PetscErrorCode BuildGeneral(MPI_Comm comm, const Pass& pass, const std::vector<CellRange>& empty,
                            std::string* refusal) {
  LatticeOperator& op = *pass.op;
  const PetscInt rows = pass.rows.count;
  const std::size_t cells = op.cell_count();
  const PetscInt threads = std::max(1, std::min<PetscInt>(default_threads(), rows));
  const PetscInt length = rows / threads + (rows % threads > 0);
  std::vector<BlockFindings> blocks(static_cast<std::size_t>(threads));
  std::vector<std::vector<PetscInt>> later(blocks.size());

  PetscFunctionBegin;
  op.voxel = false;
  op.excess_code.release();
  op.excess_values.clear();
  op.unit = {};
  clear(&op.excess, cells, empty);
  for (Buffer<double>& face : op.face)
    clear(&face, cells, empty);
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const PetscInt first = std::min(rows, static_cast<PetscInt>(b) * length);
    read_general(pass, first, block_end(rows, first, length), &blocks[b], &later[b]);
  }
  const bool faulty = std::any_of(blocks.begin(), blocks.end(), [](const BlockFindings& block) {
    return block.fault != Fault::none && block.fault != Fault::asymmetric;
  });
  if (!faulty) {
#pragma omp parallel for schedule(static) num_threads(default_threads())
    for (std::size_t b = 0; b < blocks.size(); ++b)
      compare_later(pass, later[b], &blocks[b]);
  }
  *refusal = first_fault(pass, blocks);
  PetscCall(AgreeOnRefusal(comm, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  PetscCall(SummariseGeneral(comm, blocks, &op));
  negate_if_negative(&op);
  PetscFunctionReturn(0);
}

PetscErrorCode BuildFromRows(Mat A, const LocalRows& rows, const Lattice& lattice,
                             const std::vector<PetscInt>& ghost_cells, LatticeOperator* op, std::string* refusal) {
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(A));

  PetscFunctionBegin;
  refusal->clear();
  CellBreaks breaks = lattice.natural ? CellBreaks() : CellBreaks(lattice.cells);
  choose_box(lattice, breaks, rows.count, rows.global_count, op);
  std::size_t cells = 1;
  for (const PetscInt extent : op->size)
    cells *= static_cast<std::size_t>(extent);
  const Pass pass{rows, lattice, ghost_cells.data(), op, rows.count == rows.global_count, std::move(breaks)};
  op->links.resize(cells);
  const std::vector<CellRange> empty = cells_to_clear(pass);
  clear(&op->links, cells, empty);
  PetscCall(BuildUniform(comm, pass, empty, refusal));
  if (!op->uniform)
    PetscCall(BuildGeneral(comm, pass, empty, refusal));
  if (refusal->empty() && rows.other.ia) {
    PetscCall(CheckAcrossRanks(A, rows, lattice, ghost_cells.data(), *op, refusal));
    PetscCall(AgreeOnRefusal(comm, refusal));
  }
  PetscFunctionReturn(0);
}

// As the rows are; if that is refused, without what can be left out; if that is, or some rows have the wrong sign, with
// factors of rows.
PetscErrorCode BuildFromMatrix(Mat A, LocalRows* rows, const Lattice& lattice, LatticeOperator* op,
                               std::string* refusal) {
  std::vector<PetscInt> ghost_cells;
  std::string with_factors;

  PetscFunctionBegin;
  if (rows->other.ia)
    PetscCall(FindGhostCells(*rows, lattice, &ghost_cells));
  PetscCall(BuildFromRows(A, *rows, lattice, ghost_cells, op, refusal));
  for (const bool rounding : {false, true}) {
    if (refusal->empty())
      break;
    if (rounding)
      PetscCall(DropRounding(A, rows, &op->rounded));
    if (!rounding || op->rounded)
      PetscCall(DropFixedColumns(A, rows, &op->fixed_columns));
    if (rounding ? op->rounded : op->fixed_columns.any)
      PetscCall(BuildFromRows(A, *rows, lattice, ghost_cells, op, refusal));
  }
  op->has_row_factors = refusal->empty() && op->negated;
  if (op->has_row_factors)
    signs_of_negated(*rows, lattice, op);
  if (refusal->empty() && op->min_coupling >= 0)
    PetscFunctionReturn(0);
  PetscCall(MultiplyByRowFactors(A, lattice, ghost_cells.data(), rows, &op->row_factors, &op->has_row_factors));
  if (!op->has_row_factors)
    PetscFunctionReturn(0);
  PetscCall(BuildFromRows(A, *rows, lattice, ghost_cells, op, &with_factors));
  if (with_factors.empty() || refusal->empty())
    *refusal = with_factors;
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode BuildLatticeOperator(Mat A, const Lattice& lattice, LatticeOperator* op, std::string* refusal) {
  LocalRows rows;
  PetscErrorCode status = 0;

  PetscFunctionBegin;
  PetscCall(OpenLocalRows(A, &rows, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  op->fixed_columns = {};
  op->rounded = false;
  status = Guarded([&] { return BuildFromMatrix(A, &rows, lattice, op, refusal); });
  PetscCall(CloseLocalRows(&rows));
  PetscCall(status);
  PetscFunctionReturn(0);
}

} // namespace linnet
