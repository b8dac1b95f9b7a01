#pragma once

#include "bandits/tsallis.hpp"

namespace linnet::bandits {

/// A Tsallis-INF of its own for each of equal bins of the contexts, and one for systems without context. A context of
/// several numbers has `bins` of each, and cells: all combinations of them.
class Binned : public Learner {
public:
  /// std::invalid_argument for no bins, or more than 10^6 cells.
  Binned(Choices choices, std::size_t bins, LossEstimator estimator = LossEstimator::reduced_variance);
  std::string name() const override { return "binned"; }

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  TsallisCore& bin_of(const Context& context);

  std::size_t side_;
  std::vector<TsallisCore> bins_; ///< by cell, the first number's bin slowest; the last one for no context
};

} // namespace linnet::bandits
