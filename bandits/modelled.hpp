#pragma once

#include "bandits/relaxation_model.hpp"
#include "bandits/thompson.hpp"

#include <array>
#include <vector>

namespace linnet::bandits {

/// The model-based learner of omega: fits RelaxationModel to ln cost (Gauss and Newton, a normal prior), draws its
/// unknowns four times from the normal distribution about the fit (two draws and their mirror images in it), and of the
/// omegas between the least and the largest arm that are best for one of them plays the one that is expected to cost
/// least on the average of all: below the optimum costs rise steeply, above it hardly. The probability logged is the
/// share of those omegas that have the same arm. Every time that the number of solves or the largest cost has doubled
/// it plays an omega on either side of the best one: a fit that is wrong but right about what it makes one play would
/// never be found out. A Thompson sampler learns beside it from every solve; once that predicts clearly better, or
/// omegas fail to converge, the model does not fit (another ordering, block sweeps on several ranks) and the sampler
/// decides from then on. Of a context of several numbers the closed form takes the first one, the sampler all: where
/// the others matter it is handed over to as well. Costs that are not iterations are welcome: the unit is among the
/// unknowns only within a factor of about two, so give seconds as multiples of one iteration's. The model's places 0
/// and 1 are the ends of the contexts' interval, or, where that is a guess and it fits better, of the contexts seen:
/// beyond those systems may be indefinite, with no positive s.
class Modelled : public Learner {
public:
  /// std::invalid_argument for arms outside (0, 2), or a tolerance outside (0, 1).
  Modelled(Choices choices, RelaxationForm form, double tolerance = 1e-8);
  std::string name() const override;
  bool handed_over() const { return handed_over_; }
  double expected_cost(double omega, const Context& context) const override;

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void heed(bool failed) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  using Vector = RelaxationModel::Vector;
  using Matrix = Eigen::Matrix<double, RelaxationModel::unknowns, RelaxationModel::unknowns>;

  struct Fit {
    Vector mean;
    Matrix precision;     ///< where the last step began
    double squares = 0;   ///< sum of the squared errors in ln cost beyond the scatter of counts
    double objective = 0; ///< with variance_ as the noise's
  };
  double place(const Context& context) const { return place_of((scaled(context) + 1) / 2); }
  double place_of(double context) const;
  Vector narrowed(const Vector& theta) const;
  void see(double context);
  std::size_t nearest(double omega) const;
  void remember(const Decision& decision, double log_cost);
  Fit fit(const Vector& start, double to_beat = HUGE_VAL) const;
  void search(Fit& best) const;
  void refit();
  double objective(const Vector& theta) const;
  void settle();
  double predicted(double omega, double place) const; ///< ln cost, of the mean
  void draw_ahead();
  void catch_up() const;

  RelaxationForm form_;
  RelaxationModel model_;
  double low_, high_;
  std::vector<double> omega_, context_, log_cost_, by_count_; ///< every stride-th solve; the variance of its count
  struct Ends {
    double first, last;
  };
  Ends seen_{1, 0}, ends_{0, 1}; ///< of contexts scaled to [0, 1]: of those seen (none: the wrong way round); of places
  bool narrow_ = false;          ///< the latter are the former
  std::uint64_t stride_ = 1, last_fit_ = 0, last_search_ = 0; ///< steps
  Vector mean_;
  Matrix precision_;
  RelaxationModel::Quantities at_mean_;
  struct Prediction {
    double omega, place, log_cost;
  };
  mutable Prediction last_{NAN, 0, 0};         ///< of at_mean_: what was expected of a solve is compared with its cost
  static constexpr std::size_t samples = 4;    ///< of a decision, in pairs
  using Samples = std::array<Vector, samples>; ///< values of the model's quantities
  std::vector<Samples> ahead_;                 ///< of the decisions to come
  std::size_t next_sample_ = 0;                ///< of those
  double variance_;                            ///< of the noise in ln cost
  static constexpr double prior_variance = 0.01; ///< of that noise, before any solve
  double model_error_ = 0;                       ///< running mean of the squared errors of predicted ln cost
  bool handed_over_ = false;
  double failures_ = 0;                   ///< their share of the latest solves
  double largest_ = -1e3, probed_ = -1e3; ///< ln of the largest cost: so far, when an omega was last played aside
  std::uint64_t probes_ = 0;              ///< omegas that are to be played aside

  struct Solve {
    Decision decision;
    double cost, log_cost, scatter; ///< the last of its count, in ln cost
  };
  /* what has been learned does not depend on when the sampler learns it */
  mutable std::vector<Solve> pending_;
  mutable Thompson rival_;
  mutable double rival_error_ = 0; ///< as model_error_
};

} // namespace linnet::bandits
