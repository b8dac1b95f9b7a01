#include "lattice/operator_passes.hpp"

#include <limits>
#include <numeric>

namespace linnet {

namespace {

struct TakeCouplings {
  RowCouplings* row;
  void operator()(Direction d, double w, PetscInt column) const {
    row->w[d] = w;
    row->column[d] = column;
  }
};

Fault read_couplings(RowReader* reader, PetscInt r, RowCouplings* row) {
  TakeCouplings take{row};
  *row = RowCouplings{};
  return reader->read(r, row, take);
}

// Whether all couplings along an axis are those seen there first, bit by bit: integers compare faster.
struct CompareUnits {
  std::array<std::uint64_t, 3> unit{};
  std::uint64_t difference = 0;
  void operator()(Direction d, double w, PetscInt) {
    std::uint64_t& h = unit[static_cast<std::size_t>(d / 2)];
    const auto bits = std::bit_cast<std::uint64_t>(w);
    h = h == 0 ? bits : h;
    difference |= h ^ bits;
  }
};

// Compares the lower couplings of a row, those that `wanted` chooses by column, with the faces of the cells below;
// false where one differs. A face whose cell has no row here belongs to another rank: it is written.
template <class Wanted>
bool compare_lower(const Pass& pass, const RowCouplings& row, std::size_t c, Wanted&& wanted) {
  LatticeOperator& op = *pass.op;
  for (Direction d = 0; d < 6; d += 2) {
    if (!(row.links >> d & 1) || !wanted(row.column[d]))
      continue;
    double& face = op.face[static_cast<std::size_t>(d / 2)][op.neighbour(c, d)];
    if (row.column[d] < 0)
      face = row.w[d];
    else if (!same_coupling(face, row.w[d]))
      return false;
  }
  return true;
}

// Links of rows first ... last - 1 as long as each axis has one coupling. take(r, limit, row, cell of the box) takes
// row r, and those after it before `limit` that have its links and couplings; it returns the row after them, or r to
// stop.
template <class Take>
void read_units(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found, const Take& take) {
  RowReader reader(pass.rows, pass.lattice, pass.ghost_cells);
  LatticeOperator& op = *pass.op;
  CompareUnits units;
  RowSums row{};
  for (PetscInt r = first, next = first; r < last; r = next) {
    found->fault = reader.read(r, &row, units);
    found->bad_row = found->fault == Fault::none ? -1 : r;
    found->uniform = units.difference == 0;
    if (found->fault != Fault::none || !found->uniform)
      return;
    const std::size_t c = pass.place(reader.cell(), reader.at());
    next = take(r, pass.stretch_limit(r, last, reader.at(), row), row, c);
    if (next == r)
      return;
    std::fill_n(op.links.data() + c, next - r, static_cast<std::uint8_t>(row.links | LatticeOperator::row_bit));
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double h = found->unit[axis] = std::bit_cast<double>(units.unit[axis]);
    if (h != 0) {
      found->min_coupling = std::min(found->min_coupling, h);
      found->max_coupling = std::max(found->max_coupling, h);
    }
  }
}

} // namespace

PetscInt Pass::stretch_limit(PetscInt r, PetscInt last, const GridSize& at, const RowSums& row) const {
  if (row.wrapped)
    return r + 1;
  const bool stops_short = row.links >> 1 & 1;
  PetscInt end = std::min(last - r, lattice.size[0] - at[0] - stops_short) + r;
  if (rows.other.ia)
    end = static_cast<PetscInt>(std::upper_bound(rows.other.ia + r, rows.other.ia + end + 1, rows.other.ia[r]) -
                                rows.other.ia) -
          1;
  return std::max(r + 1, breaks.limit(rows.own.ia, rows.own.ja, r, end));
}

void read_coded(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found) {
  LatticeOperator& op = *pass.op;
  const PetscInt* ia = pass.rows.own.ia;
  const ColumnsMove columns_differ{pass.rows.own.ja};
  const ValuesStay values_differ{pass.rows.own.a};
  const auto differ = [&](PetscInt e, PetscInt count, PetscInt length) {
    return columns_differ(e, count, length) || values_differ(e, count, length);
  };
  read_units(pass, first, last, found, [&](PetscInt r, PetscInt limit, const RowSums& row, std::size_t c) {
    const int code = found->code_of(row.excess, row.links);
    found->coded = code >= 0;
    if (!found->coded)
      return r;
    const PetscInt next = limit > r + 1 ? stretch_end(ia, r, limit, differ) : limit;
    found->count(row, next - r);
    std::fill_n(op.excess_code.data() + c, next - r, static_cast<std::uint8_t>(code));
    return next;
  });
}

void read_uniform(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found) {
  const LocalRows::Block& own = pass.rows.own;
  double* const excess = pass.op->excess.data();
  const ColumnsMove columns_differ{own.ja};
  double seen = std::numeric_limits<double>::quiet_NaN(); // its code is known
  read_units(pass, first, last, found, [&](PetscInt r, PetscInt limit, RowSums row, std::size_t c) {
    const PetscInt begin = own.ia[r], length = own.ia[r + 1] - begin;
    const auto diagonal = static_cast<PetscInt>(std::find(own.ja + begin, own.ja + begin + length, r) - own.ja) - begin;
    const OthersStay others_differ{own.a, diagonal};
    const PetscInt next =
        limit > r + 1 ? stretch_end(own.ia, r, limit,
                                    [&](PetscInt e, PetscInt count, PetscInt of_row) {
                                      return columns_differ(e, count, of_row) || others_differ(e, count, of_row);
                                    })
                      : limit;
    const double* a = own.a + begin;
    for (PetscInt i = r; i < next; ++i, a += length) {
      if (i > r) { // the reader has taken the first one
        const double sum = std::accumulate(a, a + length, 0.0);
        if (!std::isfinite(sum))
          return i;
        row.excess = row.links && diagonal < length ? excess_of_sum(sum, std::abs(a[diagonal])) : sum;
      }
      excess[c + static_cast<std::size_t>(i - r)] = row.excess;
      found->count(row);
      if (found->coded && row.excess != seen) {
        found->coded = found->code_of(row.excess, row.links) >= 0;
        seen = row.excess;
      }
    }
    return next;
  });
}

void read_general(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found, std::vector<PetscInt>* later) {
  RowReader reader(pass.rows, pass.lattice, pass.ghost_cells);
  LatticeOperator& op = *pass.op;
  RowCouplings row{};
  PetscInt quiet = first;
  for (PetscInt r = first, next = first; r < last; r = next) {
    found->fault = read_couplings(&reader, r, &row);
    found->bad_row = r;
    if (found->fault != Fault::none)
      return;
    found->count(row);
    for (Direction d = 0; d < 6; ++d) {
      if ((row.links >> d & 1) && (d % 2 || row.column[d] < 0)) { // the others are faces of other rows
        found->min_coupling = std::min(found->min_coupling, row.w[d]);
        found->max_coupling = std::max(found->max_coupling, row.w[d]);
      }
    }
    const std::size_t c = pass.place(reader.cell(), reader.at());
    op.links[c] = static_cast<std::uint8_t>(row.links | LatticeOperator::row_bit);
    op.excess[c] = row.excess;
    bool postponed = false;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      op.face[axis][c] = row.w[2 * axis + 1];
      const PetscInt below = row.column[2 * axis];
      postponed |= (row.links >> (2 * axis) & 1) && (below < first || below >= r);
    }
    if (postponed)
      later->push_back(r);
    const auto earlier = [first, r](PetscInt column) { return column >= first && column < r; };
    if (!compare_lower(pass, row, c, earlier)) {
      found->fault = Fault::asymmetric;
      return;
    }
    next = r + 1;
    if (next >= quiet && !postponed) {
      const Stretch stretch = read_general_stretch(pass, r, first, last, reader.at(), row, found);
      next = stretch.next;
      quiet = stretch.quiet;
    }
  }
  found->bad_row = -1;
}

