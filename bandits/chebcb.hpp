#pragma once

#include "bandits/chebyshev.hpp"
#include "bandits/learner.hpp"

namespace linnet::bandits {

/// ChebCB (Khodak et al., ICLR 2024, algorithm 3): for each arm a Chebyshev series of the loss in the context, whose
/// coefficients are bounded as those of a Lipschitz function, and inverse gap weighting over the arms' predictions.
/// With m = terms - 1, C the interval's length, K the largest loss so far and L = K/C its Lipschitz constant:
/// N = 2 + 4(1 + ln m); predictions of loss/(K N) have |theta_0| <= 1/N and |theta_j| <= 2/(N j).
/// A context of several numbers: the products of total degree m at most (ChebyshevBasis). By parts in the variable of
/// the highest degree j, with 2/pi times the integral of |cos| over [0, pi] for each other, a coefficient is at most
/// 2/(N j)(4/pi)^(v - 1) where v variables take part.
class ChebCB : public Learner {
public:
  /// std::invalid_argument for terms outside [1, 64].
  explicit ChebCB(Choices choices, std::size_t terms = 6);
  std::string name() const override { return "chebcb"; }
  /// Coefficients of an arm's predicted loss, in units of the cost.
  std::span<const double> coefficients(std::size_t arm) const { return series_.at(arm).theta(); }
  double largest_loss() const { return largest_; }

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  double margin() const;                                                 // N
  double degree() const { return static_cast<double>(basis_.degree()); } // m
  void predict(const Context& context);
  void fit(std::size_t arm);

  ChebyshevBasis basis_;
  std::vector<BoundedSeries> series_;                          ///< of the loss itself
  std::vector<double> features_, bounds_, gaps_, probability_; ///< gaps: predictions first
  double largest_ = 0;                                         ///< K
  double errors_ = 0;                                          ///< R: sum of squared errors of loss/(K N)
};

} // namespace linnet::bandits
