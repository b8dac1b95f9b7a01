#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/zeros.hpp"

#include <bit>
#include <vector>

namespace linnet::latticemg {

namespace {

// The couplings of single cells.
class Cells {
public:
  explicit Cells(const LatticeOperator& op) : op_(op) {
    for (int a = 0; a < 3; ++a) {
      step_[a] = static_cast<int>(op.stride(a));
      unit_[a] = static_cast<float>(op.unit[static_cast<std::size_t>(a)]);
    }
    wraps_ = op.wraps[0] || op.wraps[1] || op.wraps[2];
    for (unsigned links = 0; op.uniform && links < 64; ++links)
      for (unsigned d = 0; d < 6; ++d)
        if (links >> d & 1)
          strongest_of_[links] = std::max(strongest_of_[links], unit_[d / 2]);
  }
  unsigned links(int c) const { return op_.links[static_cast<std::size_t>(c)] & (LatticeOperator::row_bit - 1U); }
  int neighbour(int c, int direction) const {
    if (wraps_)
      return static_cast<int>(op_.neighbour(static_cast<std::size_t>(c), direction));
    return direction % 2 ? c + step_[direction / 2] : c - step_[direction / 2];
  }
  // Of a cell that is coupled in the direction.
  float coupling(int c, int direction) const {
    const auto axis = static_cast<std::size_t>(direction / 2);
    if (op_.uniform)
      return unit_[axis];
    return static_cast<float>(op_.face[axis][static_cast<std::size_t>(direction % 2 ? c : neighbour(c, direction))]);
  }
  float strongest(int c) const {
    const unsigned all = links(c);
    if (op_.uniform)
      return strongest_of_[all];
    float most = 0;
    for (unsigned left = all; left != 0; left &= left - 1)
      most = std::max(most, coupling(c, std::countr_zero(left)));
    return most;
  }

private:
  const LatticeOperator& op_;
  int step_[3];
  float unit_[3], strongest_of_[64] = {};
  bool wraps_;
};

// The cells of one block.
class Block {
public:
  Block(const Cells& cells, const Blocks& blocks) : cells_(cells), blocks_(blocks) {}

  void read(int line, int i) {
    present_ = 0;
    blocks_.for_each_cell(line, i, [&](const Blocks::Cell& c) {
      cell_[c.slot] = c.index;
      links_[c.slot] = cells_.links(c.index);
      if (links_[c.slot] != 0)
        present_ |= 1U << c.slot;
    });
  }
  // Writes of each cell its group, numbered from `next`. Returns the number after.
  int group(int next, int* of) const {
    float strongest[8];
    unsigned joined[8] = {};
    for_each(present_, [&](unsigned slot) { strongest[slot] = cells_.strongest(cell_[slot]); });
    for_each_edge([&](unsigned slot, unsigned other, int, float w) {
      if (w >= least_strength_in_block * std::max(strongest[slot], strongest[other])) {
        joined[slot] |= 1U << other;
        joined[other] |= 1U << slot;
      }
    });
    for (unsigned left = present_; left != 0; ++next) {
      unsigned group = left & -left;
      for (unsigned before = 0; group != before;) {
        const unsigned fresh = group & ~before;
        before = group;
        for_each(fresh, [&](unsigned slot) { group |= joined[slot]; });
      }
      for_each(group, [&](unsigned slot) { of[cell_[slot]] = next; });
      left &= ~group;
    }
    return next;
  }
  // Adds to the couplings within the groups and to the links between them.
  void sum(const int* of, float* within, int* links) const {
    for_each(present_, [&](unsigned slot) { links[of[cell_[slot]]] += std::popcount(links_[slot]); });
    for_each_edge([&](unsigned slot, unsigned other, int axis, float w) {
      const int group = of[cell_[slot]];
      if (of[cell_[other]] == group) {
        within[3 * static_cast<std::ptrdiff_t>(group) + axis] += w;
        links[group] -= 2;
      }
    });
  }

private:
  template <class Work>
  static void for_each(unsigned slots, const Work& work) {
    for (; slots != 0; slots &= slots - 1)
      work(static_cast<unsigned>(std::countr_zero(slots)));
  }
  // work(slot, slot above it, axis, coupling)
  template <class Work>
  void for_each_edge(const Work& work) const {
    for_each(present_, [&](unsigned slot) {
      for (int axis = 0; axis < 3; ++axis)
        if (const unsigned other = slot | 1U << axis;
            other != slot && present_ >> other & 1 && links_[slot] >> (2 * axis + 1) & 1)
          work(slot, other, axis, cells_.coupling(cell_[slot], 2 * axis + 1));
    });
  }

  const Cells& cells_;
  const Blocks& blocks_;
  unsigned present_ = 0;
  int cell_[8];
  unsigned links_[8];
};

// The excess of a group, and its couplings with each other group by axis.
struct Row {
  struct Link {
    int to;
    double sum[3];
  };
  double excess = 0;
  std::vector<Link> links;

