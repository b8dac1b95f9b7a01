#include "problems/assemble.hpp"

#include "base/error.hpp"
#include "problems/noise.hpp"
#include "problems/operator.hpp"
#include "problems/parallel.hpp"
#include "problems/right_hand_side.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

namespace linnet {

namespace {

void check_spec(const AssemblySpec& spec) {
  const auto check = [](const char* name, double value, bool positive) {
    if (std::isfinite(value) && (positive ? value > 0 : value >= 0))
      return;
    std::ostringstream message;
    message << name << ": expected a " << (positive ? "positive" : "non-negative") << " number, found " << value;
    throw InputError(message.str());
  };
  for (const double h : spec.spacing) {
    check("spacing", h, true);
    if (!std::isnormal(1 / (h * h)))
      check("1 / spacing^2", 1 / (h * h), true);
  }
  check("jump", spec.jump, true);
  check("shift", spec.shift, false);
}

/// The row of each cell, -1 for none.
std::vector<std::int32_t> number_rows(const VoxelDomain& domain, Numbering numbering) {
  std::vector<std::int32_t> row(domain.cell.size());
  std::int32_t next = 0;
  for (std::size_t c = 0; c < row.size(); ++c)
    row[c] = numbering == Numbering::full || domain.cell[c] == Cell::fluid ? next++ : -1;
  return row;
}

/// Calls visit(cell, position) for the cells of some lines, in order.
template <class Visit>
void for_each_cell(const VoxelGrid& grid, std::int64_t line_begin, std::int64_t line_end, const Visit& visit) {
  for (std::int64_t line = line_begin; line < line_end; ++line)
    for (std::int64_t i = 0; i < grid.nx; ++i)
      visit(line * grid.nx + i, std::array<std::int64_t, 3>{i, line % grid.ny, line / grid.ny});
}

/// One row's entries, at most seven, by ascending column.
class Row {
public:
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  std::int32_t column(std::size_t e) const { return entry_[e].column; }
  double value(std::size_t e) const { return entry_[e].value; }
  void insert(std::int32_t column, double value) {
    std::size_t e = size_++;
    for (; e > 0 && entry_[e - 1].column > column; --e)
      entry_[e] = entry_[e - 1];
    entry_[e] = {column, value};
  }

private:
  struct Entry {
    std::int32_t column;
    double value;
  };
  std::array<Entry, 7> entry_;
  std::size_t size_ = 0;
};

SparseMatrix fill_matrix(const VoxelOperator& op, const std::vector<std::int32_t>& row_of, std::int64_t rows,
                         int threads) {
  const VoxelDomain& domain = op.domain;
  const VoxelGrid& grid = domain.grid;
  SparseMatrix matrix;
  matrix.rows = rows;
  matrix.cols = rows;
  matrix.row_start.assign(static_cast<std::size_t>(rows + 1), 0);
  for_each_piece(grid.lines(), threads, [&](std::int64_t begin, std::int64_t end) {
    for_each_cell(grid, begin, end, [&](std::int64_t cell, const std::array<std::int64_t, 3>& position) {
      const std::int32_t row = row_of[static_cast<std::size_t>(cell)];
      if (row < 0)
        return;
      std::int64_t entries = 1;
      if (domain.cell[static_cast<std::size_t>(cell)] == Cell::fluid)
        for (int side = 0; side < 6; ++side)
          entries += neighbour(domain, position, side).kind == Cell::fluid;
      matrix.row_start[static_cast<std::size_t>(row) + 1] = entries;
    });
  });
  std::partial_sum(matrix.row_start.begin(), matrix.row_start.end(), matrix.row_start.begin());
  matrix.column.resize(static_cast<std::size_t>(matrix.nnz()));
  matrix.value.resize(static_cast<std::size_t>(matrix.nnz()));

  for_each_piece(grid.lines(), threads, [&](std::int64_t begin, std::int64_t end) {
    Row entries;
    for_each_cell(grid, begin, end, [&](std::int64_t cell, const std::array<std::int64_t, 3>& position) {
      const std::int32_t row = row_of[static_cast<std::size_t>(cell)];
      if (row < 0)
        return;
      entries.clear();
      double diagonal = 1;
      if (domain.cell[static_cast<std::size_t>(cell)] == Cell::fluid) {
        diagonal = 0;
        for (int side = 0; side < 6; ++side) {
          const Neighbour across = neighbour(domain, position, side);
          if (across.kind == Cell::solid)
            continue;
          const double weight = op.weight(cell, across, side);
          diagonal += weight;
          if (across.kind == Cell::fluid)
            entries.insert(row_of[static_cast<std::size_t>(across.cell)], -weight);
        }
        diagonal += op.shift;
      }
      entries.insert(row, diagonal);
      const auto start = static_cast<std::size_t>(matrix.row_start[static_cast<std::size_t>(row)]);
      for (std::size_t e = 0; e < entries.size(); ++e) {
        matrix.column[start + e] = entries.column(e);
        matrix.value[start + e] = entries.value(e);
      }
    });
  });
  return matrix;
}

} // namespace

Coefficients make_coefficients(const VoxelGrid& grid, const AssemblySpec& spec) {
  Coefficients coefficients;
  if (spec.jump == 1)
    return coefficients;
  // harmonic mean 2 c / (1 + c), written so that it does not overflow
  const double mixed = 2 / (1 + 1 / spec.jump);
  coefficients.face = {{{1, mixed}, {mixed, spec.jump}}};
  coefficients.inclusion.resize(static_cast<std::size_t>(grid.cells()));
  const double length = std::max(2.0, 0.2 * static_cast<double>(std::max({grid.nx, grid.ny, grid.nz})));
  const SmoothNoise noise(grid, length, {spec.seed, Purpose::coefficient});
  for_each_piece(grid.lines(), spec.threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> values;
    for (std::int64_t line = begin; line < end; ++line) {
      noise.line(line % grid.ny, line / grid.ny, values);
      for (std::int64_t i = 0; i < grid.nx; ++i)
        coefficients.inclusion[static_cast<std::size_t>(line * grid.nx + i)] = values[static_cast<std::size_t>(i)] > 0;
    }
  });
  return coefficients;
}

