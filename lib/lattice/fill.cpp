#include "lattice/fill.hpp"
#include "lattice/guarded.hpp"
#include "lattice/operator_passes.hpp"

#include <atomic>

namespace linnet {

namespace {

constexpr std::uint8_t unknown_bit = 1 << 7; // while the operator is filled
constexpr std::size_t block_cells = 16384;

std::string text_of(const GridSize& at) {
  return "cell (" + std::to_string(at[0]) + ", " + std::to_string(at[1]) + ", " + std::to_string(at[2]) + ")";
}

class Filling {
public:
  Filling(const Box& box, bool all_rows, int threads, const FillLine& fill, PlacedOperator* placed)
      : all_rows_(all_rows), threads_(threads), fill_(fill), lattice_(placed->lattice), op_(placed->op) {
    GridSize high{};
    for (std::size_t a = 0; a < 3; ++a)
      high[a] = box.begin[a] + box.size[a] - 1;
    box_around(lattice_, box.begin, high, &op_);
    for (std::size_t a = 0; a < 3; ++a)
      layer_[a] = op_.size[a] - (box.cell_count() > 0 ? box.size[a] : 0);
    lines_ = static_cast<std::size_t>(op_.size[1]) * static_cast<std::size_t>(op_.size[2]);
    per_block_ = std::max<std::size_t>(1, block_cells / static_cast<std::size_t>(std::max(1, op_.size[0])));
    blocks_.resize((lines_ + per_block_ - 1) / per_block_);
    faults_.resize(blocks_.size());
  }

  PetscErrorCode run(MPI_Comm comm, std::string* refusal) {
    const std::size_t cells = lines_ * static_cast<std::size_t>(op_.size[0]);

    PetscFunctionBegin;
    op_.links.resize(cells);
    PetscCall(ReadIn(comm, Form::coded));
    if (!op_.coded && op_.uniform)
      PetscCall(ReadIn(comm, Form::uniform));
    if (!op_.uniform)
      PetscCall(ReadIn(comm, Form::general));
    find_lower_links();
    for (std::size_t b = 0; b < blocks_.size() && refusal->empty(); ++b)
      *refusal = faults_[b];
    PetscCall(AgreeOnRefusal(comm, refusal));
    if (!refusal->empty())
      PetscFunctionReturn(0);
    each_block([&](std::size_t b) { finish(b); });
    lower_.release();
    PetscCall(number_rows(comm));
    if (op_.uniform)
      PetscCall(SummariseUniform(comm, blocks_, rows_, &op_));
    else
      PetscCall(Summarise(comm, blocks_, &op_));
    lattice_.periodic = op_.closes;
    for (std::size_t a = 0; a < 3; ++a)
      op_.wraps[a] = op_.wraps[a] && op_.closes[a];
    PetscFunctionReturn(0);
  }

private:
  enum class Form { coded, uniform, general };

  // Reads the cells; the form may turn out to be another one.
  PetscErrorCode ReadIn(MPI_Comm comm, Form form) {
    const std::size_t cells = op_.cell_count();
    const bool coded = form == Form::coded, general = form == Form::general;
    bool uniform = false;

    PetscFunctionBegin;
    op_.excess_code.resize(coded ? cells : 0);
    op_.excess.resize(coded ? 0 : cells);
    for (Buffer<double>& face : op_.face)
      face.resize(general ? cells : 0);
    PetscCall(read(form));
    uniform = !general && merge_units(blocks_, &op_);
    PetscCall(AgreeOnForm(comm, uniform, uniform && merge_values(blocks_, &op_, &code_) && coded, &op_));
    for (Buffer<double>& face : op_.face)
      if (op_.uniform)
        face.release();
    if (op_.coded) {
      op_.excess.release();
      PetscFunctionReturn(0);
    }
    op_.excess_code.release();
    op_.excess_values.clear();
    op_.voxel = false;
    if (!op_.uniform)
      op_.unit = {};
    PetscFunctionReturn(0);
  }
  bool owns(const GridSize& at) const { return at[0] >= layer_[0] && at[1] >= layer_[1] && at[2] >= layer_[2]; }
  // Of a cell of the box.
  GridSize in_lattice(const GridSize& at) const {
    GridSize cell{};
    for (std::size_t a = 0; a < 3; ++a)
      cell[a] = (at[a] + op_.begin[a] + lattice_.size[a]) % lattice_.size[a];
    return cell;
  }
  std::size_t line_begin(std::size_t line) const { return line * static_cast<std::size_t>(op_.size[0]); }
  GridSize line_at(std::size_t line) const {
    const auto ny = static_cast<std::size_t>(op_.size[1]);
    return {0, static_cast<PetscInt>(line % ny), static_cast<PetscInt>(line / ny)};
  }

