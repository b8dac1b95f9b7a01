#include "bandits/thompson.hpp"

#include "bandits/json.hpp"

#include <algorithm>
#include <array>

namespace linnet::bandits {

namespace {

constexpr double prior_precision = 0.05; // over the noise's: coefficients of some 4 standard deviations of the noise
constexpr double noise_prior_variance = 0.1; // of the noise, worth `noise_prior_count` observations
constexpr double noise_prior_count = 4;
constexpr int pairs = 16;              // of samples
constexpr double decades = 1000;       // of numbers told apart by their logarithms
constexpr double surprise_memory = 16; // solves that the running mean of standardised squared errors looks back on
constexpr double most_surprise = 16;   // of one of them
constexpr double tolerated_surprise = 4;
constexpr double kept = 0.125; // of what was learned, as a share of its precision

std::size_t checked(std::size_t terms) {
  if (terms < 1 || terms > 16)
    throw std::invalid_argument("thompson: expected 1 to 16 terms in parameter and context");
  return terms;
}

} // namespace

Thompson::Thompson(Choices choices, std::size_t parameter_terms, std::size_t context_terms)
    : Learner(std::move(choices)), parameter_terms_(checked(parameter_terms)),
      context_(width(), checked(context_terms) - 1) {
  for (const Interval& of : this->choices().context)
    spread_.push_back(of.lowest >= 0 && of.highest > 10 * of.lowest);
  const auto& values = this->choices().arms;
  low_ = *std::ranges::min_element(values);
  high_ = *std::ranges::max_element(values);
  parameter_terms_ = this->choices().ordered ? std::min(parameter_terms_, arms()) : 1;
  for (int k = 0; k < 2; ++k) {
    const auto n = static_cast<Eigen::Index>(parameter_terms_ * (k == 1 ? context_.terms() : 1));
    Block block;
    block.covariance = Eigen::MatrixXd::Identity(n, n) / prior_precision;
    block.mean = Eigen::VectorXd::Zero(n);
    models_[k].blocks.assign(this->choices().ordered ? 1 : arms(), block);
  }
  series_.resize(static_cast<Eigen::Index>(arms()), static_cast<Eigen::Index>(parameter_terms_));
  for (std::size_t i = 0; i < arms(); ++i)
    series_.row(static_cast<Eigen::Index>(i)) = parameter_features(values[i]);
  draws_.resize(this->choices().ordered ? series_.cols() : series_.rows(), pairs);
  Random(0).normals({draws_.data(), static_cast<std::size_t>(draws_.size())});
}

std::size_t Thompson::block_of(double value) const {
  if (choices().ordered)
    return 0;
  const auto& values = choices().arms;
  return std::min(arms() - 1, static_cast<std::size_t>(std::ranges::find(values, value) - values.begin()));
}

const Eigen::VectorXd& Thompson::parameter_features(double value) const {
  parameter_features_.setOnes(static_cast<Eigen::Index>(parameter_terms_));
  const double half = high_ / 2 - low_ / 2; // the whole range may overflow
  if (choices().ordered)
    chebyshev(half > 0 ? std::clamp((value / 2 - low_ / 2) / half * 2 - 1, -1.0, 1.0) : 0,
              {parameter_features_.data(), parameter_terms_});
  return parameter_features_;
}

const Eigen::VectorXd& Thompson::context_features(const Context& context) const {
  static const double range = std::log1p(decades);
  if (!context)
    return only_one_;
  context_features_.resize(static_cast<Eigen::Index>(context_.terms()));
  const auto scaled = scaled_all(context);
  std::array<double, most_numbers> place{};
  for (std::size_t k = 0; k < width(); ++k)
    place[k] = spread_[k] ? 2 * std::log1p(decades * (scaled[k] + 1) / 2) / range - 1 : scaled[k];
  context_.at({place.data(), width()}, {context_features_.data(), context_.terms()});
  return context_features_;
}

// p_i c_j, j faster
const Eigen::VectorXd& Thompson::features(double value, const Context& context) const {
  const Eigen::VectorXd& c = context_features(context);
  const Eigen::VectorXd& p = parameter_features(value);
  features_.resize(c.size() * p.size());
  for (Eigen::Index i = 0; i < p.size(); ++i)
    features_.segment(i * c.size(), c.size()) = p(i) * c;
  return features_;
}

double Thompson::cost_of(double observation, const Context& context) const {
  return context ? std::exp(std::clamp(observation, -700.0, 700.0)) : std::fmax(1e-3, observation) * first_;
}

double Thompson::expected_cost(double value, const Context& context) const {
  const Model& model = model_of(context);
  if (model.count == 0)
    return 0;
  return cost_of(model.offset + features(value, context).dot(model.blocks[block_of(value)].mean), context);
}

double Thompson::observed(double cost, const Context& context) const {
  return context ? std::log(cost) : std::fmin(1e6, cost / (first_ > 0 ? first_ : cost));
}

// For a given context c a block's series in the parameter has the coefficients w = C^T theta, C = I (x) c, normal with
// the mean C^T mean and the covariance C^T S C = L L^T; the scores of ordered arms are P w, P their parameter features.
void Thompson::spread_scores(const Model& model, const Eigen::VectorXd& c) {
  const Eigen::Index n = c.size(), terms = series_.cols();
  const double deviation = std::sqrt(noise(model));
  if (!choices().ordered) {
    scores_.resize(series_.rows());
    deviations_.resize(series_.rows());
    for (Eigen::Index k = 0; k < series_.rows(); ++k) {
      const Block& block = model.blocks[static_cast<std::size_t>(k)];
      along_.noalias() = block.covariance * c;
      scores_(k) = block.mean.dot(c);
      deviations_(k) = deviation * std::sqrt(std::fmax(0, along_.dot(c)));
    }
    return;
  }
  const Block& block = model.blocks[0];
  covariance_.resize(terms, terms);
  coefficients_.resize(terms);
  for (Eigen::Index j = 0; j < terms; ++j) {
    along_.noalias() = block.covariance.middleCols(j * n, n) * c;
    for (Eigen::Index i = j; i < terms; ++i)
      covariance_(i, j) = along_.segment(i * n, n).dot(c);
    covariance_.col(j).head(j).setZero();
    coefficients_(j) = block.mean.segment(j * n, n).dot(c);
  }
  scores_.noalias() = series_ * coefficients_;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(covariance_); // in place
  covariance_ *= deviation;
}

void Thompson::decide(Decision& decision) {
  const Model& model = model_of(decision.context);
  spread_scores(model, context_features(decision.context));
  random().normals({draws_.data(), static_cast<std::size_t>(draws_.rows())});
  if (choices().ordered) {
    spread_draws_.noalias() = covariance_.lazyProduct(draws_);
    aside_.noalias() = series_.lazyProduct(spread_draws_);
  } else {
    aside_.noalias() = deviations_.asDiagonal() * draws_;
  }
  int same = 0;
  for (Eigen::Index s = 0; s < pairs; ++s) {
    const auto aside = aside_.col(s);
    Eigen::Index one = 0, mirrored = 0;
    for (Eigen::Index k = 1; k < scores_.size(); ++k) {
      one = scores_(k) + aside(k) < scores_(one) + aside(one) ? k : one;
      mirrored = scores_(k) - aside(k) < scores_(mirrored) - aside(mirrored) ? k : mirrored;
    }
    if (s == 0)
      decision.arm = static_cast<std::size_t>(one);
    same += decision.arm == static_cast<std::size_t>(one);
    same += decision.arm == static_cast<std::size_t>(mirrored);
  }
  decision.value = choices().arms[decision.arm];
  decision.probability = static_cast<double>(same) / (2 * pairs);
}

void Thompson::absorb(const Decision& decision, double cost) {
  Model& model = models_[decision.context ? 1 : 0];
  if (!decision.context && !(first_ > 0))
    first_ = cost;
  const double y = observed(cost, decision.context);
  const bool first = model.count == 0;
  if (first)
    model.offset = y;
  Block& block = model.blocks[block_of(decision.value)];
  const Eigen::VectorXd& f = features(decision.value, decision.context);
  along_.noalias() = block.covariance * f;
  const double prediction = model.offset + f.dot(block.mean);
  expected_last_ = first ? 1 : cost_of(prediction, decision.context);
  const double error = y - prediction, variance = 1 + f.dot(along_);
  const double standardised = error * error / variance / noise(model);
  model.errors += error * error / variance;
  block.mean += along_ * (error / variance);
  along_ /= std::sqrt(variance);
  for (Eigen::Index j = 0; j < along_.size(); ++j)
    block.covariance.col(j) -= along_(j) * along_;
  model.count += 1;
  model.surprise += (std::fmin(most_surprise, standardised) - model.surprise) / surprise_memory;
  if (!decision.context && model.surprise > tolerated_surprise)
    forget(model);
}

// Precision P <- k P + (1 - k) P_0 about the same mean, toward the prior's P_0.
void Thompson::forget(Model& model) {
  for (Block& block : model.blocks) {
    const Eigen::Index n = block.mean.size();
    const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n, n);
    const Eigen::MatrixXd precision = block.covariance.llt().solve(identity);
    block.covariance = (kept * precision + (1 - kept) * prior_precision * identity).llt().solve(identity);
  }
  model.errors *= kept;
  model.count *= kept;
  model.surprise = 1;
}

