#include "bandits/fixed.hpp"

#include <stdexcept>

namespace linnet::bandits {

Fixed::Fixed(Choices choices, std::size_t arm) : Learner(std::move(choices)), arm_(arm) {
  if (arm >= arms())
    throw std::invalid_argument("fixed: expected an arm below " + std::to_string(arms()) + ", found " +
                                std::to_string(arm));
}

void Fixed::decide(Decision& decision) {
  decision.arm = arm_;
  decision.value = choices().arms[arm_];
}

} // namespace linnet::bandits
