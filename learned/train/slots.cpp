#include "learned/train/slots.hpp"

#include "problems/components.hpp"
#include "problems/domains.hpp"
#include "problems/noise.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::learned {

using Field = VoxelSystem::Field;

double Draw::normal() {
  return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * M_PI * uniform());
}

namespace {

// Parts of each family among the domains.
constexpr std::array<std::pair<Family, double>, 10> families = {{{Family::box, 0.06},
                                                                 {Family::sphere, 0.08},
                                                                 {Family::blobs, 0.28},
                                                                 {Family::maze, 0.06},
                                                                 {Family::pipes, 0.04},
                                                                 {Family::dam, 0.12},
                                                                 {Family::gyroid, 0.04},
                                                                 {Family::grains, 0.12},
                                                                 {Family::plates, 0.14},
                                                                 {Family::drops, 0.06}}};

VoxelDomain random_domain(int dimension, int n, Draw* draw) {
  DomainSpec spec;
  spec.grid = {n, n, dimension == 3 ? n : 1};
  spec.threads = 1;
  double u = draw->uniform();
  for (const auto& [family, part] : families) {
    spec.family = family;
    if ((u -= part) < 0)
      break;
  }
  const int sides = 2 * dimension, open = draw->integer(sides);
  const double chance = draw->uniform() < 0.5 ? 0.0 : draw->uniform(0, 1);
  spec.sides.fill(Beyond::wall);
  for (int s = 0; s < sides; ++s)
    spec.sides[static_cast<std::size_t>(s)] = s == open || draw->uniform() < chance ? Beyond::open : Beyond::wall;
  spec.seed = static_cast<std::uint64_t>(draw->uniform() * 0x1p53);
  VoxelDomain domain = make_domain(spec);
  drop_isolated(domain, find_components(domain, 1));
  return domain;
}

void add_smooth_noise(const VoxelSystem& system, double size, double length, Draw* draw, Field* field) {
  const std::array<int, 3>& n = system.size();
  const SmoothNoise noise({n[0], n[1], n[2]}, length,
                          RandomStream(static_cast<std::uint64_t>(draw->uniform() * 0x1p53), Purpose::shape));
  std::vector<double> line;
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j) {
      line.resize(static_cast<std::size_t>(n[0]));
      noise.line(j, k, line);
      for (int i = 0; i < n[0]; ++i)
        (*field)[system.at(i, j, k)] += static_cast<float>(size * line[static_cast<std::size_t>(i)]);
    }
}

template <class Value>
Field unknowns_of(const VoxelSystem& system, Value&& value) {
  Field field = system.zeros();
  for (std::size_t c = 0; c < field.size(); ++c)
    field[c] = system.active(c) ? static_cast<float>(value(c)) : 0.0F;
  return field;
}

constexpr std::array<int, 3> same_axes{0, 1, 2};
constexpr std::array<bool, 3> not_flipped{};

} // namespace

DomainPool::DomainPool(int dimension, int n, int domains, Draw* draw) : dimension_(dimension), n_(n) {
  while (static_cast<int>(entries_.size()) < domains) {
    Entry entry{random_domain(dimension, n, draw), {}};
    const VoxelSystem system(entry.domain, same_axes, not_flipped);
    if (10 * system.unknowns() < system.cells())
      continue;
    // White noise, or a few points over little noise.
    const double points = entries_.size() % 2 ? std::pow(10, draw->uniform(-4, -1)) : 1;
    const Field b = unknowns_of(system, [&](std::size_t) {
      const double v = draw->normal();
      return draw->uniform() < points ? v : 1e-4 * v;
    });
    const Field x = system.solve(b, 1e-3, 10 * n);
    entry.solution.resize(system.cells());
    system.gather(x, entry.solution.data());
    entries_.push_back(std::move(entry));
  }
}

