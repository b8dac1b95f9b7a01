#include "lattice/embed.hpp"
#include "lattice/component_embedding.hpp"

#include <algorithm>

namespace linnet {

namespace {

// One component, its vertices renumbered breadth first: near vertices get near numbers.
struct Component {
  Adjacency neighbours;
  std::vector<std::int32_t> rows;
  int most_neighbours = 0;
  std::array<std::int32_t, 2> one_sided{-1, -1}; // an edge to a row of another component

  bool is_ring() const {
    return (rows.size() == 3 || rows.size() > 4) && most_neighbours == 2 &&
           std::all_of(neighbours.begin(), neighbours.end(), [](const auto& around) { return degree(around) == 2; });
  }
};

// `number`: the new number of each row, -1 before its component is taken.
Component take_component(const Adjacency& graph, std::int32_t start, std::vector<std::int32_t>* number) {
  Component component;
  component.rows.push_back(start);
  (*number)[static_cast<std::size_t>(start)] = 0;
  for (std::size_t next = 0; next < component.rows.size(); ++next) {
    for (const std::int32_t w : graph[static_cast<std::size_t>(component.rows[next])]) {
      if (w < 0)
        break;
      if ((*number)[static_cast<std::size_t>(w)] >= 0)
        continue;
      (*number)[static_cast<std::size_t>(w)] = static_cast<std::int32_t>(component.rows.size());
      component.rows.push_back(w);
    }
  }
  component.neighbours.resize(component.rows.size());
  for (std::size_t v = 0; v < component.rows.size(); ++v) {
    const auto& around = graph[static_cast<std::size_t>(component.rows[v])];
    for (std::size_t d = 0; d < 6; ++d)
      component.neighbours[v][d] = around[d] < 0 ? -1 : (*number)[static_cast<std::size_t>(around[d])];
    // A row of an earlier component has no counterpart of an edge from here, and its number is of that component.
    for (std::size_t d = 0; d < 6 && around[d] >= 0; ++d) {
      const auto w = static_cast<std::size_t>(component.neighbours[v][d]);
      if (w >= component.rows.size() || component.rows[w] != around[d])
        component.one_sided = {component.rows[v], around[d]};
    }
    component.most_neighbours = std::max(component.most_neighbours, degree(component.neighbours[v]));
  }
  return component;
}

std::string one_sided_text(std::int32_t row, std::int32_t column) {
  const std::string v = std::to_string(row), w = std::to_string(column);
  return "entry (" + v + ", " + w + ") is not zero, entry (" + w + ", " + v + ") is: not symmetric";
}

// What no lattice has: edges without counterpart; triangles, but for a ring of three that is the whole graph.
std::string check(const Component& component, std::size_t rows) {
  if (component.one_sided[0] >= 0)
    return one_sided_text(component.one_sided[0], component.one_sided[1]);
  const Adjacency& adjacency = component.neighbours;
  const auto row = [&component](std::size_t v) { return component.rows[v]; };
  for (std::size_t v = 0; v < adjacency.size(); ++v) {
    for (std::size_t a = 0; a < 6 && adjacency[v][a] >= 0; ++a) {
      const auto w = static_cast<std::size_t>(adjacency[v][a]);
      if (!contains(adjacency[w], static_cast<std::int32_t>(v)))
        return one_sided_text(row(v), row(w));
      for (std::size_t b = 0; b < a && rows > 3; ++b)
        if (contains(adjacency[w], adjacency[v][b]))
          return "rows " + std::to_string(row(v)) + ", " + std::to_string(row(w)) + " and " +
                 std::to_string(row(static_cast<std::size_t>(adjacency[v][b]))) +
                 " are coupled in a triangle: no lattice in any order of rows is known for that";
    }
  }
  return {};
}

using Positions = std::vector<CellPosition>;

// A ring by itself closes an axis; one among other components is folded into two lines, which needs an even length.
bool place_ring(const Component& component, bool alone, Positions* at, GridSize* period) {
  const auto length = static_cast<std::int32_t>(component.rows.size());
  if (!alone && length % 2 != 0)
    return false;
  std::int32_t before = -1, v = 0;
  for (std::int32_t i = 0; i < length; ++i) {
    const bool second_line = !alone && i >= length / 2;
    (*at)[static_cast<std::size_t>(v)] = second_line ? CellPosition{{length - 1 - i, 1, 0}} : CellPosition{{i, 0, 0}};
    const auto& around = component.neighbours[static_cast<std::size_t>(v)];
    const std::int32_t next = around[0] == before ? around[1] : around[0];
    before = v;
    v = next;
  }
  if (alone)
    (*period)[0] = length;
  return true;
}

// Axes that close first, then the longer ones: more components find room, and lines are long.
void sort_axes(Positions* at, GridSize* period) {
  std::array<std::size_t, 3> order{0, 1, 2};
  GridSize low{}, high{};
  for (const CellPosition& cell : *at) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], cell.x[axis]);
      high[axis] = std::max(high[axis], cell.x[axis]);
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const bool closes_a = (*period)[a] > 0, closes_b = (*period)[b] > 0;
    return closes_a != closes_b ? closes_a : high[a] - low[a] > high[b] - low[b];
  });
  const GridSize was = *period;
  for (std::size_t axis = 0; axis < 3; ++axis)
    (*period)[axis] = was[order[axis]];
  for (CellPosition& cell : *at)
    cell = {{cell.x[order[0]], cell.x[order[1]], cell.x[order[2]]}};
}

