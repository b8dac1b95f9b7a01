#include "learned/train/classes.hpp"

#include "base/error.hpp"
#include "learned/train/voxel_operator.hpp"
#include "problems/components.hpp"
#include "problems/domains.hpp"
#include "problems/noise.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::learned {

namespace {

struct Part {
  Family family;
  double part;
};
constexpr std::array<Part, 7> ordinary = {{{Family::box, 0.06},
                                           {Family::sphere, 0.10},
                                           {Family::blobs, 0.34},
                                           {Family::dam, 0.20},
                                           {Family::grains, 0.20},
                                           {Family::plates, 0.06},
                                           {Family::maze, 0.04}}};
constexpr std::array<Part, 4> thin = {
    {{Family::plates, 0.4}, {Family::maze, 0.3}, {Family::pipes, 0.2}, {Family::grains, 0.1}}};

template <std::size_t N>
Family family_of(const std::array<Part, N>& parts, double u) {
  for (const Part& p : parts)
    if ((u -= p.part) < 0)
      return p.family;
  return parts.back().family;
}

bool may_be_singular(OperatorClass what) {
  return what == OperatorClass::closed || what == OperatorClass::periodic;
}

Sides random_sides(OperatorClass what, int dimension, Draw* draw) {
  Sides sides;
  sides.fill(Beyond::wall);
  if (what == OperatorClass::closed)
    return sides;
  const int count = 2 * dimension, open = draw->integer(count);
  const double chance = draw->uniform() < 0.5 ? 0.0 : draw->uniform();
  for (int s = 0; s < count; ++s)
    sides[static_cast<std::size_t>(s)] = s == open || draw->uniform() < chance ? Beyond::open : Beyond::wall;
  if (what == OperatorClass::periodic) {
    const int first = draw->integer(dimension);
    for (int a = 0; a < dimension; ++a)
      if (a == first || draw->uniform() < 0.5)
        sides[2 * static_cast<std::size_t>(a)] = sides[2 * static_cast<std::size_t>(a) + 1] = Beyond::periodic;
  }
  return sides;
}

std::vector<double> noise(const VoxelGrid& grid, double length, std::uint64_t seed) {
  const SmoothNoise field(grid, length, RandomStream(seed, Purpose::coefficient));
  std::vector<double> values, line(static_cast<std::size_t>(grid.nx));
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t j = 0; j < grid.ny; ++j) {
      field.line(j, k, line);
      values.insert(values.end(), line.begin(), line.end());
    }
  return values;
}

// Of each cell, the number of its place along an axis.
std::vector<double> in_layers(const VoxelGrid& grid, int axis, const std::vector<double>& numbers) {
  std::vector<double> c;
  c.reserve(static_cast<std::size_t>(grid.cells()));
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t j = 0; j < grid.ny; ++j)
      for (std::int64_t i = 0; i < grid.nx; ++i)
        c.push_back(numbers[static_cast<std::size_t>(axis == 0 ? i : axis == 1 ? j : k)]);
  return c;
}

// `ratio` inside smooth inclusions or in layers across an axis of 1 to n / 4 cells.
std::vector<double> two_values(const VoxelGrid& grid, double ratio, bool layers, Draw* draw) {
  std::vector<double> c;
  const double n = static_cast<double>(grid.nx);
  if (!layers) {
    c = noise(grid, std::max(1.0, n / draw->uniform(6, 16)), draw->seed());
    for (double& v : c)
      v = v > 0 ? ratio : 1;
    return c;
  }
  const int axis = draw->integer(grid.nz > 1 ? 3 : 2);
  std::vector<double> profile;
  for (bool inside = false; profile.size() < static_cast<std::size_t>(grid.extent(axis)); inside = !inside)
    profile.insert(profile.end(), 1 + static_cast<std::size_t>(draw->integer(static_cast<int>(grid.nx) / 4)),
                   inside ? ratio : 1);
  return in_layers(grid, axis, profile);
}

// One of two values in each cell, or exp(s g) exp(t g'), g of its layer across an axis and g' of the cell.
std::vector<double> of_each_cell(const VoxelGrid& grid, Draw* draw) {
  std::vector<double> c(static_cast<std::size_t>(grid.cells()));
  if (draw->uniform() < 0.5) {
    const double ratio = std::pow(10, draw->uniform(1, 4)), part = draw->uniform(0.05, 0.95);
    for (double& v : c)
      v = draw->uniform() < part ? ratio : 1;
    return c;
  }
  const bool layers = draw->uniform() < 0.5;
  const int axis = draw->integer(grid.nz > 1 ? 3 : 2);
  const double of_layers = layers ? draw->uniform(1, 3) : 0,
               of_cells = layers ? draw->uniform() : draw->uniform(0.5, 3);
  std::vector<double> layer(static_cast<std::size_t>(grid.extent(axis)));
  for (double& g : layer)
    g = of_layers * draw->normal();
  c = in_layers(grid, axis, layer);
  for (double& v : c)
    v = std::exp(v + of_cells * draw->normal());
  return c;
}

