#include "learned/train/slots.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::learned {

using Field = GridSystem::Field;

void Slot::restart(Draw* draw) {
  choice_ = pool_->choose(draw);
  system_ = pool_->system(choice_);
  e_ = pool_->error(choice_, *system_, draw);
  directions_.clear();
  iteration_ = 0;
  last_ = 1 + draw->integer(most_);
  r_ = f_ = Af_ = system_->zeros();
}

void Slot::state(Archive* archive) {
  (*archive)(&choice_);
  if (archive->reads()) {
    if (choice_.entry < 0 || choice_.entry >= pool_->entries())
      throw std::runtime_error("a solve on an operator that is not there");
    system_ = pool_->system(choice_);
    r_ = f_ = Af_ = system_->zeros();
  }
  (*archive)(&iteration_);
  (*archive)(&last_);
  (*archive)(&e_);
  directions_.resize(archive->length(directions_.size(), sizeof(double)));
  for (Direction& d : directions_) {
    (*archive)(&d.p);
    (*archive)(&d.Ap);
    (*archive)(&d.energy);
  }
  if (e_.size() != r_.size())
    throw std::runtime_error("a solve on another grid");
}

void Slot::begin(int sweeps, bool unit_norm, float* residual) {
  system_->multiply(e_, &r_);
  const double size = std::sqrt(dot(r_, r_) / (unit_norm ? 1 : static_cast<double>(system_->unknowns())));
  const auto scale = static_cast<float>(1 / (size + 1e-30));
  for (std::size_t c = 0; c < e_.size(); ++c) {
    e_[c] *= scale;
    r_[c] *= scale;
  }
  std::fill(f_.begin(), f_.end(), 0.0F);
  system_->sweep(r_, sweeps, false, &f_);
  system_->multiply(f_, &Af_);
  for (std::size_t c = 0; c < e_.size(); ++c)
    Af_[c] = r_[c] - Af_[c];
  system_->gather(Af_, residual);
}

double Slot::energy_loss(Field* gradient) const {
  const double rf = dot(r_, f_), re = dot(r_, e_);
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
  Field& g = *gradient;
  for (std::size_t c = 0; c < g.size(); ++c)
    g[c] = static_cast<float>(of_r * r_[c] + of_Af * Af_[c]);
  for (std::size_t i = 0; i < directions_.size(); ++i) {
    const auto factor = static_cast<float>(of_Af * along[i] / directions_[i].energy);
    for (std::size_t c = 0; c < g.size(); ++c)
      g[c] -= factor * directions_[i].Ap[c];
  }
  return q;
}

double Slot::residual_loss(Field* gradient) const {
  Field left = r_;
  for (std::size_t c = 0; c < left.size(); ++c)
    left[c] -= Af_[c];
  const double size = std::sqrt(dot(left, left)), whole = std::sqrt(dot(r_, r_));
  system_->multiply(left, gradient); // A is symmetric
  const auto factor = static_cast<float>(-1 / (size * whole + 1e-30));
  for (float& v : *gradient)
    v *= factor;
  return size / (whole + 1e-30);
}

// With g = r - a A f and w = (f, A f): grad = (2 / (r, r)) (-a A g - (g, A f) (r - 2 a A f) / w).
double Slot::line_search_loss(Field* gradient) const {
  const double rr = dot(r_, r_) + 1e-30, energy = dot(f_, Af_), along = dot(r_, f_) / energy;
  Field left = r_;
  for (std::size_t c = 0; c < left.size(); ++c)
    left[c] -= static_cast<float>(along) * Af_[c];
  system_->multiply(left, gradient);
  const double of_A = -2 * along / rr, of_r = -2 * dot(left, Af_) / (energy * rr), of_Af = -2 * along * of_r;
  Field& g = *gradient;
  for (std::size_t c = 0; c < g.size(); ++c)
    g[c] = static_cast<float>(of_A * g[c] + of_r * r_[c] + of_Af * Af_[c]);
  return dot(left, left) / rr;
}

double Slot::loss(Loss what, int sweeps, const float* answer, float* gradient) {
  Field correction = system_->zeros();
  system_->scatter(answer, &correction);
  for (std::size_t c = 0; c < f_.size(); ++c)
    f_[c] += correction[c];
  system_->sweep(r_, sweeps, true, &f_);
  system_->multiply(f_, &Af_);
  Field g(f_.size());
  const double value = what == Loss::energy     ? energy_loss(&g)
                       : what == Loss::residual ? residual_loss(&g)
                                                : line_search_loss(&g);
  system_->sweep_transposed(sweeps, true, &g);
  for (std::size_t c = 0; c < g.size(); ++c)
    g[c] = system_->active(c) ? g[c] : 0.0F;
  system_->gather(g, gradient);
  return value;
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
    e_[c] -= static_cast<float>(step) * f_[c];
  directions_.push_back({f_, Af_, energy});
  if (directions_.size() > 2)
    directions_.erase(directions_.begin());
}

} // namespace linnet::learned
