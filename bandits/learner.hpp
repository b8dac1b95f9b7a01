#pragma once

#include "bandits/random.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linnet::bandits {

/// A number that is known of a system before it is solved (a shift, a coefficient, a time step), or nothing.
using Context = std::optional<double>;

/// What a learner may choose from, and what it may count on.
struct Choices {
  std::vector<double> arms{}; ///< values of the parameter; 0, 1, ... where arms have none; finite, no two equal
  double lowest = 0;          ///< the contexts' interval; what lies outside is moved to its ends
  double highest = 1;
  double least_cost = 0; ///< no solve costs less: 1 where costs are iterations, 0 for seconds
  bool ordered = true;   ///< arms with close values cost alike; otherwise the values are mere names
  std::uint64_t seed = 1;
};

/// One choice, with what its later use off-line needs.
struct Decision {
  std::size_t arm = 0;    ///< the arm, or the one nearest to the value
  double value = 0;       ///< of the parameter: arms[arm], or between arms where the learner plays a continuum
  double probability = 1; ///< with which the learner chose the arm, given its history
  Context context{};      ///< as the learner saw it: finite and inside the interval
};

/// Chooses, pays, learns. The same choices, seed, contexts and costs give the same decisions.
class Learner {
public:
  /// std::invalid_argument: no arm, arms that are not finite or not distinct, an interval that is empty or not finite,
  /// a least cost that is negative or not finite.
  explicit Learner(Choices choices);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  virtual ~Learner() = default;

  /// A context that is not a number counts as none.
  Decision choose(Context context);
  /// `cost`: of the solve that followed `decision`, in any one unit. One that is not finite or not positive (a solve of
  /// zero iterations, a failed clock) teaches nothing and gives false; above 1e100 it counts as 1e100.
  /// std::invalid_argument where the decision is none of this learner's (an arm out of range, a probability outside (0,
  /// 1]).
  bool learn(const Decision& decision, double cost);

  /// The cost that the learner expects, 0 where it has no expectation.
  virtual double expected_cost(double /*value*/, const Context& /*context*/) const { return 0; }

  /// What it has learned, as JSON; restore() on a learner of the same kind and choices goes on with the same decisions.
  nlohmann::json save() const;
  /// std::invalid_argument where the state is not that of such a learner; what was learned before then stays.
  void restore(const nlohmann::json& state);

  /// The policy's name in options and state files.
  virtual std::string name() const = 0;
  const Choices& choices() const { return choices_; }
  std::size_t arms() const { return choices_.arms.size(); }
  /// Costs learned from.
  std::uint64_t steps() const { return steps_; }

protected:
  /// Fills arm, value and probability; the context is there.
  virtual void decide(Decision& decision) = 0;
  /// The cost is in (0, 1e100].
  virtual void absorb(const Decision& decision, double cost) = 0;
  virtual void write(nlohmann::json& state) const = 0;
  /// Throws std::invalid_argument or nlohmann::json::exception; may leave anything behind then.
  virtual void read(const nlohmann::json& state) = 0;

  /// Draws an arm with the probabilities given.
  void draw(std::span<const double> probability, Decision& decision);
  /// The context in [-1, 1]; 0 where there is none.
  double scaled(const Context& context) const;
  double loss(double cost) const { return cost > choices_.least_cost ? cost - choices_.least_cost : 0; }
  Random& random() { return random_; }

private:
  void read_all(const nlohmann::json& state);

  Choices choices_;
  Random random_;
  std::uint64_t steps_ = 0;
};

} // namespace linnet::bandits
