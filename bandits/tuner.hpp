#pragma once

#include "bandits/arms.hpp"
#include "bandits/learner.hpp"
#include "bandits/relaxation_model.hpp"
#include "bandits/sliding_maximum.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

namespace linnet::bandits {

/// The policies by name: automatic, model, thompson, chebcb, binned, tsallis, tsallis-iw, race, fixed. "auto" is model
/// for sor_omega alone, thompson for all else.
bool is_policy(const std::string& name);
inline constexpr const char* policy_names = "auto, model, thompson, chebcb, binned, tsallis, tsallis-iw, race, fixed";

struct TunerOptions {
  Arms arms;
  std::string policy = "auto";
  std::size_t fixed_arm = 0;                     ///< what the policy "fixed" plays
  RelaxationForm form = RelaxationForm::ssor_cg; ///< of the policy "model"
  double tolerance = 1e-8;                       ///< of a solve, for the same
  std::vector<Interval> intervals;               ///< of the contexts' numbers; none: widened as they come
  std::vector<Interval> likely;                  ///< where there are none: what they begin with
  bool iterations = true;                        ///< costs are iterations: none is below 1
  std::uint64_t seed = 1;
  std::string key; ///< what else a saved state must agree with: ranks, cost, a tag of the user's
};

/// One line of the log: what off-line evaluation of another policy needs (inverse propensities).
struct Step {
  Decision decision;
  double cost = 0;
  bool failed = false;
};

/// A learner as a solver uses it: made from the policy's name, with contexts whose range need not be known, costs in
/// any unit, and arms that fail set aside.
class Tuner {
public:
  /// std::invalid_argument for an unknown policy, or one that does not go with the arms.
  explicit Tuner(TunerOptions options);

  /// The policy's choice for a system with this context: of as many numbers as every other one, or none. One with a
  /// number that is not finite counts as none. std::invalid_argument otherwise.
  Decision choose(const Context& context);
  /// Whether the arm has failed so often that it must not be played now: `patience` times in a row; each further
  /// failure doubles the time, first 50 solves.
  bool quarantined(std::size_t arm) const;
  /// `cost` of a solve that took `iterations`. Failed: the arm did not solve it, whoever did then. False where there is
  /// nothing to learn: no iteration, a cost that is not finite or not positive. The learner learns when it is next
  /// asked for anything: one that has left the caches is fetched once for both.
  bool learn(const Decision& decision, double cost, double iterations, bool failed);
  /// The choice was not played as its arm is set aside: the learner sees what the arm cost when it last failed. `cost`:
  /// of the solve, by another arm, for the total.
  void learn_unplayed(const Decision& decision, double cost);

  /// Cost expected of a choice, not below the mean of all costs and the largest of the latest ones; the largest of the
  /// log for policies that expect none; 0 before ten costs.
  double expected_cost(const Decision& decision) const;

  const Learner& learner() const {
    catch_up();
    return *learner_;
  }
  /// The policy in play, with what it has handed over to: "model-sor", "model-sor, handed over to thompson".
  std::string policy() const;
  const Arms& arms() const { return options_.arms; }
  const TunerOptions& options() const { return options_; }
  std::uint64_t solves() const { return solves_; }
  std::uint64_t failed() const { return failed_; }
  double total_cost() const { return total_; }
  /// The latest solves, oldest first, at most 1024.
  std::vector<Step> log() const;

  nlohmann::json save() const;
  /// std::invalid_argument where the state is of other arms, policy or key, or damaged; nothing is changed then.
  void restore(const nlohmann::json& state);

private:
  struct Failures {
    unsigned in_row = 0;
    std::uint64_t until = 0; ///< solves
    double cost = 0;
  };
  void make();
  void cover(const Context& context);
  void append(const Step& step) const;
  void catch_up() const;
  const Step& logged(std::size_t k) const { return log_[(oldest_ + k) % log_.size()]; }
  double in_units(double cost) const { return cost / unit_; }

  TunerOptions options_;
  std::unique_ptr<Learner> learner_;
  std::vector<Interval> intervals_, seen_; ///< of each number of a context; empty: none has come
  /* what has been learned does not depend on when the latest solve is learned from */
  mutable Step latest_;
  mutable enum class Latest : std::uint8_t { none, played, unplayed } pending_ = Latest::none;
  mutable std::vector<Step> log_; ///< a ring
  mutable std::size_t oldest_ = 0;
  mutable SlidingMaximum largest_, largest_recent_; ///< costs of solves that did not fail
  std::vector<Failures> failures_;
  double unit_ = 1; ///< cost of an iteration of the first solve, where costs are no iterations
  double total_ = 0;
  std::uint64_t solves_ = 0, failed_ = 0;
};

} // namespace linnet::bandits