// The strictest rules first: few dimensions, no wall thinner than a cell, no axis that closes.
std::string place_component(const Component& component, bool alone, std::size_t* budget, Positions* at,
                            GridSize* period) {
  at->resize(component.rows.size());
  *period = {0, 0, 0};
  if (component.rows.size() == 1)
    return {};
  if (component.is_ring() && place_ring(component, alone, at, period))
    return {};
  bool met_itself = false;
  std::int32_t stuck_row = component.rows[0];
  for (const bool close : {false, true}) {
    for (const bool contact_couples : {true, false}) {
      for (const int dimensions : {2, 3}) {
        if (component.most_neighbours > 2 * dimensions || (close && !met_itself))
          continue;
        std::size_t tries = std::min(*budget, 64 * component.rows.size() + 4096);
        *budget -= tries;
        ComponentEmbedding embedding(component.neighbours, component.rows, {dimensions, close, contact_couples},
                                     &tries);
        const bool found = embedding.run();
        *budget += tries;
        if (found) {
          for (std::size_t v = 0; v < at->size(); ++v)
            (*at)[v] = embedding.position(static_cast<std::int32_t>(v));
          for (std::size_t axis = 0; axis < 3; ++axis)
            (*period)[axis] = embedding.period()[axis];
          sort_axes(at, period);
          return {};
        }
        met_itself |= embedding.met_itself();
        stuck_row = embedding.stuck_row() >= 0 ? embedding.stuck_row() : stuck_row;
      }
    }
  }
  return "no lattice was found for the component of row " + std::to_string(component.rows[0]) + " (" +
         std::to_string(component.rows.size()) + " rows): no cell is left for row " + std::to_string(stuck_row) +
         " beside its neighbours; the cells of the rows (linnet_cells) would say what the matrix does not";
}

} // namespace

std::string embed(const Adjacency& adjacency, Pieces* pieces) {
  const auto n = static_cast<std::int32_t>(adjacency.size());
  std::vector<std::int32_t> number(adjacency.size(), -1);
  std::int32_t coupled = 0;
  for (const auto& around : adjacency)
    coupled += around[0] >= 0;
  *pieces = Pieces{};
  pieces->segments.reserve(adjacency.size());
  std::size_t budget = 250000 + 2 * adjacency.size(); // bounds the time of a refusal: each costs a microsecond or more
  Positions at;
  GridSize period{};
  for (std::int32_t row = 0; row < n; ++row) {
    if (number[static_cast<std::size_t>(row)] >= 0)
      continue;
    const Component component = take_component(adjacency, row, &number);
    const bool alone = component.rows.size() == static_cast<std::size_t>(coupled);
    std::string refusal = check(component, adjacency.size());
    if (refusal.empty())
      refusal = place_component(component, alone, &budget, &at, &period);
    if (!refusal.empty())
      return refusal;
    for (std::size_t v = 0; v < at.size(); ++v)
      pieces->segments.push_back({component.rows[v], 1, pieces->components, {at[v].x[0], at[v].x[1], at[v].x[2]}});
    pieces->period.push_back(period);
    ++pieces->components;
  }
  return {};
}

} // namespace linnet
