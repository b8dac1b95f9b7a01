#pragma once

#include "bandits/chebyshev.hpp"
#include "bandits/learner.hpp"

#include <Eigen/Dense>

namespace linnet::bandits {

/// Thompson sampling with one Bayesian linear model of the cost over parameter and context, so that every solve teaches
/// about every arm (Agrawal and Goyal, ICML 2013). Features: products of Chebyshev polynomials in the parameter and in
/// the context, each scaled to [-1, 1] (of several numbers those of total degree 3 at most, ChebyshevBasis); a series
/// of its own in the context for each arm where arms are not ordered. A number that is never negative, in an interval
/// over more than a factor of ten, counts by ln(1 + 1000 t), t in [0, 1] its place there. It regresses ln cost where
/// contexts are given, else cost over the first cost: without a context costs scatter, and the mean of their logarithms
/// is not what is paid. Where costs without a context are twice as far off as they used to be for some solves, they
/// have changed: most of what was learned is forgotten. The probability logged is the share of 32 samples of the model
/// that chose the arm: the one played, 15 whose standard normal numbers are the same for every decision, and the mirror
/// images of these 16 in the mean.
class Thompson : public Learner {
public:
  /// Terms: degree + 1, in each number of the context. std::invalid_argument for terms outside [1, 16].
  explicit Thompson(Choices choices, std::size_t parameter_terms = 6, std::size_t context_terms = 4);
  std::string name() const override { return "thompson"; }
  /// The cost that the mean of the model expects, > 0 from the first cost on.
  double expected_cost(double value, const Context& context) const override;
  /// What it expected of the cost that it learned from last: 1 where that was the first of its kind.
  double expected_last() const { return expected_last_; }

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  /// Coefficients that are independent of those of other blocks.
  struct Block {
    Eigen::MatrixXd covariance; ///< in units of the noise's variance
    Eigen::VectorXd mean;
  };
  struct Model {
    std::vector<Block> blocks; ///< one where arms are ordered, else one for each arm
    double count = 0;
    double offset = 0;   ///< the first observation; the series models the rest
    double errors = 0;   ///< squared one-step errors over 1 + their variance, summed
    double surprise = 1; ///< running mean of the same over the noise's variance: about 1 while costs are as they were
  };
  const Model& model_of(const Context& context) const { return models_[context ? 1 : 0]; }
  static double noise(const Model& model); ///< its variance
  static void forget(Model& model);
  std::size_t block_of(double value) const;
  double observed(double cost, const Context& context) const;
  double cost_of(double observation, const Context& context) const; ///< the inverse of that
  const Eigen::VectorXd& parameter_features(double value) const;
  const Eigen::VectorXd& context_features(const Context& context) const;
  const Eigen::VectorXd& features(double value, const Context& context) const;
  void spread_scores(const Model& model, const Eigen::VectorXd& c);

  std::size_t parameter_terms_;
  ChebyshevBasis context_;
  std::vector<bool> spread_; ///< numbers of the context that are taken by their logarithms
  double low_, high_;        ///< of the arms
  Eigen::MatrixXd series_;   ///< parameter features, by arm
  Model models_[2];          ///< without and with context
  double first_ = 0;         ///< the first cost without context
  double expected_last_ = 1;

  /* room for what each call computes anew */
  mutable Eigen::VectorXd only_one_ = Eigen::VectorXd::Ones(1), parameter_features_, context_features_, features_;
  Eigen::VectorXd along_, scores_;       ///< scores: of the mean, by arm
  Eigen::MatrixXd draws_, spread_draws_; ///< standard normal numbers, a column for each pair of samples; L times them
  Eigen::MatrixXd aside_;                ///< what they add to the scores
  Eigen::VectorXd coefficients_;         ///< mean of w
  Eigen::VectorXd deviations_;           ///< of the scores of arms that are not ordered
  Eigen::MatrixXd covariance_;           ///< of w, and its factor
};

} // namespace linnet::bandits