DomainPool::Start DomainPool::draw(Draw* draw) const {
  const Entry& entry = entries_[static_cast<std::size_t>(draw->integer(static_cast<int>(entries_.size())))];
  std::array<int, 3> axis = same_axes;
  std::array<bool, 3> flip{};
  for (int a = dimension_ - 1; a > 0; --a)
    std::swap(axis[static_cast<std::size_t>(a)], axis[static_cast<std::size_t>(draw->integer(a + 1))]);
  for (int a = 0; a < dimension_; ++a)
    flip[static_cast<std::size_t>(a)] = draw->uniform() < 0.5;
  Start start{std::make_unique<VoxelSystem>(entry.domain, axis, flip), {}};
  const VoxelSystem& system = *start.system;
  const double kind = draw->uniform();
  if (kind < 0.55) {
    start.error = unknowns_of(system, [&](std::size_t) { return draw->normal(); });
    if (kind < 0.45) {
      const std::array<int, 3>& n = system.size();
      for (int k = 0; k < n[2]; ++k)
        for (int j = 0; j < n[1]; ++j)
          for (int i = 0; i < n[0]; ++i) {
            const std::array<int, 3> own{i, j, k};
            std::array<std::int64_t, 3> place{};
            for (std::size_t a = 0; a < 3; ++a)
              place[static_cast<std::size_t>(axis[a])] = flip[a] ? n[a] - 1 - own[a] : own[a];
            start.error[system.at(i, j, k)] =
                entry.solution[static_cast<std::size_t>(entry.domain.grid.cell(place[0], place[1], place[2]))];
          }
    }
    return start;
  }
  Field smooth = system.zeros();
  const int terms = 1 + draw->integer(3);
  for (int t = 0; t < terms; ++t)
    add_smooth_noise(system, std::pow(10, draw->uniform(-1, 1)), std::pow(n_ / 2.0, draw->uniform()), draw, &smooth);
  start.error = unknowns_of(system, [&](std::size_t c) { return smooth[c]; });
  return start;
}

void Slot::restart(Draw* draw) {
  start_ = pool_->draw(draw);
  directions_.clear();
  iteration_ = 0;
  last_ = 1 + draw->integer(most_);
  r_ = f_ = Af_ = start_.system->zeros();
}

void Slot::begin(int sweeps, float* residual) {
  const VoxelSystem& system = *start_.system;
  Field& e = start_.error;
  system.multiply(e, &r_);
  const double size = std::sqrt(dot(r_, r_) / static_cast<double>(system.unknowns()));
  const auto scale = static_cast<float>(1 / (size + 1e-30));
  for (std::size_t c = 0; c < e.size(); ++c) {
    e[c] *= scale;
    r_[c] *= scale;
  }
  std::fill(f_.begin(), f_.end(), 0.0F);
  system.sweep(r_, sweeps, false, &f_);
  system.multiply(f_, &Af_);
  for (std::size_t c = 0; c < e.size(); ++c)
    Af_[c] = r_[c] - Af_[c];
  system.gather(Af_, residual);
}

double Slot::loss(int sweeps, const float* answer, float* gradient) {
  const VoxelSystem& system = *start_.system;
  Field correction = system.zeros();
  system.scatter(answer, &correction);
  for (std::size_t c = 0; c < f_.size(); ++c)
    f_[c] += correction[c];
  system.sweep(r_, sweeps, true, &f_);
  system.multiply(f_, &Af_);
  const double rf = dot(r_, f_), re = dot(r_, start_.error);
  double energy = dot(f_, Af_); // of the part of f that is A-orthogonal to the directions
  std::vector<double> along;
  for (const Direction& d : directions_) {
    along.push_back(dot(f_, d.Ap));
    energy -= along.back() * along.back() / d.energy;
  }
  const double q = 1 - rf * rf / (energy * re);
  const double clamped = std::max(q, 1e-4);
  // dq = -2 rf / (energy re) r + rf^2 / (energy^2 re) (2 A f - sum_i 2 (f, A p_i) / (p_i, A p_i) A p_i)
  const double of_r = q > 1e-4 ? -2 * rf / (energy * re) / clamped : 0;
  const double of_Af = q > 1e-4 ? 2 * rf * rf / (energy * energy * re) / clamped : 0;
  Field g(f_.size());
  for (std::size_t c = 0; c < g.size(); ++c)
    g[c] = static_cast<float>(of_r * r_[c] + of_Af * Af_[c]);
  for (std::size_t i = 0; i < directions_.size(); ++i) {
    const auto factor = static_cast<float>(of_Af * along[i] / directions_[i].energy);
    for (std::size_t c = 0; c < g.size(); ++c)
      g[c] -= factor * directions_[i].Ap[c];
  }
  system.sweep_transposed(sweeps, true, &g);
  for (std::size_t c = 0; c < g.size(); ++c)
    g[c] = system.active(c) ? g[c] : 0.0F;
  system.gather(g, gradient);
  return q;
}

void Slot::advance(Draw* draw) {
  for (const Direction& d : directions_) {
    const auto factor = static_cast<float>(dot(f_, d.Ap) / d.energy);
    for (std::size_t c = 0; c < f_.size(); ++c) {
      f_[c] -= factor * d.p[c];
      Af_[c] -= factor * d.Ap[c];
    }
  }
  const double energy = dot(f_, Af_), step = dot(r_, f_) / energy;
  if (++iteration_ >= last_ || !(energy > 0) || !std::isfinite(step))
    return restart(draw);
  for (std::size_t c = 0; c < f_.size(); ++c)
    start_.error[c] -= static_cast<float>(step) * f_[c];
  directions_.push_back({f_, Af_, energy});
  if (directions_.size() > 2)
    directions_.erase(directions_.begin());
}

} // namespace linnet::learned
