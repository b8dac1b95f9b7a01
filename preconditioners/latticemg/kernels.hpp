#pragma once

#include "latticemg/level.hpp"

#include <vector>

namespace linnet::latticemg {

/// Lines first ... last - 1 of plane k.
struct Lines {
  int k, first, last;
};

/// Vectors of the outer iteration, laid out as the fields of the finest level.
struct OuterFields {
  double* x = nullptr; ///< the iterate
  float* p = nullptr;  ///< the search direction
};

/// What a new direction does to the iterate: x <- keep x + before p_before + now p. x is not read where `keep` is not
/// set.
struct Advance {
  bool keep;
  double before, now;
};

/// The work on one plane, for one instruction set.
struct Kernels {
  int lanes; ///< of single precision

  /// u_c <- (1 - omega) u_c + omega (b_c + sum_d w_cd u_d) / a_cc for the cells of one colour; damped where couplings
  /// join cells of it.
  void (*relax)(const Level& level, int colour, float omega, Lines lines);
  /// The same with omega = 1; u_c is not read, so no couplings may join cells of a colour.
  void (*relax_anew)(const Level& level, int colour, Lines lines);
  /// The same with u = 0 before.
  void (*relax_zero)(const Level& level, int colour, Lines lines);
  /// b of the coarse cells that hold these lines (an even first line and whole pairs where y is halved): the residuals
  /// of one colour, summed; where couplings are differences of both, as rounding leaves some on the cells swept last,
  /// which regions of large couplings sum up. `add`: onto what is there. `scratch`: a line of the fine grid.
  void (*restrict_residual)(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch);
  /// u_c <- u_c + coarse u, for the unknowns of one colour.
  void (*prolong)(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch);
  /// residual <- b - A u on the unknowns of one colour, 0 beside them; laid out as the fields.
  void (*residual_of_cycle)(const Level& level, int colour, Lines lines, float* residual);
  /// u_c <- u_c + correction[node[c]] for the unknowns of one colour; `node` is laid out as the fields.
  void (*add_correction)(const Level& level, int colour, Lines lines, const int* node, const float* correction);

  // The outer iteration, whose b is the residual.

  /// (u, b)
  double (*dot)(const Level& level, Lines lines);
  /// p <- u + beta p, and x, unless null, as `advance` says; p is not read where beta = 0. Returns (p, p).
  double (*direction)(const Level& level, const OuterFields& outer, float beta, const Advance& advance, Lines lines);
  /// x <- keep x + now p
  void (*advance)(const Level& level, const OuterFields& outer, const Advance& advance, Lines lines);
  /// (u, A u), A u in double precision but for couplings of 1
  double (*energy)(const Level& level, Lines lines);
  /// b <- b - alpha A p, then as relax_zero() of colour 0. Returns (b, b).
  double (*update)(const Level& level, const OuterFields& outer, double alpha, Lines lines);
  /// b <- (b + u) - A x in double precision; b + u holds the right-hand side, to 2^-48 of it. Returns (b, b).
  double (*residual)(const Level& level, const OuterFields& outer, Lines lines);

  const char* name = nullptr; ///< of the instruction set
};

/// Those that this processor can run, the fastest first.
const std::vector<const Kernels*>& supported_kernels();

} // namespace linnet::latticemg
