#include "bandits/learner.hpp"

#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

namespace {

constexpr double largest_cost = 1e100;

} // namespace

Learner::Learner(Choices choices) : choices_(std::move(choices)), random_(choices_.seed) {
  if (choices_.arms.empty())
    throw std::invalid_argument("bandit: expected at least one arm, found none");
  if (!std::ranges::all_of(choices_.arms, [](double a) { return std::isfinite(a); }))
    throw std::invalid_argument("bandit: expected arms that are finite numbers");
  auto sorted = choices_.arms;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    throw std::invalid_argument("bandit: expected distinct arms, found one twice");
  if (!std::isfinite(choices_.highest - choices_.lowest) || !(choices_.lowest < choices_.highest))
    throw std::invalid_argument("bandit: expected an interval of contexts lowest < highest of finite length");
  if (!std::isfinite(choices_.least_cost) || choices_.least_cost < 0)
    throw std::invalid_argument("bandit: expected a least cost that is finite and not negative");
}

Decision Learner::choose(Context context) {
  Decision decision;
  if (context && !std::isnan(*context))
    decision.context = std::clamp(*context, choices_.lowest, choices_.highest);
  decide(decision);
  return decision;
}

bool Learner::learn(const Decision& decision, double cost) {
  if (decision.arm >= arms() || !(decision.probability > 0 && decision.probability <= 1) ||
      !std::isfinite(decision.value) ||
      (decision.context && !(*decision.context >= choices_.lowest && *decision.context <= choices_.highest)))
    throw std::invalid_argument("bandit: expected a decision of this learner: an arm below " + std::to_string(arms()) +
                                ", a probability in (0, 1], a context in its interval");
  if (!std::isfinite(cost) || cost <= 0)
    return false;
  ++steps_;
  absorb(decision, std::min(cost, largest_cost));
  return true;
}

nlohmann::json Learner::save() const {
  nlohmann::json state;
  state["policy"] = name();
  state["random"] = random_.state();
  state["steps"] = steps_;
  write(state);
  return state;
}

void Learner::restore(const nlohmann::json& state) {
  const nlohmann::json before = save();
  try {
    read_all(state);
  } catch (const nlohmann::json::exception& error) {
    read_all(before);
    throw std::invalid_argument(std::string("saved state: ") + error.what());
  } catch (const std::invalid_argument&) {
    read_all(before);
    throw;
  }
}

void Learner::read_all(const nlohmann::json& state) {
  if (const auto policy = state.at("policy").get<std::string>(); policy != name())
    throw std::invalid_argument("saved state: expected policy " + name() + ", found " + policy);
  if (!state.at("random").is_number_unsigned() || !state.at("steps").is_number_unsigned())
    throw std::invalid_argument("saved state: expected random and steps that are whole numbers");
  random_ = Random(state.at("random").get<std::uint64_t>());
  steps_ = state.at("steps").get<std::uint64_t>();
  read(state);
}

void Learner::draw(std::span<const double> probability, Decision& decision) {
  decision.arm = random_.draw(probability);
  decision.value = choices_.arms[decision.arm];
  decision.probability = std::min(1.0, probability[decision.arm]);
}

double Learner::scaled(const Context& context) const {
  return context ? 2 * (*context - choices_.lowest) / (choices_.highest - choices_.lowest) - 1 : 0;
}

} // namespace linnet::bandits