void compare_later(const Pass& pass, const std::vector<PetscInt>& later, BlockFindings* found) {
  RowReader reader(pass.rows, pass.lattice, pass.ghost_cells);
  RowCouplings row{};
  for (const PetscInt r : later) {
    read_couplings(&reader, r, &row);
    const std::size_t c = pass.place(reader.cell(), reader.at());
    if (compare_lower(pass, row, c, [](PetscInt) { return true; }))
      continue;
    if (found->bad_row < 0 || r < found->bad_row) {
      found->bad_row = r;
      found->fault = Fault::asymmetric;
    }
    return;
  }
}

std::string describe_fault(Fault fault, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                           PetscInt row) {
  std::string name = "row " + std::to_string(rows.begin + row);
  if (fault == Fault::not_finite)
    return name + " has an entry, or a sum, that is not finite";
  if (fault == Fault::asymmetric)
    return name + " has a coupling that differs from the same one in the other row: not symmetric";
  const Neighbourhood near(lattice.size, lattice.periodic);
  CellWalker walker(lattice.size);
  const GridSize at = walker.move_to(lattice.cell(row));
  unsigned links = 0;
  for (const LocalRows::Block* block : {&rows.own, &rows.other}) {
    if (!block->ia)
      continue;
    const bool own = block == &rows.own;
    for (PetscInt e = block->ia[row]; e < block->ia[row + 1]; ++e) {
      const PetscInt column = block->ja[e];
      if ((own && column == row) || block->a[e] == 0)
        continue;
      const PetscInt cell = own ? lattice.cell(column) : ghost_cells[column];
      const Direction d = near.direction(at, cell - lattice.cell(row));
      const std::string other = std::to_string(own ? rows.begin + column : rows.ghosts[column]);
      if (d < 0)
        return name.append(" (cell ") + std::to_string(lattice.cell(row)) + ") is coupled with row " + other +
               " (cell " + std::to_string(cell) + "): no neighbours on a lattice of " +
               std::to_string(lattice.size[0]) + " x " + std::to_string(lattice.size[1]) + " x " +
               std::to_string(lattice.size[2]) + " cells";
      if (links >> d & 1)
        return name.append(" has two entries for column ") + other;
      links |= 1U << d;
    }
  }
  return name + " does not fit the lattice";
}

} // namespace linnet
