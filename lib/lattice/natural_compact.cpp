#include "base/buffer.hpp"
#include "lattice/natural_order.hpp"

#include <algorithm>

namespace linnet {

namespace {

enum class Axis : std::uint8_t { x, y, z, unknown };

constexpr std::array<GridSize, 3> unit_step{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

// A run: rows start, start + 1, ..., each coupled with the next along x: shown by a square with another pair of rows in
// sequence, or by three edges on one side of a row. Runs whose places relative to each
// other are known form a tree (weighted union-find): the place of a run is that of its parent plus `offset`.
struct Run {
  PetscInt start;
  PetscInt parent;
  GridSize offset;
};

GridSize operator+(const GridSize& a, const GridSize& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
GridSize operator-(const GridSize& a, const GridSize& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

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

// An edge to an earlier row.
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
  explicit CompactPlacer(const GraphView& graph) : graph_(graph) { run_of_.resize(static_cast<std::size_t>(graph.n)); }

  bool place(Pieces* pieces) {
    for (PetscInt r = 0; r < graph_.n; r = follow(r))
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
    const GridSize step = GridSize{shift, 0, 0} + unit_step[static_cast<std::size_t>(axis)];
    if (!forest_.join(run, from, step))
      return false;
    if (axis != Axis::x)
      known_offset_[axis == Axis::z] = row - back;
    deep_ |= axis == Axis::z;
    return true;
  }

  bool take(PetscInt r) {
    Others row;
    if (!others(r, &row))
      return false;
    const bool along_x = row.before && continues(row, before_);
    if (!along_x)
      forest_.add(r);
    run_of_[r] = forest_.size() - 1;
    if (row.before && !along_x)
      doubts_.push_back({{r, r - 1, false}, known_offset_});
    std::array<Back, 2> now;
    for (int b = 0; b < row.backs; ++b) {
      const PetscInt back = row.back[b];
      now[b] = {r, back, false};
      // Side by side along two runs: the same statement as the edge before.
      for (Back& last : last_) {
        if (along_x && last.column == back - 1 && last.row == r - 1 && run_of_[last.column] == run_of_[back]) {
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
    before_ = row;
    return true;
  }

  // Passes over the rows after r that continue its run and say of it what r says; returns the next one.
  PetscInt follow(PetscInt r) {
    const PetscInt next = r + 1;
    PetscInt end = graph_.n;
    if (!before_.before || before_.backs + before_.aheads == 0)
      return next;
    for (const Back& edge : last_) {
      if (edge.column < 0)
        continue;
      if (!edge.placed)
        return next;
      const PetscInt beyond = run_of_[edge.column] + 1;
      end = std::min(end, r + (beyond < forest_.size() ? forest_.start(beyond) : r) - edge.column);
    }
    if (end <= next)
      return next;
    end = graph_.breaks.after(r, end);
    std::fill(run_of_.data() + next, run_of_.data() + end, run_of_[r]);
    const PetscInt rows = end - next;
    for (std::size_t side = 0; side < 2; ++side) {
      last_[side].row += rows;
      last_[side].column += last_[side].column < 0 ? 0 : rows;
      before_.back[side] += rows; // those beyond the counts are not read
      before_.ahead[side] += rows;
    }
    return end;
  }

  // Whether row r, coupled with row r - 1, is surely its neighbour along x and not the first one of the next line.
  static bool continues(const Others& row, const Others& before) {
    if (row.backs == 2 || before.aheads == 2)
      return true;
    for (int b = 0; b < row.backs; ++b)
      for (int other = 0; other < before.backs; ++other)
        if (row.back[b] == before.back[other] + 1)
          return true;
    for (int f = 0; f < row.aheads; ++f)
      for (int other = 0; other < before.aheads; ++other)
        if (row.ahead[f] == before.ahead[other] + 1)
          return true;
    return false;
  }

  void retire(const std::array<Back, 2>& now) {
    for (const Back& last : last_)
      if (last.column >= 0 && !last.placed)
        doubts_.push_back({last, known_offset_});
    last_ = now;
  }

  // First the edges that known places decide: between runs whose places are known, or because along only one axis would
  // the cells ascend with the rows. Then, in order, those nearer to a known offset of y than of z.
  bool settle_doubts() {
    constexpr int rounds = 3;
    for (int round = 0; round <= rounds; ++round) {
      std::vector<Doubt> open;
      for (const Doubt& doubt : doubts_) {
        bool contradicted = false;
        if (decided(doubt, &contradicted)) {
          if (contradicted)
            return false;
          continue;
        }
        std::array<bool, 3> may{};
        int count = 0;
        Axis axis = Axis::unknown;
        for (const Axis candidate : {Axis::x, Axis::y, Axis::z}) {
          bool& may_be = may[static_cast<std::size_t>(candidate)];
          may_be = possible(doubt.edge, candidate) && ascends(doubt.edge, candidate);
          count += may_be;
          axis = may_be ? candidate : axis;
        }
        if (count == 0)
          return false;
        if (count > 1 && round < rounds)
          open.push_back(doubt);
        else if (!join(doubt.edge.row, doubt.edge.column, count == 1 ? axis : likely_axis(doubt, may)))
          return false;
      }
      doubts_.swap(open);
    }
    return true;
  }

  // Only the row before may lie along x; z only where some edge does.
  bool possible(const Back& edge, Axis axis) const {
    return axis == Axis::x ? edge.column == edge.row - 1 : axis == Axis::y || deep_;
  }

  Axis likely_axis(const Doubt& doubt, const std::array<bool, 3>& may) const {
    if (may[0])
      return Axis::x;
    const double y = doubt.known_offset[0] ? doubt.known_offset[0] : known_offset_[0];
    const double z = doubt.known_offset[1] ? doubt.known_offset[1] : known_offset_[1];
    const double offset = doubt.edge.row - doubt.edge.column;
    return offset * offset > y * z ? Axis::z : Axis::y;
  }

  // Whether the run of the edge's row, put beyond the edge along the axis, lies between the nearest runs before and
  // after it whose places are known from the edge's column.
  bool ascends(const Back& edge, Axis axis) {
    constexpr PetscInt reach = 8;
    GridSize place, other;
    const PetscInt run = run_of_[edge.row], from = run_of_[edge.column], root = forest_.find(from, &place);
    place = place + GridSize{edge.column - forest_.start(from), 0, 0} + unit_step[static_cast<std::size_t>(axis)];
    const auto key = [](const GridSize& at) { return std::array<PetscInt, 3>{at[2], at[1], at[0]}; };
    for (PetscInt before = run - 1; before >= std::max<PetscInt>(0, run - reach); --before) {
      if (forest_.find(before, &other) != root)
        continue;
      if (key(other) >= key(place))
        return false;
      break;
    }
    for (PetscInt after = run + 1; after < std::min(forest_.size(), run + reach); ++after) {
      if (forest_.find(after, &other) != root)
        continue;
      if (key(other) <= key(place))
        return false;
      break;
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
    *contradicted = std::find(unit_step.begin(), unit_step.end(), step) == unit_step.end();
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
  Buffer<PetscInt> run_of_;
  std::array<Back, 2> last_;
  Others before_;
  const std::array<Back, 2> none_;
  std::vector<Doubt> doubts_;
  std::array<PetscInt, 2> known_offset_{0, 0}; // along y, along z
  bool deep_ = false;                          // some edge is along z
};

} // namespace

bool natural_compact(const GraphView& graph, Pieces* pieces) {
  return CompactPlacer(graph).place(pieces);
}

} // namespace linnet
