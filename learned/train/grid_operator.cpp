#include "learned/train/grid_operator.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::learned {

namespace {

// visit(cell, its upper neighbour, axis) for all pairs that may be coupled.
template <class Visit>
void for_each_pair(const GridOperator& op, Visit&& visit) {
  const std::array<std::size_t, 3> stride{1, static_cast<std::size_t>(op.size[0]),
                                          static_cast<std::size_t>(op.size[0]) * static_cast<std::size_t>(op.size[1])};
  std::size_t c = 0;
  for (int k = 0; k < op.size[2]; ++k)
    for (int j = 0; j < op.size[1]; ++j)
      for (int i = 0; i < op.size[0]; ++i, ++c)
        for (std::size_t a = 0; a < 3; ++a) {
          const int at = a == 0 ? i : a == 1 ? j : k, n = op.size[a];
          if (at + 1 < n)
            visit(c, c + stride[a], a);
          else if (op.periodic[a])
            visit(c, c - static_cast<std::size_t>(n - 1) * stride[a], a);
        }
}

} // namespace

std::size_t GridOperator::unknowns() const {
  return static_cast<std::size_t>(std::count(unknown.begin(), unknown.end(), 1));
}

void GridOperator::normalise() {
  float largest = 0;
  unknown.assign(cells(), 0);
  for_each_pair(*this, [&](std::size_t c, std::size_t d, std::size_t a) {
    largest = std::max(largest, face[a][c]);
    if (face[a][c] > 0)
      unknown[c] = unknown[d] = 1;
  });
  const float scale = largest > 0 ? 1 / largest : 1;
  for (std::vector<float>& w : face)
    for (float& v : w)
      v *= scale;
  for (std::size_t c = 0; c < excess.size(); ++c)
    excess[c] = unknown[c] ? scale * excess[c] : 0;
}

std::vector<int> GridOperator::singular_components() const {
  std::vector<std::size_t> parent(cells());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t c) {
    while (parent[c] != c)
      c = parent[c] = parent[parent[c]];
    return c;
  };
  for_each_pair(*this, [&](std::size_t c, std::size_t d, std::size_t a) {
    if (face[a][c] > 0)
      parent[std::max(root(c), root(d))] = std::min(root(c), root(d));
  });
  std::vector<std::uint8_t> anchored(cells(), 0);
  for (std::size_t c = 0; c < anchored.size(); ++c)
    if (excess[c] > 0)
      anchored[root(c)] = 1;
  std::vector<int> component(cells(), -1), number(cells(), -1);
  int count = 0;
  for (std::size_t c = 0; c < component.size(); ++c) {
    const std::size_t r = root(c);
    if (!unknown[c] || anchored[r])
      continue;
    if (number[r] < 0)
      number[r] = count++;
    component[c] = number[r];
  }
  return component;
}

} // namespace linnet::learned
