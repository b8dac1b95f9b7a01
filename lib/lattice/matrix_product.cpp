#include "lattice/matrix_product.hpp"

#include <algorithm>

namespace linnet {

namespace {

constexpr unsigned link_bits = LatticeOperator::row_bit - 1;

// A line of cells along x and the four around it; null where there is none. low_x, high_x: the values at its ends.
struct Lines {
  const double *here, *around[4];
  double low_x, high_x;
};

double diagonal_of(const LatticeOperator& op, std::size_t c) {
  double sum = op.excess_of(c);
  for (Direction d = 0; d < 6; ++d)
    sum += op.coupling(c, d);
  return sum;
}

// The diagonals of a coded operator, by the code of the excess and the links.
std::vector<double> coded_diagonals(const LatticeOperator& op) {
  std::vector<double> diagonal(op.excess_values.size() * (link_bits + 1));
  for (std::size_t key = 0; key < diagonal.size(); ++key) {
    diagonal[key] = op.excess_values[key / (link_bits + 1)];
    for (std::size_t d = 0; d < 6; ++d)
      diagonal[key] += key >> d & 1 ? op.unit[d / 2] : 0;
  }
  return diagonal;
}

// The products of the n cells of a line that begins at cell c.
class LineProduct {
public:
  LineProduct(const LatticeOperator& op, const GridSize& size) : op_(op) {
    for (std::size_t a = 0; a < 3; ++a)
      all_ |= size[a] > 1 ? 3U << (2 * a) : 0;
    for (unsigned d = 0; d < 6; ++d)
      units_ += all_ >> d & 1 ? op.unit[d / 2] : 0;
    if (op.coded)
      diagonal_ = coded_diagonals(op);
  }
  void operator()(std::size_t c, PetscInt n, const Lines& lines, double* y) const {
    constexpr PetscInt width = 16;
    const std::uint8_t* links = op_.links.data() + c;
    for (PetscInt i = 0; i < n;) {
      // Most stretches of cells are coupled on all sides, with one excess where it is coded.
      const PetscInt stop = i + width;
      const std::size_t first = c + static_cast<std::size_t>(i);
      if (op_.uniform && i > 0 && stop < n && alike(links + i, all_ | LatticeOperator::row_bit) &&
          (!op_.coded || alike(op_.excess_code.data() + first, op_.excess_code[first]))) {
        const double d = op_.coded ? diagonal_[op_.excess_code[first] * (link_bits + 1) + all_] : units_;
        const double* e = op_.coded ? nullptr : op_.excess.data() + c;
        const double* u = lines.here;
        const auto around = [&](std::size_t side) { return all_ >> (side + 2) & 1 ? lines.around[side] : u; };
        const double *s = around(0), *t = around(1), *v = around(2), *w = around(3); // unit = 0 where there is no axis
        for (; i < stop; ++i)
          y[i] = (e ? e[i] + d : d) * u[i] - op_.unit[0] * (u[i - 1] + u[i + 1]) - op_.unit[1] * (s[i] + t[i]) -
                 op_.unit[2] * (v[i] + w[i]);
        continue;
      }
      for (const PetscInt last = std::min(n, stop); i < last; ++i)
        y[i] = of_cell(c + static_cast<std::size_t>(i), i, n, lines);
    }
  }

private:
  static bool alike(const std::uint8_t* bytes, unsigned value) {
    unsigned differs = 0;
    for (int i = 0; i < 16; ++i)
      differs |= bytes[i] ^ value;
    return differs == 0;
  }
  double of_cell(std::size_t c, PetscInt i, PetscInt n, const Lines& lines) const {
    const unsigned links = op_.links[c] & link_bits;
    const double here = lines.here[i];
    double sum =
        op_.coded ? diagonal_[op_.excess_code[c] * (link_bits + 1) + links] * here : diagonal_of(op_, c) * here;
    for (Direction d = 0; d < 6; ++d) {
      if (!(links >> d & 1))
        continue;
      const double there = d == 0   ? (i > 0 ? lines.here[i - 1] : lines.low_x)
                           : d == 1 ? (i + 1 < n ? lines.here[i + 1] : lines.high_x)
                                    : lines.around[d - 2][i];
      sum -= op_.coupling(c, d) * there;
    }
    return sum;
  }

