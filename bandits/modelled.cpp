#include "bandits/modelled.hpp"

#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

namespace {

constexpr std::size_t memory = 512;     // solves that a fit looks back on
constexpr double prior_variance = 0.01; // of the noise in ln cost, worth `prior_count` solves
constexpr double prior_count = 4;
constexpr double least_variance = 0.0016;   // the model itself is not true to less than 4 %
constexpr double tolerated_variance = 0.04; // of what a fit leaves of ln cost
constexpr int samples = 4;
constexpr double forgetting = 1.0 / 12;     // of the running errors
constexpr std::uint64_t first_verdict = 15; // solves before the model may be found unfit
constexpr double tolerated_error = 0.1;     // squared, of ln cost: a third

} // namespace

Modelled::Modelled(Choices choices, RelaxationForm form, double tolerance)
    : Learner(choices), form_(form), model_(form, tolerance), mean_(RelaxationModel::prior_mean()),
      precision_(RelaxationModel::prior_deviation().array().square().inverse().matrix().asDiagonal()),
      variance_(prior_variance), rival_(std::move(choices)) {
  const auto& values = this->choices().arms;
  low_ = *std::ranges::min_element(values);
  high_ = *std::ranges::max_element(values);
  if (!(low_ > 0 && high_ < 2))
    throw std::invalid_argument("model: expected arms that are omegas in (0, 2)");
}

std::string Modelled::name() const {
  return form_ == RelaxationForm::sor ? "model-sor" : "model-ssor-cg";
}

std::size_t Modelled::nearest(double omega) const {
  const auto& values = choices().arms;
  return static_cast<std::size_t>(std::ranges::min_element(values, {}, [&](double v) { return std::fabs(v - omega); }) -
                                  values.begin());
}

double Modelled::expected_cost(double omega, const Context& context) const {
  return handed_over_ ? rival_.expected_cost(omega, context)
                      : std::exp(std::clamp(model_.log_cost(omega, place(context), mean_), -700.0, 700.0));
}

void Modelled::decide(Decision& decision) {
  if (handed_over_) {
    decision = rival_.choose(decision.context);
    return;
  }
  const Eigen::LLT<Matrix> factor(precision_);
  int same = 0;
  for (int s = 0; s < samples; ++s) {
    Vector z;
    for (double& v : z)
      v = random().normal();
    const Vector theta = mean_ + factor.matrixU().solve(z);
    const double omega = model_.best(place(decision.context), theta, low_, high_);
    if (s == 0) {
      decision.value = omega;
      decision.arm = nearest(omega);
    }
    same += decision.arm == nearest(omega);
  }
  decision.probability = static_cast<double>(same) / samples;
}

double Modelled::objective(const Vector& theta) const {
  double sum =
      ((theta - RelaxationModel::prior_mean()).array() / RelaxationModel::prior_deviation().array()).square().sum();
  for (std::size_t k = 0; k < omega_.size(); ++k)
    sum += std::pow(log_cost_[k] - model_.log_cost(omega_[k], place_[k], theta), 2) / variance_;
  return sum;
}

void Modelled::fit() {
  const Vector prior = RelaxationModel::prior_mean();
  const Vector weight = RelaxationModel::prior_deviation().array().square().inverse();
  double squares = 0;
  double now = objective(mean_);
  double damping = 1e-3;
  for (int pass = 0; pass < 12; ++pass) {
    Vector gradient = weight.cwiseProduct(prior - mean_);
    precision_ = weight.asDiagonal();
    squares = 0;
    for (std::size_t k = 0; k < omega_.size(); ++k) {
      const double residual = log_cost_[k] - model_.log_cost(omega_[k], place_[k], mean_);
      Vector slope;
      for (int j = 0; j < RelaxationModel::unknowns; ++j) {
        Vector up = mean_, down = mean_;
        up(j) += 1e-4;
        down(j) -= 1e-4;
        slope(j) = (model_.log_cost(omega_[k], place_[k], up) - model_.log_cost(omega_[k], place_[k], down)) / 2e-4;
      }
      squares += residual * residual;
      gradient += slope * (residual / variance_);
      precision_ += slope * slope.transpose() / variance_;
    }
    Matrix damped = precision_;
    damped.diagonal() *= 1 + damping;
    const Vector step = damped.llt().solve(gradient);
    const double next = objective(mean_ + step);
    if (next < now) {
      mean_ += step;
      damping /= 10;
      if (now - next < 1e-3)
        break;
      now = next;
    } else if ((damping *= 10) > 1e6) {
      break;
    }
  }
  variance_ = std::fmax(least_variance,
                        (prior_count * prior_variance + squares) / (prior_count + static_cast<double>(omega_.size())));
}

