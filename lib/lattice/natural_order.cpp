#include "lattice/natural_order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace linnet {

namespace {

// Positive differences column - row in some of the rows; more than six are no lattice.
std::vector<PetscInt> sample_offsets(const GraphView& graph) {
  constexpr PetscInt ends = 1024, spread = 4096;
  std::vector<PetscInt> offsets;
  const auto visit = [&](PetscInt r) {
    for (PetscInt e = graph.ia[r]; e < graph.ia[r + 1]; ++e) {
      const PetscInt offset = std::abs(graph.ja[e] - r);
      if (graph.is_edge(r, e) && offsets.size() <= 6 &&
          std::find(offsets.begin(), offsets.end(), offset) == offsets.end())
        offsets.push_back(offset);
    }
  };
  for (PetscInt r = 0; r < std::min(ends, graph.n); ++r)
    visit(r);
  for (PetscInt r = std::max<PetscInt>(0, graph.n - ends); r < graph.n; ++r)
    visit(r);
  for (PetscInt s = 0; s < spread; ++s)
    visit(static_cast<PetscInt>(static_cast<std::int64_t>(graph.n) * s / spread));
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

// A lattice of n cells with these strides whose neighbours explain the offsets; size 0 where they do not.
Lattice lattice_of_strides(PetscInt n, PetscInt nx, PetscInt nxny, const std::vector<PetscInt>& offsets) {
  Lattice lattice;
  lattice.natural = true;
  lattice.size = {nx, nxny / nx, n / nxny + (n % nxny > 0)};
  GridSize stride{1, nx, nxny};
  for (const PetscInt offset : offsets) {
    bool explained = false;
    for (std::size_t axis = 0; axis < 3 && !explained; ++axis) {
      const PetscInt extent = lattice.size[axis];
      explained = extent > 1 && offset == stride[axis];
      if (!explained && extent > 2 && offset == (extent - 1) * stride[axis] && n % nxny == 0)
        explained = lattice.periodic[axis] = true;
    }
    if (!explained)
      return Lattice{};
  }
  return lattice;
}

} // namespace

bool natural_full(const GraphView& graph, Lattice* lattice) {
  const std::vector<PetscInt> offsets = sample_offsets(graph);
  if (offsets.size() > 6)
    return false;
  std::vector<PetscInt> strides = offsets;
  strides.push_back(graph.n);
  std::vector<Lattice> candidates;
  for (const PetscInt nx : strides)
    for (const PetscInt nxny : strides)
      if (nxny >= nx && nxny % nx == 0 && nxny / nx <= PETSC_MAX_INT / nx)
        candidates.push_back(lattice_of_strides(graph.n, nx, nxny, offsets));
  const auto worth = [](const Lattice& c) {
    return std::accumulate(c.periodic.begin(), c.periodic.end(), 0) * 8 +
           static_cast<int>(std::count_if(c.size.begin(), c.size.end(), [](PetscInt s) { return s > 1; }));
  };
  std::erase_if(candidates, [](const Lattice& c) {
    return c.size[0] == 0 || static_cast<std::int64_t>(c.size[0]) * c.size[1] * c.size[2] > PETSC_MAX_INT;
  });
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Lattice& a, const Lattice& b) { return worth(a) < worth(b); });
  for (Lattice& candidate : candidates) {
    if (fits(graph, candidate)) {
      *lattice = std::move(candidate);
      return true;
    }
  }
  return false;
}