PressureProblem prepare(VoxelDomain domain, const AssemblySpec& spec) {
  check_grid(domain.grid);
  check_sides(domain.sides, domain.grid);
  check_spec(spec);

  PressureProblem problem;
  Components components = find_components(domain, spec.threads);
  if (components.component.empty())
    throw InputError("domain: expected a fluid cell, found none");
  if (spec.isolated == Isolated::drop && spec.shift == 0) {
    problem.dropped = drop_isolated(domain, components);
    if (problem.dropped > 0) {
      components = {};
      components = find_components(domain, spec.threads);
    }
    if (components.component.empty())
      throw InputError("domain: expected a fluid cell connected to air or to an open side, found none (open a side, or "
                       "keep isolated components)");
  }
  problem.components = components.component;
  bool anchored = true;
  for (const Component& component : components.component) {
    problem.fluid += component.cells;
    anchored = anchored && component.anchored;
  }
  const bool all_rows = spec.numbering == Numbering::full;
  const bool singular = !anchored && spec.shift == 0;
  problem.rhs = make_right_hand_side(domain, components, spec);
  if (singular)
    problem.singular.reserve(static_cast<std::size_t>(all_rows ? domain.grid.cells() : problem.fluid));
  std::size_t row = 0;
  for (std::size_t c = 0; c < domain.cell.size(); ++c) {
    if (!all_rows && domain.cell[c] != Cell::fluid)
      continue;
    problem.rhs[row++] = problem.rhs[c];
    if (!singular)
      continue;
    const std::int32_t label = components.label[c];
    problem.singular.push_back(label < 0 || components.component[static_cast<std::size_t>(label)].anchored ? -1
                                                                                                           : label);
  }
  problem.rhs.resize(row);
  problem.domain = std::move(domain);
  problem.spec = spec;
  return problem;
}

PressureSystem assemble(VoxelDomain domain, const AssemblySpec& spec) {
  PressureProblem problem = prepare(std::move(domain), spec);
  PressureSystem system;
  system.grid = problem.domain.grid;
  system.rhs = std::move(problem.rhs);
  system.fluid = problem.fluid;
  system.dropped = problem.dropped;
  system.components = std::move(problem.components);
  const std::vector<std::int32_t> row_of = number_rows(problem.domain, spec.numbering);
  system.cells.reserve(system.rhs.size());
  for (std::size_t c = 0; c < row_of.size(); ++c)
    if (row_of[c] >= 0)
      system.cells.push_back(static_cast<std::int64_t>(c));
  const Coefficients coefficients = make_coefficients(problem.domain.grid, spec);
  system.matrix = fill_matrix({problem.domain, coefficients, inverse_squares(spec), spec.shift}, row_of,
                              static_cast<std::int64_t>(system.rhs.size()), spec.threads);
  return system;
}

} // namespace linnet