  void add(int to, int axis, double w) {
    for (Link& link : links)
      if (link.to == to) {
        link.sum[axis] += w;
        return;
      }
    links.push_back({to, {}});
    links.back().sum[axis] = w;
  }
};

} // namespace

void group_cells(const LatticeOperator& op, int threads, CellGroups* groups) {
  const Blocks blocks(op);
  const Cells cells(op);
  groups->of.resize(op.cell_count());
  int* of = groups->of.data();
  groups->first.resize(static_cast<std::size_t>(blocks.lines()) + 1);
  int* first = groups->first.data();
  first[0] = 0;
  int with_group = 0;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : with_group)
  for (int line = 0; line < blocks.lines(); ++line) {
    Block cube(cells, blocks);
    int next = 0;
    for (int i = 0; i < blocks.per_line(); ++i) {
      blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) { of[c.index] = -1; });
      cube.read(line, i);
      const int before = next;
      next = cube.group(next, of);
      with_group += next > before;
    }
    first[line + 1] = next;
  }
  for (int line = 0; line < blocks.lines(); ++line)
    first[line + 1] += first[line];
  groups->count = first[blocks.lines()];
  groups->blocks = with_group;
  groups->within.resize(3 * static_cast<std::size_t>(groups->count));
  groups->links.resize(static_cast<std::size_t>(groups->count));
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    Block cube(cells, blocks);
    std::fill(groups->within.data() + 3 * std::ptrdiff_t{first[line]},
              groups->within.data() + 3 * std::ptrdiff_t{first[line + 1]}, 0.0F);
    std::fill(groups->links.data() + first[line], groups->links.data() + first[line + 1], 0);
    for (int i = 0; i < blocks.per_line(); ++i) {
      blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) { of[c.index] += of[c.index] >= 0 ? first[line] : 0; });
      cube.read(line, i);
      cube.sum(of, groups->within.data(), groups->links.data());
    }
  }
}

void contract(const LatticeOperator& op, const CellGroups& groups, double scale, float least_coupling,
              float excess_factor, int threads, Graph* graph) {
  const Blocks blocks(op);
  const Cells cells(op);
  const auto count = static_cast<std::size_t>(groups.count);
  const int* of = groups.of.data();
  graph->count = groups.count;
  graph->first.resize(count + 1);
  graph->degree.resize(count);
  graph->own_excess.resize(count);
  graph->first[0] = 0;
  for (std::size_t group = 0; group < count; ++group) // room, if no two links lead to the same group
    graph->first[group + 1] = graph->first[group] + groups.links[group];
  const auto links = static_cast<std::size_t>(graph->first[count]);
  graph->neighbour.resize(links);
  graph->coupling.resize(links);
  const auto resistance = [&](std::size_t group, std::size_t axis) {
    const double inner = groups.within[3 * group + axis];
    return inner > 0 ? part_within / inner : 0;
  };
  // A thread writes its rows one after the other, which leaves the rest of its room untouched. Returns the end.
  const auto write = [&](std::size_t group, const Row& row, std::size_t to) {
    graph->first[group] = static_cast<std::int64_t>(to);
    for (const Row::Link& link : row.links) {
      double w = 0, sum = 0;
      for (std::size_t axis = 0; axis < 3; ++axis)
        if (link.sum[axis] > 0) {
          sum += link.sum[axis];
          w += 1 /
               (1 / link.sum[axis] + (resistance(group, axis) + resistance(static_cast<std::size_t>(link.to), axis)));
        }
      graph->neighbour[to] = link.to;
      graph->coupling[to] = static_cast<float>(scale * std::max(least_coupling * sum, w));
      ++to;
    }
    graph->degree[group] = static_cast<int>(row.links.size());
    graph->own_excess[group] = static_cast<float>(scale * row.excess) * excess_factor;
    return to;
  };
#pragma omp parallel num_threads(threads)
  {
    std::vector<Row> rows(8); // of the groups of one block
    std::size_t end = 0;
    bool begun = false;
#pragma omp for schedule(static)
    for (int line = 0; line < blocks.lines(); ++line) {
      int next = groups.first[static_cast<std::size_t>(line)];
      if (!begun)
        end = static_cast<std::size_t>(graph->first[static_cast<std::size_t>(next)]);
      begun = true;
      for (int i = 0; i < blocks.per_line(); ++i) {
        const int first_group = next;
        blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) {
          const int group = of[c.index];
          if (group < 0)
            return;
          Row& row = rows[static_cast<std::size_t>(group - first_group)];
          if (group >= next) {
            row = {0, std::move(row.links)};
            row.links.clear();
            next = group + 1;
          }
          row.excess += std::max(0.0, op.excess_of(static_cast<std::size_t>(c.index)));
          for (unsigned left = cells.links(c.index); left != 0; left &= left - 1) {
            const int direction = std::countr_zero(left), to = of[cells.neighbour(c.index, direction)];
            if (to != group)
              row.add(to, direction / 2, cells.coupling(c.index, direction));
          }
        });
        for (int group = first_group; group < next; ++group)
          end = write(static_cast<std::size_t>(group), rows[static_cast<std::size_t>(group - first_group)], end);
      }
    }
  }
}

} // namespace linnet::latticemg
