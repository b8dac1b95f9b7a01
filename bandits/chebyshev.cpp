#include "bandits/chebyshev.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::bandits {

namespace {

constexpr int most_sweeps = 20; // the next fit goes on from where this one ends

// All ways to spread at most `left` over the variables from `at` on; the last variable's share grows fastest.
void spread(std::size_t at, std::size_t left, std::vector<std::size_t>& term,
            std::vector<std::vector<std::size_t>>& all) {
  if (at == term.size()) {
    all.push_back(term);
    return;
  }
  for (term[at] = 0; term[at] <= left; ++term[at])
    spread(at + 1, left - term[at], term, all);
  term[at] = 0;
}

// C(n + d, d), the number of terms of total degree d at most.
double count(std::size_t n, std::size_t d) {
  double product = 1;
  for (std::size_t k = 1; k <= d; ++k)
    product *= static_cast<double>(n + k) / static_cast<double>(k);
  return product;
}

} // namespace

ChebyshevBasis::ChebyshevBasis(std::size_t variables, std::size_t degree, std::size_t most_terms) : degree_(degree) {
  while (variables > 1 && degree_ > 1 && count(variables, degree_) > static_cast<double>(most_terms) + 0.5)
    --degree_;
  std::vector<std::size_t> term(variables);
  spread(0, degree_, term, degrees_);
  powers_.resize(variables * (degree_ + 1));
}

void ChebyshevBasis::at(std::span<const double> x, std::span<double> values) const {
  const std::size_t stride = degree_ + 1;
  for (std::size_t v = 0; v < x.size(); ++v)
    chebyshev(x[v], {&powers_[v * stride], stride});
  for (std::size_t k = 0; k < terms(); ++k) {
    values[k] = 1;
    for (std::size_t v = 0; v < x.size(); ++v)
      values[k] *= powers_[v * stride + degrees_[k][v]];
  }
}

BoundedSeries::BoundedSeries(std::size_t terms) : gram_(terms * terms), moment_(terms), theta_(terms) {}

void BoundedSeries::add(std::span<const double> features, double y) {
  for (std::size_t i = 0; i < terms(); ++i) {
    moment_[i] += features[i] * y;
    for (std::size_t j = 0; j < terms(); ++j)
      gram_[i * terms() + j] += features[i] * features[j];
  }
}

void BoundedSeries::fit(std::span<const double> bounds) {
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    double change = 0; // of any coefficient, relative to its bound
    for (std::size_t i = 0; i < terms(); ++i) {
      const double* row = &gram_[i * terms()];
      double rest = moment_[i];
      for (std::size_t j = 0; j < terms(); ++j)
        rest -= j == i ? 0 : row[j] * theta_[j];
      const double next = row[i] > 0 ? std::clamp(rest / row[i], -bounds[i], bounds[i]) : 0;
      if (bounds[i] > 0)
        change = std::fmax(change, std::fabs(next - theta_[i]) / bounds[i]);
      theta_[i] = next;
    }
    if (change < 1e-6)
      return;
  }
}

double BoundedSeries::at(std::span<const double> features) const {
  double sum = 0;
  for (std::size_t j = 0; j < terms(); ++j)
    sum += theta_[j] * features[j];
  return sum;
}

} // namespace linnet::bandits
