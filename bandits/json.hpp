#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace linnet::bandits {

/// The finite number `key` of a saved state, not below `least`.
inline double number(const nlohmann::json& state, const char* key, double least = -HUGE_VAL) {
  const double value = state.at(key).get<double>();
  if (!std::isfinite(value) || value < least)
    throw std::invalid_argument(std::string("saved state: ") + key + ": expected a finite number in its range");
  return value;
}

/// The `size` finite numbers `key` of a saved state.
inline std::vector<double> numbers(const nlohmann::json& state, const char* key, std::size_t size) {
  auto values = state.at(key).get<std::vector<double>>();
  if (values.size() != size)
    throw std::invalid_argument(std::string("saved state: ") + key + ": expected " + std::to_string(size) +
                                " numbers, found " + std::to_string(values.size()));
  for (const double value : values)
    if (!std::isfinite(value))
      throw std::invalid_argument(std::string("saved state: ") + key + ": expected finite numbers");
  return values;
}

} // namespace linnet::bandits