double Thompson::noise(const Model& model) {
  return (noise_prior_count * noise_prior_variance + model.errors) / (noise_prior_count + model.count);
}

void Thompson::write(nlohmann::json& state) const {
  state["first"] = first_;
  state["models"] = nlohmann::json::array();
  for (const Model& m : models_) {
    nlohmann::json blocks = nlohmann::json::array();
    for (const Block& b : m.blocks)
      blocks.push_back(
          {{"covariance", std::vector<double>(b.covariance.data(), b.covariance.data() + b.covariance.size())},
           {"mean", std::vector<double>(b.mean.data(), b.mean.data() + b.mean.size())}});
    state["models"].push_back(
        {{"blocks", blocks}, {"count", m.count}, {"offset", m.offset}, {"errors", m.errors}, {"surprise", m.surprise}});
  }
}

void Thompson::read(const nlohmann::json& state) {
  first_ = number(state, "first", 0);
  const auto& all = state.at("models");
  const auto expect = [](bool holds, const std::string& what) {
    if (!holds)
      throw std::invalid_argument("saved state: " + what);
  };
  expect(all.is_array() && all.size() == 2, "models: expected 2");
  for (std::size_t k = 0; k < 2; ++k) {
    Model& m = models_[k];
    const auto& blocks = all[k].at("blocks");
    expect(blocks.is_array() && blocks.size() == m.blocks.size(),
           "blocks: expected " + std::to_string(m.blocks.size()) + " of them");
    for (std::size_t j = 0; j < m.blocks.size(); ++j) {
      Block& b = m.blocks[j];
      const Eigen::Index n = b.mean.size();
      const auto size = static_cast<std::size_t>(n);
      b.covariance = Eigen::Map<const Eigen::MatrixXd>(numbers(blocks[j], "covariance", size * size).data(), n, n);
      b.mean = Eigen::Map<const Eigen::VectorXd>(numbers(blocks[j], "mean", size).data(), n);
      expect(Eigen::LLT<Eigen::MatrixXd>(b.covariance).info() == Eigen::Success,
             "covariance: expected a positive definite matrix");
    }
    m.count = number(all[k], "count", 0);
    m.offset = number(all[k], "offset");
    m.errors = number(all[k], "errors", 0);
    m.surprise = number(all[k], "surprise", 0);
  }
}

} // namespace linnet::bandits