void Modelled::absorb(const Decision& decision, double cost) {
  const double y = std::log(cost);
  if (!handed_over_) {
    if (steps() > 1) {
      const auto blend = [](double& mean, double error) {
        mean += forgetting * (std::fmin(error * error, 100) - mean);
      };
      blend(model_error_, y - std::log(expected_cost(decision.value, decision.context)));
      const double rival = rival_.expected_cost(decision.value, decision.context);
      blend(rival_error_, y - (rival > 0 ? std::log(rival) : 0));
    }
    const std::size_t at = (steps() - 1) % memory;
    if (omega_.size() < memory) {
      omega_.push_back(0);
      place_.push_back(0);
      log_cost_.push_back(0);
    }
    omega_[at] = std::clamp(decision.value, low_, high_);
    place_[at] = place(decision.context);
    log_cost_[at] = y;
    if (steps() >= next_fit_) {
      fit();
      next_fit_ = steps() + 1 + std::min<std::uint64_t>(steps() / 10, 100);
    }
    handed_over_ =
        steps() >= first_verdict && variance_ > tolerated_variance && model_error_ > tolerated_error + 2 * rival_error_;
  }
  rival_.learn(decision, cost);
}

void Modelled::write(nlohmann::json& state) const {
  state["omega"] = omega_;
  state["place"] = place_;
  state["log_cost"] = log_cost_;
  state["next_fit"] = next_fit_;
  state["mean"] = std::vector<double>(mean_.begin(), mean_.end());
  state["precision"] = std::vector<double>(precision_.data(), precision_.data() + precision_.size());
  state["variance"] = variance_;
  state["model_error"] = model_error_;
  state["rival_error"] = rival_error_;
  state["handed_over"] = handed_over_;
  state["rival"] = rival_.save();
}

void Modelled::read(const nlohmann::json& state) {
  const std::size_t size = state.at("omega").size();
  const auto expect = [](bool holds, const char* what) {
    if (!holds)
      throw std::invalid_argument(std::string("saved state: expected ") + what);
  };
  expect(size <= memory && (size == memory || handed_over_ || state.at("handed_over").get<bool>() || size == steps()),
         "as many solves as steps, at most 512");
  omega_ = numbers(state, "omega", size);
  place_ = numbers(state, "place", size);
  log_cost_ = numbers(state, "log_cost", size);
  expect(std::ranges::all_of(omega_, [&](double w) { return w >= low_ && w <= high_; }), "omegas among the arms");
  expect(std::ranges::all_of(place_, [](double u) { return u >= 0 && u <= 1; }), "places in [0, 1]");
  next_fit_ = state.at("next_fit").get<std::uint64_t>();
  const auto mean = numbers(state, "mean", RelaxationModel::unknowns);
  mean_ = Eigen::Map<const Vector>(mean.data());
  const auto precision = numbers(state, "precision", static_cast<std::size_t>(precision_.size()));
  precision_ = Eigen::Map<const Matrix>(precision.data());
  expect(Eigen::LLT<Matrix>(precision_).info() == Eigen::Success, "a positive definite precision");
  variance_ = number(state, "variance", 1e-300);
  model_error_ = number(state, "model_error", 0);
  rival_error_ = number(state, "rival_error", 0);
  handed_over_ = state.at("handed_over").get<bool>();
  rival_.restore(state.at("rival"));
}

} // namespace linnet::bandits
