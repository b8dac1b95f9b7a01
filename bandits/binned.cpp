#include "bandits/binned.hpp"

#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

Binned::Binned(Choices choices, std::size_t bins, LossEstimator estimator) : Learner(std::move(choices)) {
  if (bins < 1 || bins > 1000000)
    throw std::invalid_argument("binned: expected 1 to 1000000 bins, found " + std::to_string(bins));
  bins_.assign(bins + 1, TsallisCore(arms(), estimator));
}

TsallisCore& Binned::bin_of(const Context& context) {
  const std::size_t bins = bins_.size() - 1;
  if (!context)
    return bins_[bins];
  const double place = (scaled(context) + 1) / 2 * static_cast<double>(bins);
  return bins_[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, place)))];
}

void Binned::decide(Decision& decision) {
  draw(bin_of(decision.context).probabilities(), decision);
}

void Binned::absorb(const Decision& decision, double cost) {
  bin_of(decision.context).absorb(decision.arm, decision.probability, loss(cost));
}

void Binned::write(nlohmann::json& state) const {
  state["bins"] = nlohmann::json::array();
  for (const TsallisCore& bin : bins_)
    state["bins"].push_back(bin.save());
}

void Binned::read(const nlohmann::json& state) {
  const auto& bins = state.at("bins");
  if (!bins.is_array() || bins.size() != bins_.size())
    throw std::invalid_argument("saved state: bins: expected " + std::to_string(bins_.size()) + " of them");
  for (std::size_t k = 0; k < bins_.size(); ++k)
    bins_[k].read(bins[k]);
}

} // namespace linnet::bandits