namespace {

enum class Axis : std::uint8_t { unknown, y, z };

// A run: rows start, start + 1, ..., each coupled with the next, taken to lie along x. Runs whose places relative to each
// other are known form a tree (weighted union-find): the place of a run is that of its parent plus `offset`.
struct Run {
  PetscInt start;
  PetscInt parent;
  GridSize offset;
};

GridSize operator+(const GridSize& a, const GridSize& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
GridSize operator-(const GridSize& a, const GridSize& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

class RunForest {
public:
  void add(PetscInt start) { runs_.push_back({start, static_cast<PetscInt>(runs_.size()), {0, 0, 0}}); }
  PetscInt size() const { return static_cast<PetscInt>(runs_.size()); }
  PetscInt start(PetscInt run) const { return runs_[run].start; }
  // The root of a run, and the place of the run from there.
  PetscInt find(PetscInt run, GridSize* place) {
    *place = {0, 0, 0};
    while (runs_[run].parent != run) {
      Run& own = runs_[run];
      const Run& parent = runs_[own.parent];
      if (parent.parent != own.parent) {
        own.offset = own.offset + parent.offset;
        own.parent = parent.parent;
      }
      *place = *place + own.offset;
      run = own.parent;
    }
    return run;
  }
  // Puts `run` at the place of `from` plus `step`; false where it is known to lie elsewhere.
  bool join(PetscInt run, PetscInt from, const GridSize& step) {
    GridSize run_place, from_place;
    const PetscInt run_root = find(run, &run_place), from_root = find(from, &from_place);
    if (run_root == from_root)
      return run_place == from_place + step;
    // The root with the lower number stays: its rows came first.
    if (from_root < run_root) {
      runs_[run_root].parent = from_root;
      runs_[run_root].offset = from_place + step - run_place;
    } else {
      runs_[from_root].parent = run_root;
      runs_[from_root].offset = run_place - step - from_place;
    }
    return true;
  }

private:
  std::vector<Run> runs_;
};

// An edge to an earlier row that is not the one before.
struct Back {
  PetscInt row = -1, column = -1;
  bool placed = false;
};

// An edge whose axis no square shows, and the offsets of the nearest edges before it whose axis is known.
struct Doubt {
  Back edge;
  std::array<PetscInt, 2> known_offset;
};

class CompactPlacer {
public:
  explicit CompactPlacer(const GraphView& graph) : graph_(graph), run_of_(static_cast<std::size_t>(graph.n)) {}

  bool place(Pieces* pieces) {
    for (PetscInt r = 0; r < graph_.n; ++r)
      if (!take(r))
        return false;
    retire(none_);
    if (!settle_doubts())
      return false;
    write(pieces);
    return true;
  }

private:
  // Columns of a row apart from r - 1, r and r + 1, which are along x; more than two on a side are no natural order.
  struct Others {
    std::array<PetscInt, 2> back{-1, -1}, ahead{-1, -1}; // ascending
    int backs = 0, aheads = 0;
    bool before = false;
  };
  bool others(PetscInt r, Others* out) const {
    for (PetscInt e = graph_.ia[r]; e < graph_.ia[r + 1]; ++e) {
      const PetscInt c = graph_.ja[e];
      if (c < r - 1) {
        if (out->backs == 2)
          return false;
        out->back[out->backs++] = c;
      } else if (c == r - 1) {
        out->before = true;
      } else if (c > r + 1) {
        if (out->aheads == 2)
          return false;
        out->ahead[out->aheads++] = c;
      }
    }
    if (out->backs == 2 && out->back[0] > out->back[1])
      std::swap(out->back[0], out->back[1]);
    if (out->aheads == 2 && out->ahead[0] > out->ahead[1])
      std::swap(out->ahead[0], out->ahead[1]);
    return true;
  }

  // Of two edges on one side of a row, the shorter is along y and the longer along z.
  Axis axis_of(const Others& row, PetscInt r, PetscInt back) const {
    if (row.backs == 2)
      return back == row.back[1] ? Axis::y : Axis::z;
    Others below;
    if (others(back, &below) && below.aheads == 2)
      return r == below.ahead[0] ? Axis::y : Axis::z;
    return Axis::unknown;
  }

  bool join(PetscInt row, PetscInt back, Axis axis) {
    const PetscInt run = run_of_[row], from = run_of_[back];
    const PetscInt shift = (back - forest_.start(from)) - (row - forest_.start(run));
    if (!forest_.join(run, from, {shift, axis == Axis::y, axis == Axis::z}))
      return false;
    known_offset_[axis == Axis::z] = row - back;
    deep_ |= axis == Axis::z;
    return true;
  }

  bool take(PetscInt r) {
    Others row;
    if (!others(r, &row))
      return false;
    if (!row.before)
      forest_.add(r);
    run_of_[r] = forest_.size() - 1;
    std::array<Back, 2> now;
    for (int b = 0; b < row.backs; ++b) {
      const PetscInt back = row.back[b];
      now[b] = {r, back, false};
      // Side by side along two runs: the same statement as the edge before.
      for (Back& last : last_) {
        if (row.before && last.column == back - 1 && last.row == r - 1 && run_of_[last.column] == run_of_[back]) {
          now[b].placed = last.placed;
          last.placed = true;
        }
      }
      if (now[b].placed)
        continue;
      const Axis axis = axis_of(row, r, back);
      if (axis == Axis::unknown)
        continue;
      if (!join(r, back, axis))
        return false;
      now[b].placed = true;
    }
    retire(now);
    return true;
  }

  void retire(const std::array<Back, 2>& now) {
    for (const Back& last : last_)
      if (last.column >= 0 && !last.placed)
        doubts_.push_back({last, known_offset_});
    last_ = now;
  }

  // Edges that known places decide come first; then, in order, those nearer to a known offset of y than of z.
  bool settle_doubts() {
    if (deep_) {
      std::vector<Doubt> open;
      for (const Doubt& doubt : doubts_) {
        bool contradicted = false;
        if (!decided(doubt, &contradicted))
          open.push_back(doubt);
        if (contradicted)
          return false;
      }
      doubts_.swap(open);
    }
    for (const Doubt& doubt : doubts_) {
      const PetscInt row = doubt.edge.row, back = doubt.edge.column;
      bool contradicted = false;
      if (deep_ && decided(doubt, &contradicted)) {
        if (contradicted)
          return false;
        continue;
      }
      const double y = doubt.known_offset[0] ? doubt.known_offset[0] : known_offset_[0];
      const double z = doubt.known_offset[1] ? doubt.known_offset[1] : known_offset_[1];
      const double offset = row - back;
      if (!join(row, back, deep_ && offset * offset > y * z ? Axis::z : Axis::y))
        return false;
    }
    return true;
  }

  bool decided(const Doubt& doubt, bool* contradicted) {
    GridSize place, from_place;
    const PetscInt run = run_of_[doubt.edge.row], from = run_of_[doubt.edge.column];
    if (forest_.find(run, &place) != forest_.find(from, &from_place))
      return false;
    place[0] += doubt.edge.row - forest_.start(run);
    from_place[0] += doubt.edge.column - forest_.start(from);
    const GridSize step = place - from_place;
    *contradicted = step != GridSize{0, 1, 0} && step != GridSize{0, 0, 1};
    return true;
  }

  void write(Pieces* pieces) {
    std::vector<PetscInt> number(static_cast<std::size_t>(forest_.size()), -1);
    pieces->components = 0;
    pieces->segments.resize(static_cast<std::size_t>(forest_.size()));
    for (PetscInt run = 0; run < forest_.size(); ++run) {
      Segment& segment = pieces->segments[run];
      PetscInt& component = number[forest_.find(run, &segment.at)];
      if (component < 0)
        component = pieces->components++;
      segment.component = component;
      segment.row = forest_.start(run);
      segment.length = (run + 1 < forest_.size() ? forest_.start(run + 1) : graph_.n) - segment.row;
    }
    pieces->period.assign(static_cast<std::size_t>(pieces->components), GridSize{0, 0, 0});
  }

  const GraphView& graph_;
  RunForest forest_;
  std::vector<PetscInt> run_of_;
  std::array<Back, 2> last_;
  const std::array<Back, 2> none_;
  std::vector<Doubt> doubts_;
  std::array<PetscInt, 2> known_offset_{0, 0}; // along y, along z
  bool deep_ = false;                          // some edge is along z
};

} // namespace

bool natural_compact(const GraphView& graph, Pieces* pieces) { return CompactPlacer(graph).place(pieces); }

} // namespace linnet
