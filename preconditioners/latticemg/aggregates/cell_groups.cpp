#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/axis_rows.hpp"
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
    least_coupling_ = static_cast<float>(op.min_coupling);
    wraps_ = op.wraps[0] || op.wraps[1] || op.wraps[2];
    const auto [least, most] = std::minmax_element(unit_, unit_ + 3);
    even_ = op.uniform && *least >= least_strength_in_block * *most && !is_held(op.max_excess, *most);
    for (unsigned links = 0; op.uniform && links < 64; ++links)
      for (unsigned d = 0; d < 6; ++d)
        if (links >> d & 1)
          strongest_of_[links] = std::max(strongest_of_[links], unit_[d / 2]);
  }
  // All couplings are strong beside each other, and no cell is held.
  bool even() const { return even_; }
  float unit(int axis) const { return unit_[axis]; }
  double excess(int c) const { return std::max(0.0, op_.excess_of(static_cast<std::size_t>(c))); }
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
  bool held(int c) const {
    const double e = excess(c);
    return is_held(e, least_coupling_) && is_held(e, strongest(c));
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
  float unit_[3], strongest_of_[64] = {}, least_coupling_;
  bool wraps_, even_;
};

// The cells of one block.
class Block {
public:
  Block(const Cells& cells, const Blocks& blocks) : cells_(cells), blocks_(blocks) {}

  void read(int line, int i) {
    present_ = 0;
    whole_ = cells_.even();
    int count = 0;
    blocks_.for_each_cell(line, i, [&](const Blocks::Cell& c) {
      cell_[c.slot] = c.index;
      links_[c.slot] = cells_.links(c.index);
      whole_ = whole_ && (links_[c.slot] & inward[c.slot]) == inward[c.slot];
      if (links_[c.slot] != 0 && !cells_.held(c.index))
        present_ |= 1U << c.slot;
      ++count;
    });
    whole_ = whole_ && count == 8;
  }
  // Writes of each cell its group, numbered from `next`. Returns the number after.
  int group(int next, int* of) const {
    if (whole_) {
      for (const int c : cell_)
        of[c] = next;
      return next + 1;
    }
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
    if (whole_) {
      const int group = of[cell_[0]];
      for (int axis = 0; axis < 3; ++axis)
        within[3 * static_cast<std::ptrdiff_t>(group) + axis] = 4 * cells_.unit(axis);
      links[group] = -24;
      for (const unsigned of_cell : links_)
        links[group] += std::popcount(of_cell);
      return;
    }
    for_each(present_, [&](unsigned slot) { links[of[cell_[slot]]] += std::popcount(links_[slot]); });
    for_each_edge([&](unsigned slot, unsigned other, int axis, float w) {
      const int group = of[cell_[slot]];
      if (of[cell_[other]] == group) {
        within[3 * static_cast<std::ptrdiff_t>(group) + axis] += w;
        links[group] -= 2;
      }
    });
  }

