#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/cell_block.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace linnet::latticemg {

namespace {

// Writes the groups of some blocks, numbered line by line, and the first number of each line if all of them begin at
// `number`. `links`: GroupShapes::links, unless null. Returns the number of blocks that have a group.
int number_groups(const Cells& cells, const Blocks& blocks, int number, int threads, BlockGroups* of,
                  Buffer<int>* first_of, int* links) {
  first_of->resize(static_cast<std::size_t>(blocks.lines()) + 1);
  int* first = first_of->data();
  first[0] = number;
  int with_group = 0;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : with_group)
  for (int line = 0; line < blocks.lines(); ++line) {
    Block cube(cells, blocks);
    int next = 0, of_line = 0;
    std::fill_n(of + blocks.place_of(line), blocks.per_line(), BlockGroups{BlockGroups::all_none, 0});
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      cube.read(corner);
      const BlockGroups groups = cube.group(next);
      of[corner.place] = groups;
      const int count = groups.count();
      next += count;
      with_group += count > 0;
      if (links)
        of_line += groups.is_one() ? 24 : cube.links_between(groups);
    });
    first[line + 1] = next;
    if (links)
      links[line] = of_line;
  }
  for (int line = 0; line < blocks.lines(); ++line)
    first[line + 1] += first[line];
  return with_group;
}

// The final numbers, the blocks of groups (unless null), and what others see of them.
void complete_groups(const Cells& cells, const Blocks& blocks, const Buffer<int>& first, int threads,
                     CellGroups* groups, int* block_of) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    Block cube(cells, blocks);
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      BlockGroups& own = groups->in_blocks[static_cast<std::size_t>(corner.place)];
      own.first += first[static_cast<std::size_t>(line)];
      cube.read(corner);
      cube.look_inside(own, groups->shapes.inside.data());
      if (block_of)
        std::fill_n(block_of + own.first, own.count(), line * blocks.per_line() + corner.number);
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
      const BlockGroups& own = groups.in_blocks[static_cast<std::size_t>(corner.place)];
      for (int n = 0; n < own.count(); ++n)
        list.push_back(own.first + n);
    });
  return list;
}

} // namespace

void group_cells(const LatticeOperator& op, const BoxPlanes& own, int threads, CellGroups* groups) {
  const Cells cells(op);
  const Blocks blocks(op, own);
  groups->own = own;
  groups->in_blocks.resize(static_cast<std::size_t>(blocks.places()));
  groups->shapes.links.resize(static_cast<std::size_t>(blocks.lines()));
  BlockGroups* of = groups->in_blocks.data();
  groups->blocks = number_groups(cells, blocks, 0, threads, of, &groups->lie.first, groups->shapes.links.data());
  groups->lie.size = blocks.count();
  groups->lie.slab_axis = own.axis;
  groups->count = groups->lie.first[static_cast<std::size_t>(blocks.lines())];
  const std::array<BoxPlanes, 2> beyond = blocks_beyond(own, op.size[static_cast<std::size_t>(own.axis)]);
  std::array<Buffer<int>, 2> first;
  int end = groups->count;
  for (std::size_t side = 0; side < 2; ++side) {
    const Blocks ghosts(op, own, beyond[side]);
    const int begin = end;
    number_groups(cells, ghosts, begin, threads, of, &first[side], nullptr);
    end = first[side][static_cast<std::size_t>(ghosts.lines())];
    groups->ghosts[side] = end - begin;
  }
  groups->shapes.inside.resize(static_cast<std::size_t>(end));
  groups->lie.of.resize(static_cast<std::size_t>(groups->count));
  complete_groups(cells, blocks, groups->lie.first, threads, groups, groups->lie.of.data());
  for (std::size_t side = 0; side < 2; ++side)
    complete_groups(cells, Blocks(op, own, beyond[side]), first[side], threads, groups, nullptr);
}

void contract(const LatticeOperator& op, const CellGroups& groups, const Border& border, double scale,
              float least_coupling, float excess_factor, int threads, Graph* graph) {
  const Blocks blocks(op, groups.own);
  const Cells cells(op);
  const auto count = static_cast<std::size_t>(groups.count);
  const BlockGroups* all = groups.in_blocks.data();
  graph->count = groups.count;
  graph->border = border;
  for (std::size_t side = 0; border.shared() && side < 2; ++side) {
    graph->border.ghosts[side] = groups.ghosts[side];
    if (border.neighbour[side] != MPI_PROC_NULL)
      graph->border.sent[side] = groups_of(groups, Blocks(op, groups.own, blocks_within(groups.own)[side]));
  }
  graph->first.resize(count + 1);
  graph->degree.resize(count);
  graph->own_excess.resize(count);
  const std::vector<std::int64_t> room = groups.shapes.room();
  graph->neighbour.resize(static_cast<std::size_t>(room.back()));
  graph->coupling.resize(static_cast<std::size_t>(room.back()));
  graph->first[count] = room.back();
  const AxisRowWriter rows_of{groups.shapes.inside.data(), static_cast<float>(scale), least_coupling, excess_factor,
                              graph};
#pragma omp parallel num_threads(threads)
  {
    Block cube(cells, blocks);
    AxisRow row;
    std::array<int, 6> others{}; // of a group of one block, by direction
    std::array<float, 6> couplings{}, between_uniform{};
    for (unsigned d = 0; cells.uniform() && d < 6; ++d)
      between_uniform[d] = rows_of.coupling(cube.inside_of_uniform(), cube.inside_of_uniform(), cube.side(d));
    std::int64_t end = -1; // a thread writes its rows one after the other, which leaves the rest of its room
#pragma omp for schedule(static)
    for (int line = 0; line < blocks.lines(); ++line) {
      if (end < 0)
        end = room[static_cast<std::size_t>(line)];
      blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
        const BlockGroups& own = all[corner.place];
        cube.read(corner);
        cube.look_around(op);
        if (own.is_one() && cube.find_others(all, &others)) {
          const GroupInside& within = groups.shapes.inside[static_cast<std::size_t>(own.first)];
          for (unsigned d = 0; d < 6; ++d)
            if (others[d] >= 0) {
              const GroupInside& beyond = groups.shapes.inside[static_cast<std::size_t>(others[d])];
              const bool even = cells.uniform() && beyond == within;
              couplings[d] = even ? between_uniform[d] : rows_of.coupling(within, beyond, cube.side(d));
            }
          end = rows_of.write(own.first, others, couplings, cube.excess(), end);
          return;
        }
        own.for_each_group([&](int group, unsigned mask) {
          row.clear();
          cube.add_links_of(mask, group, all, &row);
          end = rows_of.write(group, row, end);
        });
      });
    }
  }
}

} // namespace linnet::latticemg
