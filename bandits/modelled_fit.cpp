// The fit of the closed form to the solves remembered.
#include "bandits/modelled.hpp"

#include <cmath>
#include <utility>

namespace linnet::bandits {

namespace {

constexpr double prior_count = 4;         // solves that the prior variance is worth
constexpr double least_variance = 0.0016; // the model itself is not true to less than 4 %
constexpr int most_passes = 12;
constexpr double least_gain = 0.2;        // of a step of a fit, in squared standard deviations
constexpr std::uint64_t settled = 1000;   // solves from which on searches are rarer
constexpr std::uint64_t first_narrow = 8; // solves before the range seen may be the places' own
constexpr double narrow_gain = 4;         // of a fit with it, in squared standard deviations

} // namespace

double Modelled::objective(const Vector& theta) const {
  double sum = ((theta - model_.prior_mean()).array() / model_.prior_deviation().array()).square().sum();
  const auto weight = static_cast<double>(stride_);
  const auto of = model_.quantities(theta);
  for (std::size_t k = 0; k < omega_.size(); ++k) {
    const double residual = log_cost_[k] - model_.log_cost(omega_[k], place_of(context_[k]), of);
    sum += weight * residual * residual / (variance_ + by_count_[k]);
  }
  return sum;
}

// Gauss and Newton's method, damped (Levenberg and Marquardt); ends early where as much as the last pass gained in each
// of the rest would not reach what is to be beaten.
Modelled::Fit Modelled::fit(const Vector& start, double to_beat) const {
  const Vector prior = model_.prior_mean();
  const Vector prior_weight = model_.prior_deviation().array().square().inverse();
  const auto weight = static_cast<double>(stride_);
  Fit now{start, Matrix::Zero(), 0, 0};
  double damping = 1e-2;
  for (int pass = 0; pass < most_passes; ++pass) {
    Vector gradient = prior_weight.cwiseProduct(prior - now.mean);
    now.precision = prior_weight.asDiagonal();
    now.squares = 0;
    now.objective = gradient.dot(prior - now.mean);
    const auto of = model_.quantities(now.mean);
    for (std::size_t k = 0; k < omega_.size(); ++k) {
      Vector slope;
      const double residual = log_cost_[k] - model_.log_cost(omega_[k], place_of(context_[k]), of, slope);
      const double over = weight / (variance_ + by_count_[k]);
      now.squares += std::fmax(0, residual * residual - by_count_[k]);
      now.objective += over * residual * residual;
      gradient += slope * (over * residual);
      now.precision += over * slope * slope.transpose();
    }
    // Smaller steps until one descends, as long as the linear model promises a gain.
    double gain = 0;
    bool first = true;
    while (!(gain > 0)) {
      Matrix damped = now.precision;
      damped.diagonal() *= 1 + damping;
      const Vector step = damped.llt().solve(gradient);
      if (!(step.dot(gradient) > least_gain))
        return now;
      const Vector mean = now.mean + step;
      const double next = objective(mean);
      gain = now.objective - next;
      if (gain > 0) {
        now.mean = mean;
        now.objective = next;
        damping *= first ? 0.1 : 1;
      } else {
        damping *= 10;
      }
      first = false;
    }
    if (gain < least_gain || now.objective - (most_passes - 1 - pass) * gain > to_beat)
      break;
  }
  return now;
}

// A fit may end in a minimum that what it makes one play confirms: all of it on one flank of the true optimum, taken
// for the optimum itself. So now and then fits are tried from the prior, and from optima on either side.
void Modelled::search(Fit& best) const {
  for (const double aside : {0.0, -1.0, 1.0}) {
    Vector start = model_.prior_mean();
    if (aside != 0)
      start.head<3>() = best.mean.head<3>() + Eigen::Vector3d(aside, aside, 0); // ln s0, ln s1, ln k
    if (Fit other = fit(start, best.objective); other.objective < best.objective)
      best = std::move(other);
  }
}

void Modelled::refit() {
  Fit best = fit(mean_);
  if (2 * steps() >= (last_search_ < settled ? 3 : 4) * last_search_) {
    last_search_ = steps();
    search(best);
    if (choices().loose && !narrow_ && steps() >= first_narrow && seen_.last > seen_.first) {
      const Vector start = narrowed(best.mean);
      const Ends whole = std::exchange(ends_, seen_);
      Fit other = fit(start);
      search(other);
      narrow_ = other.objective < best.objective - narrow_gain;
      if (narrow_)
        best = std::move(other);
      else
        ends_ = whole;
    }
  }
  mean_ = best.mean;
  precision_ = best.precision;
  settle();
  variance_ = std::fmax(least_variance, (prior_count * prior_variance + best.squares) /
                                            (prior_count + static_cast<double>(omega_.size())));
}

} // namespace linnet::bandits
