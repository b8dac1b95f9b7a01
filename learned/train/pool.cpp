#include "learned/train/pool.hpp"

#include "base/error.hpp"
#include "problems/noise.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::learned {

using Field = GridSystem::Field;

namespace {

// Adds `size` times smooth noise of a length.
void add_smooth_noise(const GridSystem& system, double size, double length, Draw* draw, Field* field) {
  const std::array<int, 3>& n = system.size();
  const SmoothNoise noise({n[0], n[1], n[2]}, length, RandomStream(draw->seed(), Purpose::shape));
  std::vector<double> line(static_cast<std::size_t>(n[0]));
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j) {
      noise.line(j, k, line);
      for (int i = 0; i < n[0]; ++i)
        (*field)[system.at(i, j, k)] += static_cast<float>(size * line[static_cast<std::size_t>(i)]);
    }
}

template <class Value>
Field unknowns_of(const GridSystem& system, Value&& value) {
  Field field = system.zeros();
  for (std::size_t c = 0; c < field.size(); ++c)
    field[c] = system.active(c) ? static_cast<float>(value(c)) : 0.0F;
  return field;
}

} // namespace

OperatorPool::OperatorPool(const std::vector<OperatorClass>& classes, int dimension, int n, int count, Draw* draw) {
  for (int i = 0; i < count; ++i)
    add(random_operator(classes[static_cast<std::size_t>(i) % classes.size()], dimension, n, draw), draw);
}

OperatorPool::OperatorPool(std::vector<GridOperator> operators, Draw* draw) {
  for (GridOperator& op : operators)
    add(std::move(op), draw);
}

OperatorPool OperatorPool::with_ritz_vectors(std::vector<GridOperator> operators, int lanczos, Draw* draw) {
  OperatorPool pool;
  std::size_t bytes = 0;
  for (GridOperator& op : operators) {
    const int steps = lanczos > 0 ? lanczos : RitzVectors::default_steps(op.cells());
    bytes += RitzVectors::bytes(op.cells(), steps);
    if (bytes > RitzVectors::most_bytes)
      throw InputError("Ritz vectors of " + std::to_string(operators.size()) + " operators: expected " +
                       std::to_string(RitzVectors::most_bytes >> 30) + " GiB at most; take fewer steps of Lanczos");
    auto ritz = std::make_shared<RitzVectors>(GridSystem(op), steps, draw);
    pool.entries_.push_back({std::move(op), {}, std::move(ritz)});
  }
  return pool;
}

void OperatorPool::add(GridOperator op, Draw* draw) {
  const GridSystem system(op);
  // White noise, or a few points over little noise.
  const double points = entries_.size() % 2 ? std::pow(10, draw->uniform(-4, -1)) : 1;
  Field b = unknowns_of(system, [&](std::size_t) {
    const double v = draw->normal();
    return draw->uniform() < points ? v : 1e-4 * v;
  });
  system.project(&b);
  const int longest = std::max({op.size[0], op.size[1], op.size[2]});
  const Field x = system.solve(b, 1e-3, 10 * longest);
  Entry entry{std::move(op), std::vector<float>(system.cells()), nullptr};
  system.gather(x, entry.solution.data());
  entries_.push_back(std::move(entry));
}

OperatorPool::Choice OperatorPool::choose(Draw* draw) const {
  Choice choice;
  choice.entry = draw->integer(entries());
  if (entries_[static_cast<std::size_t>(choice.entry)].ritz)
    return choice;
  const GridOperator& op = entries_[static_cast<std::size_t>(choice.entry)].op;
  std::array<int, 3>& axis = choice.orientation.axis;
  for (std::size_t a = 2; a > 0; --a) {
    const auto b = static_cast<std::size_t>(draw->integer(static_cast<int>(a) + 1));
    const auto one = static_cast<std::size_t>(axis[a]), other = static_cast<std::size_t>(axis[b]);
    if (op.size[one] == op.size[other])
      std::swap(axis[a], axis[b]);
  }
  for (bool& flip : choice.orientation.flip)
    flip = draw->uniform() < 0.5;
  return choice;
}

std::unique_ptr<GridSystem> OperatorPool::system(const Choice& choice) const {
  return std::make_unique<GridSystem>(entries_.at(static_cast<std::size_t>(choice.entry)).op, choice.orientation);
}

Field OperatorPool::error(const Choice& choice, const GridSystem& system, Draw* draw) const {
  const Entry& entry = entries_[static_cast<std::size_t>(choice.entry)];
  if (entry.ritz) {
    Field error = system.zeros();
    system.scatter(entry.ritz->error(draw).data(), &error);
    return error;
  }
  const double kind = draw->uniform();
  const std::array<int, 3>& n = system.size();
  Field error = system.zeros();
  if (kind < 0.45) {
    for (int k = 0; k < n[2]; ++k)
      for (int j = 0; j < n[1]; ++j)
        for (int i = 0; i < n[0]; ++i)
          error[system.at(i, j, k)] = entry.solution[system.cell_of_operator(i, j, k)];
  } else if (kind < 0.55) {
    error = unknowns_of(system, [&](std::size_t) { return draw->normal(); });
  } else {
    const double longest = std::max({n[0], n[1], n[2]}) / 2.0;
    Field smooth = system.zeros();
    const int terms = 1 + draw->integer(3);
    for (int t = 0; t < terms; ++t) {
      const double size = std::pow(10, draw->uniform(-1, 1)), length = std::pow(longest, draw->uniform());
      add_smooth_noise(system, size, length, draw, &smooth);
    }
    error = unknowns_of(system, [&](std::size_t c) { return smooth[c]; });
  }
  system.project(&error);
  return error;
}

} // namespace linnet::learned
