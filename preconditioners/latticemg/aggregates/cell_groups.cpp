#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/cell_block.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace linnet::latticemg {

namespace {

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
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      cube.read(corner);
      const int before = next;
      next = cube.group(next, of);
      with_group += next > before;
    });
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
    const int begin = first[static_cast<std::size_t>(line)];
    int* of = groups->of.data();
    Block cube(cells, blocks);
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      blocks.for_each_cell(corner, [&](const Blocks::Cell& c) {
        int& group = of[c.index];
        if (group < 0)
          return;
        group += begin;
        if (block_of)
          block_of[group] = line * blocks.per_line() + corner.number;
      });
      cube.read(corner);
      cube.sum(of, groups->inside.data(), groups->links.data());
    });
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
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      int last = -1; // those of a block are numbered in the order of their first cells
      blocks.for_each_cell(corner, [&](const Blocks::Cell& c) {
        if (const int group = groups.of[static_cast<std::size_t>(c.index)]; group > last) {
          list.push_back(group);
          last = group;
        }
      });
    });
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
  groups->inside.resize(static_cast<std::size_t>(end));
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
  const AxisRowWriter rows_of{groups.inside.data(), scale, least_coupling, excess_factor, graph};
#pragma omp parallel num_threads(threads)
  {
    Block cube(cells, blocks);
    std::vector<AxisRow> rows(8); // of the groups of one block
    std::array<int, 6> others{};  // of a group of one block, by direction
    std::array<float, 6> couplings{}, between_uniform{};
    for (std::size_t d = 0; cells.uniform() && d < 6; ++d)
      between_uniform[d] =
          rows_of.coupling(cube.inside_of_uniform(), cube.inside_of_uniform(), cube.side(static_cast<int>(d)));
    std::int64_t end = -1; // a thread writes its rows one after the other, which leaves the rest of its room
#pragma omp for schedule(static)
    for (int line = 0; line < blocks.lines(); ++line) {
      int next = groups.lie.first[static_cast<std::size_t>(line)];
      if (end < 0)
        end = graph->first[static_cast<std::size_t>(next)];
      blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
        const int first_group = next;
        cube.read(corner);
        if (cube.is_one_group(of)) {
          if (cube.find_others(of, &others)) {
            const GroupInside& own = groups.inside[static_cast<std::size_t>(next)];
            for (std::size_t d = 0; d < 6; ++d)
              if (others[d] >= 0) {
                const GroupInside& other = groups.inside[static_cast<std::size_t>(others[d])];
                couplings[d] = cells.uniform() && other == own
                                   ? between_uniform[d]
                                   : rows_of.coupling(own, other, cube.side(static_cast<int>(d)));
              }
            end = rows_of.write(next++, others, couplings, cube.excess(), end);
            return;
          }
          rows[0].clear();
          cube.add_links_of_one_group(of, &rows[0]);
          end = rows_of.write(next++, rows[0], end);
          return;
        }
        blocks.for_each_cell(corner, [&](const Blocks::Cell& c) {
          const int group = of[c.index];
          if (group < 0)
            return;
          AxisRow& row = rows[static_cast<std::size_t>(group - first_group)];
          if (group >= next) {
            row.clear();
            next = group + 1;
          }
          cube.add_links_of_cell(c.index, group, of, &row);
        });
        for (int group = first_group; group < next; ++group)
          end = rows_of.write(group, rows[static_cast<std::size_t>(group - first_group)], end);
      });
    }
  }
}

} // namespace linnet::latticemg
