#include "problems/sides.hpp"

#include "base/error.hpp"
#include "problems/names.hpp"

#include <limits>
#include <optional>
#include <span>

namespace linnet {

namespace {

constexpr std::array<const char*, 6> side_names = {"left", "right", "bottom", "top", "front", "back"};
constexpr std::array<const char*, 3> axis_names = {"x", "y", "z"};
constexpr std::array<const char*, 3> beyond_names = {"a wall", "open", "periodic"};

using NamedSides = std::array<std::optional<Beyond>, 6>;

void name_side(NamedSides& sides, std::size_t side, Beyond beyond) {
  if (sides[side] && *sides[side] != beyond)
    throw InputError(std::string("side ") + side_names[side] + " is named both " +
                     beyond_names[static_cast<std::size_t>(*sides[side])] + " and " +
                     beyond_names[static_cast<std::size_t>(beyond)]);
  sides[side] = beyond;
}

void name_sides(NamedSides& sides, const std::vector<std::string>& names, Beyond beyond, std::size_t count) {
  for (const std::string& name : names) {
    if (name == "all") {
      for (std::size_t side = 0; side < count; ++side)
        name_side(sides, side, beyond);
    } else {
      name_side(sides, find_name(std::span(side_names).first(count), name, "side"), beyond);
    }
  }
}

} // namespace

Sides make_sides(const SideNames& names, bool planar) {
  const std::size_t axes = planar ? 2 : 3;
  NamedSides named;
  name_sides(named, names.walls, Beyond::wall, 2 * axes);
  name_sides(named, names.open, Beyond::open, 2 * axes);
  for (const std::string& name : names.periodic) {
    const std::size_t axis = find_name(std::span(axis_names).first(axes), name, "periodic axis");
    name_side(named, 2 * axis, Beyond::periodic);
    name_side(named, 2 * axis + 1, Beyond::periodic);
  }
  Sides sides{};
  for (std::size_t side = 0; side < sides.size(); ++side)
    sides[side] = named[side].value_or(side == top && names.open.empty() ? Beyond::open : Beyond::wall);
  return sides;
}

void check_grid(const VoxelGrid& grid) {
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  const std::string size = std::to_string(grid.nx) + " x " + std::to_string(grid.ny) + " x " + std::to_string(grid.nz);
  std::int64_t cells = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t n = grid.extent(axis);
    if (n < 1)
      throw InputError("grid: expected at least 1 cell along each axis, found " + size);
    if (n > limit / cells)
      throw InputError("grid: expected at most " + std::to_string(limit) + " cells (32-bit unknowns), found " + size);
    cells *= n;
  }
}

void check_sides(const Sides& sides, const VoxelGrid& grid) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const bool low = sides[2 * axis] == Beyond::periodic;
    const bool high = sides[2 * axis + 1] == Beyond::periodic;
    if (low != high)
      throw InputError(std::string("sides ") + side_names[2 * axis] + " and " + side_names[2 * axis + 1] +
                       ": expected both to be periodic or neither");
    const std::int64_t n = grid.extent(static_cast<int>(axis));
    if (low && n < 3)
      throw InputError(std::string("periodic axis ") + axis_names[axis] + ": expected at least 3 cells, found " +
                       std::to_string(n));
  }
}

} // namespace linnet
