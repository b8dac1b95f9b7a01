#pragma once

#include "lattice/face_exchange.hpp"

namespace linnet {

/// y <- A x, of an operator that FillLatticeOperator() made: row r of a rank is the r-th cell of its box that has one.
class LatticeProduct {
public:
  /// Collective; `box`, `periodic` as the operator was made with.
  LatticeProduct(MPI_Comm comm, const PlacedOperator& placed, const std::array<bool, 3>& periodic, const Box& box);

  /// x, y: one number a row. Collective.
  PetscErrorCode multiply(MPI_Comm comm, PetscMPIInt tag, const PlacedOperator& placed, int threads, const double* x,
                          double* y);
  std::size_t bytes() const { return faces_.bytes() + line_rows_.size() * sizeof(PetscInt); }

private:
  std::size_t lines() const { return static_cast<std::size_t>(box_.size[1]) * static_cast<std::size_t>(box_.size[2]); }
  bool dense() const { return line_rows_.empty(); }
  const double* expand(const PlacedOperator& placed, const double* x, std::size_t line, double* values) const;
  void pack(const PlacedOperator& placed, const double* x, Direction d, double* face) const;

  Box box_;
  std::vector<PetscInt> line_rows_; // first row of each line of the box, and the end; empty: each cell has a row
  FaceExchange faces_;
};

/// The diagonal, one number a row.
void lattice_diagonal(const PlacedOperator& placed, int threads, PetscInt rows, double* diagonal);

} // namespace linnet