  const LatticeOperator& op_;
  unsigned all_ = 0; // links of a cell inside the grid
  double units_ = 0; // what they sum to, of a uniform operator
  std::vector<double> diagonal_;
};

} // namespace

LatticeProduct::LatticeProduct(MPI_Comm comm, const PlacedOperator& placed, const std::array<bool, 3>& periodic,
                               const Box& box)
    : box_(box), faces_(comm, placed.lattice, periodic, box) {
  const auto nx = static_cast<std::size_t>(box.size[0]);
  const LatticeOperator& op = placed.op;
  PetscInt rows = 0;
  line_rows_.reserve(lines() + 1);
  for (std::size_t line = 0; line < lines(); ++line) {
    line_rows_.push_back(rows);
    const std::uint8_t* links =
        op.links.data() + op.index(box.begin[0], box.begin[1] + static_cast<PetscInt>(line) % box.size[1],
                                   box.begin[2] + static_cast<PetscInt>(line) / box.size[1]);
    rows += static_cast<PetscInt>(std::count_if(links, links + nx, [](std::uint8_t l) { return l != 0; }));
  }
  line_rows_.push_back(rows);
  if (static_cast<std::size_t>(rows) == box.cell_count())
    line_rows_ = {};
}

// The values of a line of the box; those without a row are left as they are.
const double* LatticeProduct::expand(const PlacedOperator& placed, const double* x, std::size_t line,
                                     double* values) const {
  if (dense())
    return x + line * static_cast<std::size_t>(box_.size[0]);
  const PetscInt begin =
      box_.begin[0] +
      placed.lattice.size[0] * (box_.begin[1] + static_cast<PetscInt>(line) % box_.size[1] +
                                placed.lattice.size[1] * (box_.begin[2] + static_cast<PetscInt>(line) / box_.size[1]));
  for (PetscInt r = line_rows_[line]; r < line_rows_[line + 1]; ++r)
    values[placed.lattice.cell(r) - begin] = x[r];
  return values;
}

void LatticeProduct::pack(const PlacedOperator& placed, const double* x, Direction d, double* face) const {
  const auto axis = static_cast<std::size_t>(d / 2);
  const auto nx = static_cast<std::size_t>(box_.size[0]), ny = static_cast<std::size_t>(box_.size[1]);
  const std::size_t end = d % 2 ? static_cast<std::size_t>(box_.size[axis]) - 1 : 0;
  std::vector<double> values(nx);
  for (std::size_t line = 0; line < lines(); ++line) {
    if ((axis == 1 && line % ny != end) || (axis == 2 && line / ny != end))
      continue;
    const double* of_line = expand(placed, x, line, values.data());
    face = axis == 0 ? std::copy_n(of_line + end, 1, face) : std::copy_n(of_line, nx, face);
  }
}

PetscErrorCode LatticeProduct::multiply(MPI_Comm comm, PetscMPIInt tag, const PlacedOperator& placed, int threads,
                                        const double* x, double* y) {
  const LatticeOperator& op = placed.op;
  const PetscInt nx = box_.size[0], ny = box_.size[1], nz = box_.size[2];
  const auto width = static_cast<std::size_t>(nx), plane = width * static_cast<std::size_t>(ny);
  const auto line_of = [ny](PetscInt j, PetscInt k) {
    return static_cast<std::size_t>(j) + static_cast<std::size_t>(ny) * static_cast<std::size_t>(k);
  };

  PetscFunctionBegin;
  PetscCall(faces_.run(comm, tag, [&](Direction d, double* face) { pack(placed, x, d, face); }));
  const LineProduct product(op, placed.lattice.size);
#pragma omp parallel num_threads(threads)
  {
    // Planes k - 1, k and k + 1 as cells, and the one at the other end of an axis that wraps, where rows are not cells.
    std::array<std::vector<double>, 4> planes;
    std::array<PetscInt, 4> held{-1, -1, -1, -1};
    std::vector<double> products(dense() ? 0 : width);
    const auto plane_at = [&](PetscInt k, std::size_t slot) -> const double* {
      if (dense())
        return x + static_cast<std::size_t>(k) * plane;
      planes[slot].resize(plane);
      for (PetscInt j = 0; held[slot] != k && j < ny; ++j)
        (void)expand(placed, x, line_of(j, k), planes[slot].data() + static_cast<std::size_t>(j) * width);
      held[slot] = k;
      return planes[slot].data();
    };
    const auto near = [&](PetscInt k) { return plane_at(k, static_cast<std::size_t>(k % 3)); };
    // A line of a face across y or z.
    const auto face_line = [&](Direction d, PetscInt number) -> const double* {
      const double* face = faces_.face(d);
      return face ? face + static_cast<std::size_t>(number) * width : nullptr;
    };
#pragma omp for schedule(static)
    for (PetscInt k = 0; k < nz; ++k) {
      const double* here = near(k);
      const double* below = k > 0 ? near(k - 1) : op.wraps[2] ? plane_at(nz - 1, 3) : nullptr;
      const double* above = k + 1 < nz ? near(k + 1) : op.wraps[2] ? plane_at(0, 3) : nullptr;
      for (PetscInt j = 0; j < ny; ++j) {
        const auto at = static_cast<std::size_t>(j) * width;
        const std::size_t line = line_of(j, k);
        Lines lines{here + at, {}, 0, 0};
        lines.around[0] = j > 0 ? lines.here - width : op.wraps[1] ? here + plane - width : face_line(2, k);
        lines.around[1] = j + 1 < ny ? lines.here + width : op.wraps[1] ? here : face_line(3, k);
        lines.around[2] = below ? below + at : face_line(4, j);
        lines.around[3] = above ? above + at : face_line(5, j);
        if (op.wraps[0]) {
          lines.low_x = lines.here[nx - 1];
          lines.high_x = lines.here[0];
        } else {
          lines.low_x = faces_.face(0) ? faces_.face(0)[line] : 0;
          lines.high_x = faces_.face(1) ? faces_.face(1)[line] : 0;
        }
        const std::size_t c = op.index(box_.begin[0], box_.begin[1] + j, box_.begin[2] + k);
        if (dense()) {
          product(c, nx, lines, y + line * width);
          continue;
        }
        product(c, nx, lines, products.data());
        PetscInt r = line_rows_[line];
        for (std::size_t i = 0; i < width; ++i)
          if (op.links[c + i])
            y[r++] = products[i];
      }
    }
  }
  PetscFunctionReturn(0);
}

void lattice_diagonal(const PlacedOperator& placed, int threads, PetscInt rows, double* diagonal) {
  const LatticeOperator& op = placed.op;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (PetscInt r = 0; r < rows; ++r)
    diagonal[r] = diagonal_of(op, op.box_index(placed.lattice, placed.lattice.cell(r)));
}

} // namespace linnet
