#include "learned/train/validation.hpp"

#include "learned/network.hpp"
#include "learned/train/grid_system.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace linnet::learned {

using Field = GridSystem::Field;

namespace {

// z <- M r: the sweeps around the network.
class Preconditioner {
public:
  Preconditioner(const GridSystem& system, Network* network, int sweeps)
      : system_(system), network_(*network), sweeps_(sweeps), left_(system.zeros()), residual_(system.cells()),
        answer_(system.cells()) {
    std::vector<float> fields(5 * system.cells());
    system.write_operator(fields.data());
    network_.set_operator(fields.data());
  }
  void apply(const Field& r, Field* z) {
    std::fill(z->begin(), z->end(), 0.0F);
    system_.sweep(r, sweeps_, false, z);
    system_.multiply(*z, &left_);
    for (std::size_t c = 0; c < left_.size(); ++c)
      left_[c] = r[c] - left_[c];
    system_.gather(left_, residual_.data());
    network_.apply(residual_.data(), answer_.data());
    system_.scatter(answer_.data(), &left_);
    for (std::size_t c = 0; c < left_.size(); ++c)
      (*z)[c] += left_[c];
    system_.sweep(r, sweeps_, true, z);
    system_.project(z);
  }

private:
  const GridSystem& system_;
  Network& network_;
  int sweeps_;
  Field left_;
  std::vector<float> residual_, answer_;
};

struct Direction {
  Field p, Ap;
  double energy;
};

int iterations_of(const GridSystem& system, Preconditioner* preconditioner, std::uint64_t seed) {
  Draw draw(seed);
  Field b = system.zeros();
  for (std::size_t c = 0; c < b.size(); ++c)
    if (system.active(c))
      b[c] = static_cast<float>(draw.normal());
  system.project(&b);
  std::vector<double> r(b.begin(), b.end());
  const double target = 1e-6 * std::sqrt(dot(b, b));
  std::vector<Direction> directions;
  Field scaled = system.zeros();
  for (int iteration = 0; iteration <= Validator::most_iterations; ++iteration) {
    double size = 0;
    for (const double v : r)
      size += v * v;
    size = std::sqrt(size);
    if (!(size > target))
      return std::isfinite(size) ? iteration : Validator::most_iterations + 1;
    for (std::size_t c = 0; c < r.size(); ++c)
      scaled[c] = static_cast<float>(r[c] / size);
    Direction d{system.zeros(), system.zeros(), 0};
    preconditioner->apply(scaled, &d.p);
    system.multiply(d.p, &d.Ap);
    for (const Direction& before : directions) {
      const auto factor = static_cast<float>(dot(d.p, before.Ap) / before.energy);
      for (std::size_t c = 0; c < r.size(); ++c) {
        d.p[c] -= factor * before.p[c];
        d.Ap[c] -= factor * before.Ap[c];
      }
    }
    d.energy = dot(d.p, d.Ap);
    double along = 0;
    for (std::size_t c = 0; c < r.size(); ++c)
      along += r[c] * d.p[c];
    if (!(d.energy > 0))
      return Validator::most_iterations + 1;
    for (std::size_t c = 0; c < r.size(); ++c)
      r[c] -= along / d.energy * d.Ap[c];
    directions.push_back(std::move(d));
    if (directions.size() > 2)
      directions.erase(directions.begin());
  }
  return Validator::most_iterations + 1;
}

} // namespace

double Validation::mean_log() const {
  double sum = 0;
  for (const Count& count : counts)
    sum += std::log(std::max(1, count.iterations));
  return counts.empty() ? 0 : sum / static_cast<double>(counts.size());
}

std::string Validation::text() const {
  std::string text, family;
  for (const Count& count : counts) {
    if (count.family != family)
      text.append(text.empty() ? "" : ", ").append(count.family);
    family = count.family;
    const bool failed = count.iterations > Validator::most_iterations;
    text.append(failed ? " >" : " ").append(std::to_string(failed ? Validator::most_iterations : count.iterations));
  }
  return text;
}

void Validation::state(Archive* archive) {
  (*archive)(&name);
  counts.resize(archive->length(counts.size(), 1));
  for (Count& count : counts) {
    (*archive)(&count.family);
    (*archive)(&count.seed);
    (*archive)(&count.iterations);
  }
}

Validation Validator::run(const Architecture& architecture, const Tensors& tensors, int threads) const {
  Validation result{name_, {}};
  std::unique_ptr<Network> network;
  Grid made_for{};
  for (const HeldOut& held : systems_) {
    if (!network || made_for != held.op.size) {
      network = make_onednn_network(instantiate(architecture, held.op.size), tensors, Precision::f32, threads);
      made_for = held.op.size;
    }
    const GridSystem system(held.op);
    Preconditioner preconditioner(system, network.get(), architecture.sweeps);
    result.counts.push_back({held.family, held.seed, iterations_of(system, &preconditioner, held.seed)});
  }
  return result;
}

} // namespace linnet::learned
