#include "bandits/chebcb.hpp"

#include "bandits/json.hpp"

#include <algorithm>
#include <numbers>

namespace linnet::bandits {

namespace {

std::size_t checked_terms(std::size_t terms) {
  if (terms < 1 || terms > 64)
    throw std::invalid_argument("chebcb: expected 1 to 64 terms, found " + std::to_string(terms));
  return terms;
}

} // namespace

ChebCB::ChebCB(Choices choices, std::size_t terms)
    : Learner(std::move(choices)), basis_(width(), checked_terms(terms) - 1) {
  series_.assign(arms(), BoundedSeries(basis_.terms()));
  features_.resize(basis_.terms());
  bounds_.resize(basis_.terms());
  gaps_.resize(arms());
  probability_.resize(arms());
}

double ChebCB::margin() const {
  return 2 + 4 * (1 + std::log(std::fmax(1, degree())));
}

void ChebCB::predict(const Context& context) {
  basis_.at(scaled_all(context), features_);
  const double unit = largest_ > 0 ? 1 / (largest_ * margin()) : 0;
  for (std::size_t i = 0; i < arms(); ++i)
    gaps_[i] = unit * series_[i].at(features_);
}

void ChebCB::decide(Decision& decision) {
  predict(decision.context);
  // eta = 2 t sqrt(d t/(R + 2 alpha^2 t)); alpha bounds how far a Lipschitz function is from its series.
  const double t = static_cast<double>(steps()) + 1, d = static_cast<double>(arms());
  const double m = degree();
  const double alpha = (std::numbers::pi + 2 * std::numbers::inv_pi * std::log(2 * m + 1)) / (2 * margin() * (m + 1));
  const double eta = 2 * t * std::sqrt(d * t / (errors_ + 2 * alpha * alpha * t));
  const auto best = static_cast<std::size_t>(std::ranges::min_element(gaps_) - gaps_.begin());
  double rest = 1;
  const double least = gaps_[best];
  for (std::size_t i = 0; i < arms(); ++i)
    if (i != best)
      rest -= probability_[i] = 1 / (d + eta * (gaps_[i] - least));
  probability_[best] = std::fmax(0, rest);
  draw(probability_, decision);
}

void ChebCB::fit(std::size_t arm) {
  for (std::size_t k = 0; k < bounds_.size(); ++k) {
    const auto& degrees = basis_.degrees(k);
    const auto j = static_cast<double>(*std::ranges::max_element(degrees));
    const auto others = static_cast<double>(std::ranges::count_if(degrees, [](std::size_t d) { return d > 0; }) - 1);
    bounds_[k] = j == 0 ? largest_ : 2 * largest_ / j * std::pow(4 * std::numbers::inv_pi, others);
  }
  series_[arm].fit(bounds_);
}

void ChebCB::absorb(const Decision& decision, double cost) {
  const double paid = loss(cost);
  const double before = largest_;
  largest_ = std::fmax(largest_, paid);
  predict(decision.context);
  if (largest_ > 0)
    errors_ += std::pow(gaps_[decision.arm] - paid / (largest_ * margin()), 2);
  series_[decision.arm].add(features_, paid);
  // A larger K loosens every arm's bounds.
  for (std::size_t i = 0; i < arms(); ++i)
    if (i == decision.arm || largest_ > before)
      fit(i);
}

void ChebCB::write(nlohmann::json& state) const {
  state["largest"] = largest_;
  state["errors"] = errors_;
  state["series"] = nlohmann::json::array();
  for (const BoundedSeries& s : series_)
    state["series"].push_back({{"gram", s.gram()}, {"moment", s.moment()}, {"theta", s.theta()}});
}

void ChebCB::read(const nlohmann::json& state) {
  largest_ = number(state, "largest", 0);
  errors_ = number(state, "errors", 0);
  const auto& all = state.at("series");
  if (!all.is_array() || all.size() != series_.size())
    throw std::invalid_argument("saved state: series: expected one for each of " + std::to_string(arms()) + " arms");
  for (std::size_t i = 0; i < series_.size(); ++i) {
    BoundedSeries& s = series_[i];
    s.gram() = numbers(all[i], "gram", s.terms() * s.terms());
    s.moment() = numbers(all[i], "moment", s.terms());
    s.theta() = numbers(all[i], "theta", s.terms());
  }
}

} // namespace linnet::bandits
