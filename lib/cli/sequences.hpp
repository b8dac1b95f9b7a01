#pragma once

#include "cli/petsc.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace linnet {

/// What the command line says of a sequence of systems.
struct SequenceOptions {
  std::string problem; ///< heat, laplacian-shift, or a directory
  std::string variance = "low";
  std::int64_t steps = 0; ///< 0, not given: 5000, or the files of the directory
  std::int64_t nx = 100;
  std::int64_t first = 0; ///< step of the heat equation's coefficient and source that is solved first
  std::uint64_t seed = 1;
  std::int64_t hindsight = 200; ///< steps that every arm solves again
  std::string plot;             ///< SVG file; empty: none
  bool json = false;
};

/// System t of a sequence, on all ranks of a communicator.
class Sequence {
public:
  virtual ~Sequence() = default;
  /// Makes system t = 0, 1, ... in order; `x` of the system before is its solution.
  virtual void make(std::int64_t t) = 0;

  std::int64_t steps = 0;
  std::int64_t rows = 0;
  std::string name;   ///< "heat"
  std::string detail; ///< "100 x 100 unknowns"
  std::string ksp = "cg";
  bool guess = false;                          ///< x is a guess
  std::optional<double> context;               ///< of the system made last
  std::pair<double, double> interval = {1, 0}; ///< of the contexts; empty: not known
  virtual Mat A() const { return matrix_; }
  virtual Vec b() const { return right_; }
  virtual Vec x() const { return solution_; }

protected:
  MatHandle matrix_;
  VecHandle right_, solution_;
};

/// Throws InputError for a problem that is none, PetscFailure. Collective.
std::unique_ptr<Sequence> make_sequence(MPI_Comm comm, const SequenceOptions& options);
/// (A + c_t I) x = b_t on 10 x 10 unknowns (Khodak et al., ICLR 2024, section 5.1).
std::unique_ptr<Sequence> make_laplacian_shift(MPI_Comm comm, const SequenceOptions& options);
/// Crank-Nicolson steps of u_t = kappa(t) Lap u + f on nx x nx unknowns (the same, section 5.2).
std::unique_ptr<Sequence> make_heat(MPI_Comm comm, const SequenceOptions& options);

/// The 5-point stencil of m x m unknowns, zero beyond: 4 on the diagonal, -1 beside it.
MatHandle five_point_laplacian(MPI_Comm comm, PetscInt m);

} // namespace linnet