  // Eight cells that strong couplings join, each with all beside it.
  bool whole() const { return whole_; }
  // Of its one group with others, face by face.
  void add_links_of_whole(const int* of, AxisRow* row) const {
    const int group = of[cell_[0]];
    for (int direction = 0; direction < 6; ++direction) {
      const int axis = direction / 2, a = 1 << axis, b = 1 << (axis + 1) % 3, c = 1 << (axis + 2) % 3;
      const int corner = direction % 2 ? a : 0;
      for (const int slot : {corner, corner + b, corner + c, corner + b + c})
        if (links_[slot] >> direction & 1)
          if (const int to = of[cells_.neighbour(cell_[slot], direction)]; to != group)
            row->add(to, axis, cells_.unit(axis));
    }
    for (const int cell : cell_)
      row->excess += cells_.excess(cell);
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
  // By slot: the directions of the others in the block.
  static constexpr unsigned inward[8] = {2 | 8 | 32, 1 | 8 | 32, 2 | 4 | 32, 1 | 4 | 32,
                                         2 | 8 | 16, 1 | 8 | 16, 2 | 4 | 16, 1 | 4 | 16};

  unsigned present_ = 0;
  bool whole_ = false;
  int cell_[8];
  unsigned links_[8];
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

// The final numbers, the blocks of groups (unless null), and what the groups sum.
void complete_groups(const Cells& cells, const Blocks& blocks, const Buffer<int>& first, int threads,
                     CellGroups* groups, int* block_of) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    const int begin = first[static_cast<std::size_t>(line)], end = first[static_cast<std::size_t>(line) + 1];
    int* of = groups->of.data();
    Block cube(cells, blocks);
    std::fill(groups->resistance.data() + 3 * std::ptrdiff_t{begin},
              groups->resistance.data() + 3 * std::ptrdiff_t{end}, 0.0F);
    std::fill(groups->links.data() + begin, groups->links.data() + end, 0);
    for (int i = 0; i < blocks.per_line(); ++i) {
      blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) {
        int& group = of[c.index];
        if (group < 0)
          return;
        group += begin;
        if (block_of)
          block_of[group] = line * blocks.per_line() + i;
      });
      cube.read(line, i);
      cube.sum(of, groups->resistance.data(), groups->links.data());
    }
    for (std::ptrdiff_t k = 3 * std::ptrdiff_t{begin}; k < 3 * std::ptrdiff_t{end}; ++k)
      groups->resistance.data()[k] = resistance_within(groups->resistance.data()[k]);
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
  groups->blocks = number_groups(cells, blocks, 0, threads, groups->of.data(), &groups->lie.first);
  groups->lie.size = blocks.count();
  groups->lie.slab_axis = own.axis;
  groups->count = groups->lie.first[static_cast<std::size_t>(blocks.lines())];
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
  groups->resistance.resize(3 * static_cast<std::size_t>(end));
  groups->links.resize(static_cast<std::size_t>(end));
  groups->lie.of.resize(static_cast<std::size_t>(groups->count));
  complete_groups(cells, blocks, groups->lie.first, threads, groups, groups->lie.of.data());
  for (std::size_t side = 0; side < 2; ++side)
    complete_groups(cells, Blocks(op, beyond[side]), first[side], threads, groups, nullptr);
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
  const AxisRowWriter rows_of{groups.resistance.data(), scale, least_coupling, excess_factor, graph};
#pragma omp parallel num_threads(threads)
  {
    Block cube(cells, blocks);
    std::vector<AxisRow> rows(8); // of the groups of one block
    std::int64_t end = -1;        // a thread writes its rows one after the other, which leaves the rest of its room
#pragma omp for schedule(static)
    for (int line = 0; line < blocks.lines(); ++line) {
      int next = groups.lie.first[static_cast<std::size_t>(line)];
      if (end < 0)
        end = graph->first[static_cast<std::size_t>(next)];
      for (int i = 0; i < blocks.per_line(); ++i) {
        const int first_group = next;
        cube.read(line, i);
        if (cube.whole()) {
          rows[0].clear();
          cube.add_links_of_whole(of, &rows[0]);
          end = rows_of.write(next++, rows[0], end);
          continue;
        }
        blocks.for_each_cell(line, i, [&](const Blocks::Cell& c) {
          const int group = of[c.index];
          if (group < 0)
            return;
          AxisRow& row = rows[static_cast<std::size_t>(group - first_group)];
          if (group >= next) {
            row.clear();
            next = group + 1;
          }
          row.excess += cells.excess(c.index);
          for (unsigned left = cells.links(c.index); left != 0; left &= left - 1) {
            const int direction = std::countr_zero(left), to = of[cells.neighbour(c.index, direction)];
            if (to < 0)
              row.excess += cells.coupling(c.index, direction);
            else if (to != group)
              row.add(to, direction / 2, cells.coupling(c.index, direction));
          }
        });
        for (int group = first_group; group < next; ++group)
          end = rows_of.write(group, rows[static_cast<std::size_t>(group - first_group)], end);
      }
    }
  }
}

} // namespace linnet::latticemg