  template <class Work>
  void each_block(Work&& work) {
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      work(b);
  }
  template <class Work>
  void each_line(std::size_t b, Work&& work) {
    for (std::size_t line = b * per_block_; line < std::min(lines_, (b + 1) * per_block_); ++line)
      work(line);
  }

  // Upper links, codes or excess, couplings in general form. Stops where the form will not do.
  PetscErrorCode read(Form form) {
    std::atomic<PetscErrorCode> failed = 0;

    PetscFunctionBegin;
    std::fill(blocks_.begin(), blocks_.end(), BlockFindings{});
    goes_on_ = true;
    const auto read_block = [&](std::size_t b) {
      std::vector<MatLatticeCell> cells(static_cast<std::size_t>(op_.size[0]));
      faults_[b].clear();
      each_line(b, [&](std::size_t line) {
        if (failed || !goes_on_)
          return;
        const PetscErrorCode error = ask(line, cells.data());
        if (error)
          failed = error;
        else
          take(line, cells.data(), form, b);
      });
      if ((form != Form::general && !blocks_[b].uniform) || (form == Form::coded && !blocks_[b].coded))
        goes_on_ = false;
    };
    // The others begin with the values of the first, so that their codes are mostly those of all.
    if (!blocks_.empty())
      read_block(0);
    for (std::size_t b = 1; b < blocks_.size(); ++b) {
      blocks_[b].excess_values = blocks_[0].excess_values;
      blocks_[b].most_links.assign(blocks_[0].excess_values.size(), 0);
    }
    each_block([&](std::size_t b) {
      if (b > 0)
        read_block(b);
    });
    PetscCall(failed.load());
    PetscFunctionReturn(0);
  }

  PetscErrorCode ask(std::size_t line, MatLatticeCell* cells) const {
    const GridSize at = in_lattice(line_at(line));

    PetscFunctionBegin;
    std::fill_n(cells, op_.size[0], MatLatticeCell{{0, 0, 0}, 0, PETSC_TRUE});
    if (layer_[0] > 0)
      PetscCall(fill_(at[0], at[1], at[2], 1, cells));
    PetscCall(fill_(op_.begin[0] + layer_[0], at[1], at[2], op_.size[0] - layer_[0], cells + layer_[0]));
    PetscFunctionReturn(0);
  }

  void take(std::size_t line, const MatLatticeCell* cells, Form form, std::size_t b) {
    BlockFindings& found = blocks_[b];
    GridSize at = line_at(line);
    for (std::size_t c = line_begin(line); at[0] < op_.size[0]; ++at[0], ++c) {
      const MatLatticeCell& cell = cells[at[0]];
      const bool own = owns(at);
      unsigned links = cell.unknown ? unknown_bit : 0;
      if (own && (cell.unknown || all_rows_))
        links |= LatticeOperator::row_bit;
      for (std::size_t a = 0; a < 3; ++a) {
        const double w = cell.upper[a];
        if (form == Form::general)
          op_.face[a][c] = w;
        if (w == 0)
          continue;
        links |= 2U << (2 * a);
        if (!accept(at, a, cell, &faults_[b]))
          return;
        found.unit[a] = found.unit[a] == 0 ? w : found.unit[a];
        found.uniform = found.uniform && found.unit[a] == w;
        found.min_coupling = std::min(found.min_coupling, w);
        found.max_coupling = std::max(found.max_coupling, w);
      }
      op_.links[c] = static_cast<std::uint8_t>(links);
      const double excess = !own ? 0 : cell.unknown ? cell.excess : all_rows_ ? 1 : 0;
      if (!std::isfinite(excess)) {
        fault(&faults_[b], text_of(in_lattice(at)) + ": the excess is not finite");
        return;
      }
      if (form != Form::coded) {
        op_.excess[c] = excess;
        continue;
      }
      const int code = links & LatticeOperator::row_bit ? found.code_of(excess, 0) : 0;
      found.coded = found.coded && code >= 0;
      op_.excess_code[c] = static_cast<std::uint8_t>(code);
    }
  }

  static void fault(std::string* first, const std::string& text) {
    if (first->empty())
      *first = text;
  }
  bool accept(const GridSize& at, std::size_t a, const MatLatticeCell& cell, std::string* first) const {
    const GridSize here = in_lattice(at);
    const std::string name = std::string(" coupling along ") + "xyz"[a];
    if (!std::isfinite(cell.upper[a]))
      fault(first, text_of(here) + ": the" + name + " is not finite");
    else if (!cell.unknown)
      fault(first, text_of(here) + " has no unknown, but a" + name);
    else if (here[a] == lattice_.size[a] - 1 && !lattice_.periodic[a])
      fault(first, text_of(here) + ": a" + name + " leads beyond the end of an axis that is not periodic");
    else
      return true;
    return false;
  }

