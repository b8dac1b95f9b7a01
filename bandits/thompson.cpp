#include "bandits/thompson.hpp"

#include "bandits/chebyshev.hpp"
#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

namespace {

constexpr double prior_precision = 0.05; // over the noise's: coefficients of some 4 standard deviations of the noise
constexpr double prior_variance = 0.1;   // of the noise, worth `prior_count` observations
constexpr double prior_count = 4;
constexpr int samples = 32;

} // namespace

Thompson::Thompson(Choices choices, std::size_t parameter_terms, std::size_t context_terms)
    : Learner(std::move(choices)), parameter_terms_(parameter_terms), context_terms_(context_terms) {
  if (parameter_terms < 1 || parameter_terms > 16 || context_terms < 1 || context_terms > 16)
    throw std::invalid_argument("thompson: expected 1 to 16 terms in parameter and context");
  const auto& values = this->choices().arms;
  low_ = *std::ranges::min_element(values);
  high_ = *std::ranges::max_element(values);
  parameter_terms_ = this->choices().ordered ? std::min(parameter_terms_, arms()) : arms();
  for (int k = 0; k < 2; ++k) {
    const auto n = static_cast<Eigen::Index>(parameter_terms_ * (k == 1 ? context_terms_ : 1));
    models_[k].precision = prior_precision * Eigen::MatrixXd::Identity(n, n);
    models_[k].moment = models_[k].mean = Eigen::VectorXd::Zero(n);
  }
}

Eigen::VectorXd Thompson::features(double value, const Context& context) const {
  std::vector<double> p(parameter_terms_), c(context ? context_terms_ : 1);
  const double half = high_ / 2 - low_ / 2; // the whole range may overflow
  if (choices().ordered)
    chebyshev(half > 0 ? std::clamp((value / 2 - low_ / 2) / half * 2 - 1, -1.0, 1.0) : 0, p);
  else
    std::ranges::transform(choices().arms, p.begin(), [&](double arm) { return arm == value ? 1.0 : 0.0; });
  chebyshev(scaled(context), c);
  Eigen::VectorXd f(static_cast<Eigen::Index>(p.size() * c.size()));
  for (std::size_t i = 0; i < p.size(); ++i)
    for (std::size_t j = 0; j < c.size(); ++j)
      f(static_cast<Eigen::Index>(i * c.size() + j)) = p[i] * c[j];
  return f;
}

double Thompson::expected_cost(double value, const Context& context) const {
  const Model& model = model_of(context);
  if (model.count == 0)
    return 0;
  const double y = model.offset + features(value, context).dot(model.mean);
  return context ? std::exp(std::clamp(y, -700.0, 700.0)) : std::fmax(1e-3, y) * first_;
}

double Thompson::observed(double cost, const Context& context) const {
  return context ? std::log(cost) : std::fmin(1e6, cost / (first_ > 0 ? first_ : cost));
}

void Thompson::decide(Decision& decision) {
  const Model& model = model_of(decision.context);
  const Eigen::Index n = model.mean.size();
  Eigen::MatrixXd x(static_cast<Eigen::Index>(arms()), n);
  for (std::size_t i = 0; i < arms(); ++i)
    x.row(static_cast<Eigen::Index>(i)) = features(choices().arms[i], decision.context);
  const Eigen::LLT<Eigen::MatrixXd> factor(model.precision);
  const double deviation = std::sqrt((prior_count * prior_variance + model.errors) / (prior_count + model.count));
  int same = 0;
  for (int s = 0; s < samples; ++s) {
    Eigen::VectorXd z(n);
    for (Eigen::Index k = 0; k < n; ++k)
      z(k) = random().normal();
    const Eigen::VectorXd theta = model.mean + deviation * factor.matrixU().solve(z);
    Eigen::Index best = 0;
    (x * theta).minCoeff(&best);
    if (s == 0)
      decision.arm = static_cast<std::size_t>(best);
    same += decision.arm == static_cast<std::size_t>(best);
  }
  decision.value = choices().arms[decision.arm];
  decision.probability = static_cast<double>(same) / samples;
}

void Thompson::absorb(const Decision& decision, double cost) {
  Model& model = models_[decision.context ? 1 : 0];
  if (!decision.context && !(first_ > 0))
    first_ = cost;
  const double y = observed(cost, decision.context);
  if (model.count == 0)
    model.offset = y;
  const Eigen::VectorXd f = features(decision.value, decision.context);
  const Eigen::VectorXd gain = model.precision.llt().solve(f);
  const double error = y - model.offset - f.dot(model.mean);
  model.errors += error * error / (1 + f.dot(gain));
  model.precision += f * f.transpose();
  model.moment += (y - model.offset) * f;
  model.mean = model.precision.llt().solve(model.moment);
  model.count += 1;
}

void Thompson::write(nlohmann::json& state) const {
  state["first"] = first_;
  state["models"] = nlohmann::json::array();
  for (const Model& m : models_)
    state["models"].push_back(
        {{"precision", std::vector<double>(m.precision.data(), m.precision.data() + m.precision.size())},
         {"moment", std::vector<double>(m.moment.data(), m.moment.data() + m.moment.size())},
         {"count", m.count},
         {"offset", m.offset},
         {"errors", m.errors}});
}

void Thompson::read(const nlohmann::json& state) {
  first_ = number(state, "first", 0);
  const auto& all = state.at("models");
  if (!all.is_array() || all.size() != 2)
    throw std::invalid_argument("saved state: models: expected 2");
  for (std::size_t k = 0; k < 2; ++k) {
    Model& m = models_[k];
    const Eigen::Index n = m.mean.size();
    const auto precision = numbers(all[k], "precision", static_cast<std::size_t>(n * n));
    m.precision = Eigen::Map<const Eigen::MatrixXd>(precision.data(), n, n);
    const auto moment = numbers(all[k], "moment", static_cast<std::size_t>(n));
    m.moment = Eigen::Map<const Eigen::VectorXd>(moment.data(), n);
    m.count = number(all[k], "count", 0);
    m.offset = number(all[k], "offset");
    m.errors = number(all[k], "errors", 0);
    const Eigen::LLT<Eigen::MatrixXd> factor(m.precision);
    if (factor.info() != Eigen::Success)
      throw std::invalid_argument("saved state: precision: expected a positive definite matrix");
    m.mean = factor.solve(m.moment);
  }
}

} // namespace linnet::bandits
