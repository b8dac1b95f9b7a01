// Domains of rooms and channels: maze, pipes.
#include "problems/families.hpp"
#include "problems/random.hpp"

namespace linnet {

namespace {

/// What stands between two rooms of a maze.
struct Partition {
  enum Kind : std::uint8_t { missing, door, closed } kind;
  std::array<std::int64_t, 3> low;  ///< of the door, as offsets in the room
  std::array<std::int64_t, 3> high; ///< first offset past it
};

/// The partition across `axis` on the far side of a room, of `size` cells along the other axes.
Partition draw_partition(const RandomStream& stream, std::int64_t room, std::size_t axis,
                         const std::array<std::int64_t, 3>& size) {
  const std::uint64_t first = static_cast<std::uint64_t>(room) * 16 + axis * 5;
  const double lot = stream.uniform(first);
  Partition partition{lot < 0.3 ? Partition::missing : lot < 0.8 ? Partition::door : Partition::closed, {}, {}};
  if (partition.kind != Partition::door)
    return partition;
  std::uint64_t draw = first + 1;
  for (std::size_t a = 0; a < 3; ++a) {
    if (a == axis)
      continue;
    const std::int64_t widest = (size[a] + 1) / 2;
    const std::int64_t width = 1 + static_cast<std::int64_t>(stream.uniform(draw++) * static_cast<double>(widest));
    partition.low[a] = static_cast<std::int64_t>(stream.uniform(draw++) * static_cast<double>(size[a] - width + 1));
    partition.high[a] = partition.low[a] + width;
  }
  return partition;
}

} // namespace

void carve_maze(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads) {
  // walls at every feature-th layer of cells but the outermost; cells on two walls at once are posts
  const VoxelGrid& grid = domain.grid;
  const RandomStream stream(seed, Purpose::shape);
  const std::array<std::int64_t, 3> rooms = {grid.nx / feature + 1, grid.ny / feature + 1, grid.nz / feature + 1};
  set_cells(domain, threads, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const std::array<std::int64_t, 3> at = {i, j, k};
    std::array<std::int64_t, 3> offset{};
    std::array<std::int64_t, 3> size{};
    std::size_t walls = 0;
    std::size_t axis = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      const std::int64_t n = grid.extent(static_cast<int>(a));
      offset[a] = at[a] % feature;
      size[a] = std::min(feature - 1, n - (at[a] - offset[a]));
      if (offset[a] == feature - 1 && at[a] != n - 1) {
        ++walls;
        axis = a;
      }
    }
    if (walls != 1)
      return walls == 0 ? Cell::fluid : Cell::solid;
    const std::int64_t room = at[0] / feature + rooms[0] * (at[1] / feature + rooms[1] * (at[2] / feature));
    const Partition partition = draw_partition(stream, room, axis, size);
    bool open = partition.kind != Partition::closed;
    if (partition.kind == Partition::door)
      for (std::size_t a = 0; a < 3; ++a)
        open = open && (a == axis || (partition.low[a] <= offset[a] && offset[a] < partition.high[a]));
    return open ? Cell::fluid : Cell::solid;
  });
}

namespace {

using Position = std::array<std::int64_t, 3>;

/// Makes the straight pipe between two cells on one axis-aligned line fluid, `width` cells wide, up to the box's sides.
void carve_pipe(VoxelDomain& domain, const Position& from, const Position& to, std::int64_t width) {
  Position low{};
  Position high{};
  for (std::size_t a = 0; a < 3; ++a) {
    const std::int64_t n = domain.grid.extent(static_cast<int>(a));
    low[a] = std::max<std::int64_t>(std::min(from[a], to[a]) - (width - 1) / 2, 0);
    high[a] = std::min(std::max(from[a], to[a]) + width / 2 + 1, n);
  }
  for (std::int64_t k = low[2]; k < high[2]; ++k)
    for (std::int64_t j = low[1]; j < high[1]; ++j)
      for (std::int64_t i = low[0]; i < high[0]; ++i)
        domain.cell[static_cast<std::size_t>(domain.grid.cell(i, j, k))] = Cell::fluid;
}

} // namespace

void carve_pipes(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature) {
  // junctions jittered about a lattice; each joined to most of its lattice neighbours by a bent pipe, and those beside
  // an open side to that side
  const VoxelGrid& grid = domain.grid;
  std::fill(domain.cell.begin(), domain.cell.end(), Cell::solid);
  Position sites{};
  for (std::size_t a = 0; a < 3; ++a)
    sites[a] = std::max<std::int64_t>(1, grid.extent(static_cast<int>(a)) / feature);
  const auto site_number = [&](const Position& s) {
    return static_cast<std::size_t>(s[0] + sites[0] * (s[1] + sites[1] * s[2]));
  };
  RandomSequence random({seed, Purpose::shape});
  std::vector<Position> junction(static_cast<std::size_t>(sites[0] * sites[1] * sites[2]));
  Position s{};
  const auto for_each_site = [&](const auto& visit) {
    for (s[2] = 0; s[2] < sites[2]; ++s[2])
      for (s[1] = 0; s[1] < sites[1]; ++s[1])
        for (s[0] = 0; s[0] < sites[0]; ++s[0])
          visit();
  };
  for_each_site([&] {
    for (std::size_t a = 0; a < 3; ++a) {
      const double pitch = static_cast<double>(grid.extent(static_cast<int>(a))) / static_cast<double>(sites[a]);
      junction[site_number(s)][a] =
          static_cast<std::int64_t>((static_cast<double>(s[a]) + random.uniform(0.1, 0.9)) * pitch);
    }
  });
  const auto draw_width = [&] {
    return random.uniform() < 0.5 ? 1 : 1 + random.integer(std::max<std::int64_t>(1, feature / 2));
  };
  std::array<bool, 6> reached{};
  for_each_site([&] {
    const Position& from = junction[site_number(s)];
    for (std::size_t a = 0; a < 3; ++a) {
      if (s[a] + 1 < sites[a] && random.uniform() < 0.75) {
        Position next = s;
        ++next[a];
        const std::int64_t width = draw_width();
        const Position& goal = junction[site_number(next)];
        Position at = from;
        const auto first = static_cast<std::size_t>(random.integer(3));
        for (std::size_t turn = 0; turn < 3; ++turn) { // one leg an axis
          const Position before = at;
          const std::size_t along = (first + turn) % 3;
          at[along] = goal[along];
          carve_pipe(domain, before, at, width);
        }
      }
      for (const std::size_t end : {std::size_t{0}, std::size_t{1}}) {
        const std::size_t side = 2 * a + end;
        if (domain.sides[side] != Beyond::open || s[a] != (end == 0 ? 0 : sites[a] - 1))
          continue;
        if (reached[side] && random.uniform() < 0.5)
          continue;
        reached[side] = true; // the first junction beside an open side always leads out
        Position out = from;
        out[a] = end == 0 ? 0 : grid.extent(static_cast<int>(a)) - 1;
        carve_pipe(domain, from, out, draw_width());
      }
    }
  });
}

} // namespace linnet
