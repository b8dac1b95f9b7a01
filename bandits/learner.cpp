#include "bandits/learner.hpp"

#include "bandits/json.hpp"

#include <algorithm>

namespace linnet::bandits {

namespace {

constexpr double largest_cost = 1e100;

} // namespace

Numbers::Numbers(std::span<const double> values) : size_(values.size()) {
  if (size_ > most_numbers)
    throw std::invalid_argument("bandit: expected contexts of at most " + std::to_string(most_numbers) +
                                " numbers, found " + std::to_string(size_));
  std::ranges::copy(values, values_.begin());
}

Learner::Learner(Choices choices) : choices_(std::move(choices)), random_(choices_.seed) {
  if (choices_.arms.empty())
    throw std::invalid_argument("bandit: expected at least one arm, found none");
  if (!std::ranges::all_of(choices_.arms, [](double a) { return std::isfinite(a); }))
    throw std::invalid_argument("bandit: expected arms that are finite numbers");
  auto sorted = choices_.arms;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    throw std::invalid_argument("bandit: expected distinct arms, found one twice");
  if (choices_.context.empty() || choices_.context.size() > most_numbers)
    throw std::invalid_argument("bandit: expected contexts of 1 to " + std::to_string(most_numbers) +
                                " numbers, found " + std::to_string(choices_.context.size()));
  for (const Interval& of : choices_.context)
    if (!std::isfinite(of.highest - of.lowest) || !(of.lowest < of.highest))
      throw std::invalid_argument("bandit: expected an interval of contexts lowest < highest of finite length");
  scaled_.resize(choices_.context.size());
  if (!std::isfinite(choices_.least_cost) || choices_.least_cost < 0)
    throw std::invalid_argument("bandit: expected a least cost that is finite and not negative");
}

Decision Learner::choose(const Context& context) {
  Decision decision;
  if (context && context.numbers.size() != width())
    throw std::invalid_argument("bandit: expected a context of " + std::to_string(width()) + " numbers, found " +
                                std::to_string(context.numbers.size()));
  if (std::ranges::none_of(context.numbers, [](double x) { return std::isnan(x); }))
    decision.context = context;
  for (std::size_t k = 0; k < decision.context.numbers.size(); ++k)
    decision.context.numbers[k] =
        std::clamp(decision.context.numbers[k], choices_.context[k].lowest, choices_.context[k].highest);
  decide(decision);
  return decision;
}

bool Learner::learn(const Decision& decision, double cost, bool failed) {
  const auto& seen = decision.context.numbers;
  bool inside = seen.empty() || seen.size() == width();
  for (std::size_t k = 0; inside && k < seen.size(); ++k)
    inside = choices_.context[k].contains(seen[k]);
  if (decision.arm >= arms() || !(decision.probability > 0 && decision.probability <= 1) ||
      !std::isfinite(decision.value) || !inside)
    throw std::invalid_argument("bandit: expected a decision of this learner: an arm below " + std::to_string(arms()) +
                                ", a probability in (0, 1], a context in its intervals");
  if (!std::isfinite(cost) || cost <= 0)
    return false;
  ++steps_;
  absorb(decision, std::min(cost, largest_cost));
  heed(failed);
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

double Learner::scaled(const Context& context, std::size_t k) const {
  const Interval& of = choices_.context[k];
  return context ? 2 * (context.numbers[k] - of.lowest) / (of.highest - of.lowest) - 1 : 0;
}

std::span<const double> Learner::scaled_all(const Context& context) const {
  for (std::size_t k = 0; k < width(); ++k)
    scaled_[k] = scaled(context, k);
  return scaled_;
}

} // namespace linnet::bandits
