#pragma once

#include "bandits/random.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace linnet::bandits {

inline constexpr std::size_t most_numbers = 16; ///< of a context

/// The numbers of a context, in place: a solve allocates none.
class Numbers {
public:
  Numbers() = default;
  /// std::invalid_argument for more than most_numbers.
  explicit Numbers(std::span<const double> values);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  double& operator[](std::size_t k) { return values_[k]; }
  double operator[](std::size_t k) const { return values_[k]; }
  const double* begin() const { return values_.data(); }
  const double* end() const { return values_.data() + size_; }
  bool operator==(const Numbers&) const = default; // what lies behind the last one is 0

private:
  std::array<double, most_numbers> values_{};
  std::size_t size_ = 0;
};

/// Numbers that are known of a system before it is solved (a shift, a coefficient, a time step), or nothing.
struct Context {
  Numbers numbers{};

  Context() = default;
  Context(double one) : numbers({&one, 1}) {} // NOLINT(google-explicit-constructor): one number is a context
  /// std::invalid_argument for more than most_numbers.
  explicit Context(std::span<const double> several) : numbers(several) {}
  explicit Context(std::initializer_list<double> several) : numbers({several.begin(), several.size()}) {}
  explicit operator bool() const { return !numbers.empty(); }
  bool operator==(const Context&) const = default;
};

/// Where a number of the context lies.
struct Interval {
  double lowest = 0, highest = 1;
  bool contains(double x) const { return x >= lowest && x <= highest; }
  bool operator==(const Interval&) const = default;
};

/// What a learner may choose from, and what it may count on.
struct Choices {
  std::vector<double> arms{}; ///< values of the parameter; 0, 1, ... where arms have none; finite, no two equal
  std::vector<Interval> context = {{}}; ///< of each number of the contexts; what lies outside is moved to its ends
  bool loose = false;                   ///< the intervals are guesses, and reach beyond what contexts can be
  double least_cost = 0;                ///< no solve costs less: 1 where costs are iterations, 0 for seconds
  bool ordered = true;                  ///< arms with close values cost alike; otherwise the values are mere names
  std::uint64_t seed = 1;
};

/// One choice, with what its later use off-line needs.
struct Decision {
  std::size_t arm = 0;    ///< the arm, or the one nearest to the value
  double value = 0;       ///< of the parameter: arms[arm], or between arms where the learner plays a continuum
  double probability = 1; ///< with which the learner chose the arm, given its history
  Context context{};      ///< as the learner saw it: finite and inside the intervals
};

/// Chooses, pays, learns. The same choices, seed, contexts and costs give the same decisions.
class Learner {
public:
  /// std::invalid_argument: no arm, arms that are not finite or not distinct, an interval that is empty or not finite,
  /// no interval or more than most_numbers, a least cost that is negative or not finite.
  explicit Learner(Choices choices);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  virtual ~Learner() = default;

  /// A context that has one that is not a number counts as none. std::invalid_argument where it has more numbers, or
  /// fewer, than there are intervals.
  Decision choose(const Context& context);
  /// `cost`: of the solve that followed `decision`, in any one unit. One that is not finite or not positive (a solve of
  /// zero iterations, a failed clock) teaches nothing and gives false; above 1e100 it counts as 1e100. `failed`:
  /// something else solved the system in the end. std::invalid_argument where the decision is none of this learner's
  /// (an arm out of range, a probability outside (0, 1]).
  bool learn(const Decision& decision, double cost, bool failed = false);

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
  /// Numbers of a context.
  std::size_t width() const { return choices_.context.size(); }
  /// Costs learned from.
  std::uint64_t steps() const { return steps_; }

protected:
  /// Fills arm, value and probability; the context is there.
  virtual void decide(Decision& decision) = 0;
  /// The cost is in (0, 1e100].
  virtual void absorb(const Decision& decision, double cost) = 0;
  /// Whether that decision failed to solve its system, whatever did then.
  virtual void heed(bool /*failed*/) {}
  virtual void write(nlohmann::json& state) const = 0;
  /// Throws std::invalid_argument or nlohmann::json::exception; may leave anything behind then.
  virtual void read(const nlohmann::json& state) = 0;

  /// Draws an arm with the probabilities given.
  void draw(std::span<const double> probability, Decision& decision);
  /// Number k of the context in [-1, 1]; 0 where there is none.
  double scaled(const Context& context, std::size_t k = 0) const;
  /// All of them, written to a place that stays until the next call.
  std::span<const double> scaled_all(const Context& context) const;
  double loss(double cost) const { return cost > choices_.least_cost ? cost - choices_.least_cost : 0; }
  Random& random() { return random_; }

private:
  void read_all(const nlohmann::json& state);

  Choices choices_;
  mutable std::vector<double> scaled_;
  Random random_;
  std::uint64_t steps_ = 0;
};

} // namespace linnet::bandits
