#include "bandits/tsallis.hpp"

#include "bandits/json.hpp"
#include "bandits/tsallis_weights.hpp"

#include <algorithm>

namespace linnet::bandits {

TsallisCore::TsallisCore(std::size_t arms, LossEstimator estimator)
    : estimator_(estimator), total_(arms), scaled_(arms), probability_(arms) {}

double TsallisCore::eta() const {
  return (estimator_ == LossEstimator::reduced_variance ? 4 : 2) / std::sqrt(count_ + 1);
}

const std::vector<double>& TsallisCore::probabilities() {
  // As long as every loss is 0 the scale is 0, and so is every estimate.
  const double scale = count_ > 0 ? sum_ / count_ : 0;
  const double least = *std::ranges::min_element(total_);
  for (std::size_t i = 0; i < total_.size(); ++i)
    scaled_[i] = scale > 0 ? (total_[i] - least) / scale : 0;
  tsallis_weights(scaled_, eta(), probability_);
  return probability_;
}

void TsallisCore::absorb(std::size_t arm, double probability, double loss) {
  const double rate = eta();
  const bool reduced = estimator_ == LossEstimator::reduced_variance;
  if (reduced)
    probabilities();
  sum_ += loss;
  count_ += 1;
  if (!reduced) {
    total_[arm] += loss / probability;
    return;
  }
  // B_i = 1/2 of the mean loss where p_i >= eta^2, else 0.
  const double half = sum_ / count_ / 2;
  for (std::size_t i = 0; i < total_.size(); ++i) {
    const double baseline = probability_[i] >= rate * rate ? half : 0;
    total_[i] += (i == arm ? (loss - baseline) / probability : 0) + baseline;
  }
}

nlohmann::json TsallisCore::save() const {
  return {{"total", total_}, {"sum", sum_}, {"count", count_}};
}

void TsallisCore::read(const nlohmann::json& state) {
  total_ = numbers(state, "total", total_.size());
  sum_ = number(state, "sum", 0);
  count_ = number(state, "count", 0);
}

Tsallis::Tsallis(Choices choices, LossEstimator estimator)
    : Learner(std::move(choices)), estimator_(estimator), core_(arms(), estimator) {}

std::string Tsallis::name() const {
  return estimator_ == LossEstimator::reduced_variance ? "tsallis" : "tsallis-iw";
}

void Tsallis::decide(Decision& decision) {
  draw(core_.probabilities(), decision);
}

void Tsallis::absorb(const Decision& decision, double cost) {
  core_.absorb(decision.arm, decision.probability, loss(cost));
}

void Tsallis::write(nlohmann::json& state) const {
  state["core"] = core_.save();
}

void Tsallis::read(const nlohmann::json& state) {
  core_.read(state.at("core"));
}

} // namespace linnet::bandits