  void find_lower_links() {
    lower_.resize(op_.cell_count());
    each_block([&](std::size_t b) {
      each_line(b, [&](std::size_t line) {
        GridSize at = line_at(line);
        if (!faults_[b].empty())
          return;
        for (std::size_t c = line_begin(line); at[0] < op_.size[0]; ++at[0], ++c) {
          unsigned lower = 0;
          for (std::size_t a = 0; owns(at) && a < 3; ++a)
            if ((at[a] > 0 || op_.wraps[a]) &&
                op_.links[op_.neighbour(c, static_cast<Direction>(2 * a))] >> (2 * a + 1) & 1)
              lower |= 1U << (2 * a);
          if (lower && !(op_.links[c] & unknown_bit))
            fault(&faults_[b], text_of(in_lattice(at)) + " has no unknown, but a cell below is coupled with it");
          lower_[c] = static_cast<std::uint8_t>(lower);
        }
      });
    });
  }

  // All links, the codes of all blocks, and what they show.
  void finish(std::size_t b) {
    BlockFindings& found = blocks_[b];
    each_line(b, [&](std::size_t line) {
      GridSize at = line_at(line);
      for (std::size_t c = line_begin(line); at[0] < op_.size[0]; ++at[0], ++c) {
        if (!(op_.links[c] & LatticeOperator::row_bit)) {
          op_.links[c] = 0;
          continue;
        }
        const unsigned links = (op_.links[c] & (LatticeOperator::row_bit - 1U)) | lower_[c];
        op_.links[c] = static_cast<std::uint8_t>(links | LatticeOperator::row_bit);
        RowSums row{0, links, 0};
        if (op_.coded) {
          const std::uint8_t code = op_.excess_code[c];
          row.excess = found.excess_values[code];
          if (links)
            found.most_links[code] = std::max(found.most_links[code], std::popcount(links));
          op_.excess_code[c] = code_[b][code];
        } else {
          row.excess = op_.excess[c];
        }
        const GridSize here = in_lattice(at);
        for (std::size_t a = 0; a < 3; ++a)
          if (here[a] == lattice_.size[a] - 1 && (links >> (2 * a + 1) & 1))
            row.wrapped |= 1U << a;
        found.count(row);
      }
    });
  }

  PetscErrorCode number_rows(MPI_Comm comm) {
    PetscInt with_mine = 0;
    int scattered = 0;

    PetscFunctionBegin;
    rows_ = 0;
    for (const BlockFindings& block : blocks_)
      rows_ += block.coupled + block.decoupled;
    PetscCallMPI(MPI_Scan(&rows_, &with_mine, 1, MPIU_INT, MPI_SUM, comm));
    lattice_.row_begin = with_mine - rows_;
    lattice_.cells.clear();
    PetscInt next = lattice_.row_begin;
    for_each_row([&](PetscInt cell) { scattered |= cell != next++; });
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &scattered, 1, MPI_INT, MPI_MAX, comm));
    lattice_.natural = !scattered;
    if (scattered) {
      lattice_.cells.reserve(static_cast<std::size_t>(rows_));
      for_each_row([&](PetscInt cell) { lattice_.cells.push_back(cell); });
    }
    PetscFunctionReturn(0);
  }
  template <class Work>
  void for_each_row(Work&& work) const {
    for (std::size_t line = 0; line < lines_; ++line) {
      GridSize at = line_at(line);
      const GridSize here = in_lattice(at);
      const PetscInt first =
          op_.begin[0] + lattice_.size[0] * (here[1] + lattice_.size[1] * here[2]); // layers have no rows
      for (std::size_t c = line_begin(line); at[0] < op_.size[0]; ++at[0], ++c)
        if (op_.links[c])
          work(first + at[0]);
    }
  }

  bool all_rows_;
  int threads_;
  const FillLine& fill_;
  Lattice& lattice_;
  LatticeOperator& op_;
  GridSize layer_{};
  std::size_t lines_ = 0, per_block_ = 1;
  std::vector<BlockFindings> blocks_;
  std::vector<std::string> faults_;
  std::atomic<bool> goes_on_ = true;
  std::vector<std::vector<std::uint8_t>> code_;
  Buffer<std::uint8_t> lower_;
  PetscInt rows_ = 0;
};

} // namespace

PetscErrorCode FillLatticeOperator(MPI_Comm comm, const Box& box, bool all_rows, int threads, const FillLine& fill,
                                   PlacedOperator* placed, std::string* refusal) {
  PetscFunctionBegin;
  refusal->clear();
  PetscCall(Guarded([&] { return Filling(box, all_rows, threads, fill, placed).run(comm, refusal); }));
  PetscFunctionReturn(0);
}

} // namespace linnet
