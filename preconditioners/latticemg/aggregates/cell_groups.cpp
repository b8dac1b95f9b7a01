#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <array>
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

// Writes the groups of the cells of some blocks, numbered line by line, and the first number of each line if all of
// them begin at `number`. Returns the number of blocks that have a group.
int number_groups(const Cells& cells, const Blocks& blocks, int number, int threads, int* of, Buffer<int>* first_of) {
  first_of->resize(static_cast<std::size_t>(blocks.lines()) + 1);
  int* first = first_of->data();
  first[0] = number;
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
  return with_group;
}

// The final numbers, and what the groups sum.
void complete_groups(const Cells& cells, const Blocks& blocks, const Buffer<int>& first, int threads,
                     CellGroups* groups) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    const int begin = first[static_cast<std::size_t>(line)], end = first[static_cast<std::size_t>(line) + 1];
    int* of = groups->of.data();
    Block cube(cells, blocks);
    std::fill(groups->within.data() + 3 * std::ptrdiff_t{begin}, groups->within.data() + 3 * std::ptrdiff_t{end}, 0.0F);
    std::fill(groups->links.data() + begin, groups->links.data() + end, 0);
    for (int i = 0; i < blocks.per_line(); ++i) {
      blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) { of[c.index] += of[c.index] >= 0 ? begin : 0; });
      cube.read(line, i);
      cube.sum(of, groups->within.data(), groups->links.data());
    }
  }
}

// The blocks of a slab at its ends, and those beyond them in the box: by side.
std::array<BoxPlanes, 2> blocks_within(const BoxPlanes& own) {
  const auto [first, last] = own.planes;
  return {BoxPlanes{own.axis, {first, std::min(first + 2, last)}},
          BoxPlanes{own.axis, {first + (last - first - 1) / 2 * 2, last}}};
}
std::array<BoxPlanes, 2> blocks_beyond(const BoxPlanes& own, int size) {
  const auto [first, last] = own.planes;
  return {BoxPlanes{own.axis, {std::max(0, first - 2), first}}, BoxPlanes{own.axis, {last, std::min(size, last + 2)}}};
}

// The groups of some blocks in their order.
std::vector<int> groups_of(const CellGroups& groups, const Blocks& blocks) {
  std::vector<int> list;
  for (int line = 0; line < blocks.lines(); ++line)
    for (int i = 0; i < blocks.per_line(); ++i) {
      int last = -1; // those of a block are numbered in the order of their first cells
      blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) {
        if (const int group = groups.of[static_cast<std::size_t>(c.index)]; group > last) {
          list.push_back(group);
          last = group;
        }
      });
    }
  return list;
}

} // namespace

void group_cells(const LatticeOperator& op, const BoxPlanes& own, int threads, CellGroups* groups) {
  const Cells cells(op);
  const Blocks blocks(op, own);
  groups->own = own;
  groups->of.resize(op.cell_count());
  groups->blocks = number_groups(cells, blocks, 0, threads, groups->of.data(), &groups->first);
  groups->count = groups->first[static_cast<std::size_t>(blocks.lines())];
  const std::array<BoxPlanes, 2> beyond = blocks_beyond(own, op.size[static_cast<std::size_t>(own.axis)]);
  std::array<Buffer<int>, 2> first;
  int end = groups->count;
  for (std::size_t side = 0; side < 2; ++side) {
    const Blocks ghosts(op, beyond[side]);
    const int begin = end;
    number_groups(cells, ghosts, begin, threads, groups->of.data(), &first[side]);
    end = first[side][static_cast<std::size_t>(ghosts.lines())];
    groups->ghosts[side] = end - begin;
  }
  groups->within.resize(3 * static_cast<std::size_t>(end));
  groups->links.resize(static_cast<std::size_t>(end));
  complete_groups(cells, blocks, groups->first, threads, groups);
  for (std::size_t side = 0; side < 2; ++side)
    complete_groups(cells, Blocks(op, beyond[side]), first[side], threads, groups);
}

void contract(const LatticeOperator& op, const CellGroups& groups, const Border& border, double scale,
              float least_coupling, float excess_factor, int threads, Graph* graph) {
  const Blocks blocks(op, groups.own);
  const Cells cells(op);
  const auto count = static_cast<std::size_t>(groups.count);
  const int* of = groups.of.data();
  graph->count = groups.count;
  graph->border = border;
  for (std::size_t side = 0; border.shared() && side < 2; ++side) {
    graph->border.ghosts[side] = groups.ghosts[side];
    if (border.neighbour[side] != MPI_PROC_NULL)
      graph->border.sent[side] = groups_of(groups, Blocks(op, blocks_within(groups.own)[side]));
  }
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
