#include "bandits/race.hpp"

#include "bandits/json.hpp"

namespace linnet::bandits {

Race::Race(Choices choices, std::uint64_t period) : Learner(std::move(choices)), period_(period) {
  if (period < 1)
    throw std::invalid_argument("race: expected a period of at least 1");
}

void Race::decide(Decision& decision) {
  decision.arm = trial_ < arms() ? trial_ : best_;
  decision.value = choices().arms[decision.arm];
}

void Race::absorb(const Decision& decision, double cost) {
  if (trial_ == arms()) {
    if (++played_ >= period_) {
      trial_ = 0;
      played_ = 0;
    }
    return;
  }
  if (decision.arm != trial_)
    return;
  if (trial_ == 0 || cost < least_) {
    best_ = trial_;
    least_ = cost;
  }
  ++trial_;
}

void Race::write(nlohmann::json& state) const {
  state["trial"] = trial_;
  state["best"] = best_;
  state["least"] = least_;
  state["played"] = played_;
}

void Race::read(const nlohmann::json& state) {
  const double trial = number(state, "trial", 0), best = number(state, "best", 0);
  least_ = number(state, "least", 0);
  const double played = number(state, "played", 0);
  if (trial > static_cast<double>(arms()) || best >= static_cast<double>(arms()) || played > 1e15)
    throw std::invalid_argument("saved state: race: expected arms below " + std::to_string(arms()));
  trial_ = static_cast<std::size_t>(trial);
  best_ = static_cast<std::size_t>(best);
  played_ = static_cast<std::uint64_t>(played);
}

} // namespace linnet::bandits
