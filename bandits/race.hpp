#pragma once

#include "bandits/learner.hpp"

namespace linnet::bandits {

/// What practitioners do: every `period` solves each arm is tried once, in turn, and the cheapest is kept until the
/// next race. Every decision is certain. A race with a trial that taught nothing tries that arm again.
class Race : public Learner {
public:
  /// std::invalid_argument for a period of 0.
  explicit Race(Choices choices, std::uint64_t period = 100);
  std::string name() const override { return "race"; }

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision& decision, double cost) override;
  void write(nlohmann::json& state) const override;
  void read(const nlohmann::json& state) override;

private:
  std::uint64_t period_;
  std::size_t trial_ = 0, best_ = 0; ///< trial: the arm whose turn it is; arms() between races
  double least_ = 0;                 ///< cost of `best` in this race
  std::uint64_t played_ = 0;         ///< solves since the race
};

} // namespace linnet::bandits
