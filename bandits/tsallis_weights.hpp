#pragma once

#include <span>

namespace linnet::bandits {

/// p_i = 4 / (eta (h_i - x))^2 with the x < min h for which sum p = 1 to rounding (Tsallis-INF: Zimmert and Seldin,
/// JMLR 2021). h: scaled losses, not NaN, the least of them finite; an infinite one gets p = 0. eta > 0. Both spans of
/// one size >= 1. std::invalid_argument otherwise.
void tsallis_weights(std::span<const double> h, double eta, std::span<double> p);

} // namespace linnet::bandits
