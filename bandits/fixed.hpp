#pragma once

#include "bandits/learner.hpp"

namespace linnet::bandits {

/// Plays one arm for ever.
class Fixed : public Learner {
public:
  /// std::invalid_argument where there is no such arm.
  Fixed(Choices choices, std::size_t arm);
  std::string name() const override { return "fixed"; }

protected:
  void decide(Decision& decision) override;
  void absorb(const Decision&, double) override {}
  void write(nlohmann::json&) const override {}
  void read(const nlohmann::json&) override {}

private:
  std::size_t arm_;
};

} // namespace linnet::bandits
