#pragma once

#include "learned/train/draw.hpp"
#include "learned/train/grid_system.hpp"

namespace linnet::learned {

/// Ritz pairs (theta_j, q_j), theta ascending, of an operator A: `steps` Lanczos steps from a random vector, each
/// orthogonalised against all before it. Q = V S with A V = V T + a multiple of v_{m+1}, T S = S diag(theta). Keeps
/// V in single precision, S in double: 4 n m + 8 m^2 bytes for m steps on n cells.
class RitzVectors {
public:
  /// Fewer than `steps` pairs where the Krylov space ends before. Throws InputError for steps < 1, and for bytes()
  /// beyond most_bytes.
  RitzVectors(const GridSystem& system, int steps, Draw* draw);

  static constexpr std::size_t most_bytes = std::size_t{16} << 30;
  static std::size_t bytes(std::size_t cells, int steps);
  /// n / 26, the ratio of Kaneda et al. (10,000 on 64^3 cells), 16 at least; 10,000 and what 1 GiB holds at most.
  static int default_steps(std::size_t cells);

  int count() const { return static_cast<int>(values_.size()); }
  const std::vector<double>& values() const { return values_; }
  /// sum_j c_j q_j, [cells].
  std::vector<float> combination(const std::vector<double>& coefficients) const;
  /// e = sum_j (c_j / theta_j) q_j, [cells], so that A e = b = sum_j c_j q_j up to a multiple of v_{m+1}, with the c_j
  /// of Kaneda et al.: 9 N(0, 1) for the lowest 55 % (m / 2 + 500 of m = 10,000), N(0, 1) for the others, none where
  /// theta_j < 1e-8. Not normalised.
  std::vector<float> error(Draw* draw) const;

private:
  std::size_t cells_;
  std::vector<double> values_; // theta
  std::vector<double> small_;  // S, [m][m] by columns
  std::vector<float> lanczos_; // V, [cells][m] by columns
};

} // namespace linnet::learned
