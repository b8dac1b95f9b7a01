#include "bandits/binned.hpp"

#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

Binned::Binned(Choices choices, std::size_t bins, LossEstimator estimator) : Learner(std::move(choices)), side_(bins) {
  const double cells = std::pow(static_cast<double>(bins), static_cast<double>(width()));
  if (bins < 1 || cells > 1e6)
    throw std::invalid_argument("binned: expected 1 to 1000000 cells, found " + std::to_string(bins) +
                                " bins of each of " + std::to_string(width()) + " numbers");
  bins_.assign(static_cast<std::size_t>(cells) + 1, TsallisCore(arms(), estimator));
}

TsallisCore& Binned::bin_of(const Context& context) {
  if (!context)
    return bins_.back();
  std::size_t cell = 0;
  for (std::size_t k = 0; k < width(); ++k) {
    const double place = (scaled(context, k) + 1) / 2 * static_cast<double>(side_);
    cell = cell * side_ + std::min(side_ - 1, static_cast<std::size_t>(std::max(0.0, place)));
  }
  return bins_[cell];
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