VoxelCoefficients random_coefficients(OperatorClass what, const VoxelGrid& grid, Draw* draw) {
  VoxelCoefficients c;
  const int dimension = grid.nz > 1 ? 3 : 2;
  if (what == OperatorClass::shift)
    c.shift = std::pow(10, draw->uniform(-4, 1));
  if (what == OperatorClass::stretched)
    for (int a = 0; a < dimension; ++a)
      c.spacing[static_cast<std::size_t>(a)] = std::pow(12, draw->uniform());
  if (what == OperatorClass::jumps) {
    const double ratio = std::pow(10, draw->uniform(-4, 4));
    const bool layers = draw->uniform() < 0.4;
    c.coefficient = two_values(grid, ratio, layers, draw);
  }
  if (what == OperatorClass::random)
    c.coefficient = of_each_cell(grid, draw);
  if (what == OperatorClass::smooth) {
    const double sigma = draw->uniform(0.2, 2),
                 length = std::pow(static_cast<double>(grid.nx) / 2, draw->uniform(0.4, 1));
    c.coefficient = noise(grid, length, draw->seed());
    for (double& v : c.coefficient)
      v = std::exp(sigma * v);
  }
  return c;
}

GridOperator make(OperatorClass what, const DomainSpec& spec, Draw* draw) {
  VoxelDomain domain = make_domain(spec);
  if (what != OperatorClass::shift && !may_be_singular(what))
    drop_isolated(domain, find_components(domain, 1));
  return grid_operator(domain, random_coefficients(what, spec.grid, draw));
}

} // namespace

OperatorClass class_from_name(const std::string& name) {
  const auto* const found = std::find(class_names.begin(), class_names.end(), name);
  if (found != class_names.end())
    return static_cast<OperatorClass>(found - class_names.begin());
  std::string known;
  for (const char* const other : class_names)
    known += (known.empty() ? "" : ", ") + std::string(other);
  throw InputError("expected a class of operators (" + known + "), found '" + name + "'");
}

GridOperator random_operator(OperatorClass what, int dimension, int n, Draw* draw) {
  for (;;) {
    DomainSpec spec;
    spec.grid = {n, n, dimension == 3 ? n : 1};
    spec.threads = 1;
    const bool walls = what == OperatorClass::walls;
    spec.family = walls ? family_of(thin, draw->uniform()) : family_of(ordinary, draw->uniform());
    if (walls && spec.family == Family::grains)
      spec.feature = 4 + draw->integer(4);
    spec.sides = random_sides(what, dimension, draw);
    spec.seed = draw->seed();
    GridOperator op = make(what, spec, draw);
    if (10 * op.unknowns() >= op.cells())
      return op;
  }
}

GridOperator box_operator(int dimension, int n) {
  DomainSpec spec;
  spec.grid = {n, n, dimension == 3 ? n : 1};
  spec.threads = 1;
  return grid_operator(make_domain(spec));
}

std::string classes_with(const std::string& known, const GridOperator& op) {
  std::string all = known;
  const auto need = [&](OperatorClass what) {
    const std::string name = class_names[static_cast<std::size_t>(what)];
    if (("," + all + ",").find("," + name + ",") == std::string::npos)
      all.append(all.empty() ? "" : ",").append(name);
  };
  const std::vector<int> singular = op.singular_components();
  std::array<float, 3> least{}, most{};
  for (std::size_t a = 0; a < 3; ++a)
    for (const float w : op.face[a])
      if (w > 0) {
        least[a] = least[a] > 0 ? std::min(least[a], w) : w;
        most[a] = std::max(most[a], w);
      }
  const auto near = [](float x, float y) { return std::abs(x - y) <= 1e-5F * y; };
  bool varies = false, differs = false, whole = true;
  for (std::size_t a = 0; a < 3; ++a) {
    varies = varies || (most[a] > 0 && !near(least[a], most[a]));
    differs = differs || (most[a] > 0 && !near(most[a], 1));
  }
  for (const float e : op.excess)
    whole = whole && near(e, std::round(e));
  need(OperatorClass::voxel);
  if (op.periodic[0] || op.periodic[1] || op.periodic[2])
    need(OperatorClass::periodic);
  if (std::any_of(singular.begin(), singular.end(), [](int c) { return c >= 0; }))
    need(OperatorClass::closed);
  if (varies)
    need(OperatorClass::jumps);
  else if (differs)
    need(OperatorClass::stretched);
  else if (!whole)
    need(OperatorClass::shift);
  return all;
}

std::vector<HeldOut> held_out(OperatorClass what, int dimension, int n) {
  std::vector<Family> families = {Family::blobs, Family::grains};
  if (what == OperatorClass::voxel)
    families = {Family::blobs, Family::grains, Family::dam, Family::drops};
  else if (what == OperatorClass::walls)
    families = {Family::plates, Family::maze, Family::gyroid};
  std::vector<HeldOut> all;
  for (const Family family : families)
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      Draw draw(1000 + seed);
      DomainSpec spec;
      spec.grid = {n, n, dimension == 3 ? n : 1};
      spec.family = family;
      spec.threads = 1;
      spec.seed = seed; // those of random_operator() are of 53 bits
      if (may_be_singular(what))
        spec.sides.fill(Beyond::wall);
      if (what == OperatorClass::periodic)
        for (std::size_t s = 0; s < 4; ++s)
          spec.sides[s] = Beyond::periodic;
      all.push_back({family_names[static_cast<std::size_t>(family)], seed, make(what, spec, &draw)});
    }
  return all;
}

} // namespace linnet::learned
