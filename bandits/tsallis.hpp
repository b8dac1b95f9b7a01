#pragma once

#include "bandits/learner.hpp"

namespace linnet::bandits {

enum class LossEstimator : std::uint8_t {
  importance_weighted, ///< loss/p for the arm drawn, 0 for the others; eta = 2/sqrt t
  reduced_variance     ///< the same about a baseline of half the mean loss; eta = 4/sqrt t
};

/// The cumulative losses of one Tsallis-INF, in units of the mean loss so far.
class TsallisCore {
public:
  TsallisCore(std::size_t arms, LossEstimator estimator);
  const std::vector<double>& probabilities();
  /// loss >= 0 of `arm`, which was drawn with `probability`.
  void absorb(std::size_t arm, double probability, double loss);
  nlohmann::json save() const;
  void read(const nlohmann::json& state);

private:
  double eta() const;

  LossEstimator estimator_;
  std::vector<double> total_; ///< estimated cumulative losses, unscaled
  std::vector<double> scaled_, probability_;
  double sum_ = 0;   ///< of all losses
  double count_ = 0; ///< of all losses
};

/// Tsallis-INF: the best of both worlds among learners that see no context (Zimmert and Seldin, JMLR 2021).
class Tsallis : public Learner {
public:
  Tsallis(Choices choices, LossEstimator estimator);
  std::string name() const override;

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  LossEstimator estimator_;
  TsallisCore core_;
};

} // namespace linnet::bandits
