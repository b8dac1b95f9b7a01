// What a placement and an operator must satisfy, checked by other means than the library's.
#pragma once

#include "lattice/operator.hpp"

#include <gtest/gtest.h>

#define EXPECT_PETSC(call) EXPECT_EQ(static_cast<int>(call), 0)

namespace voxels {

/// Each row on a cell of the lattice, no two on one, and each nonzero off-diagonal between neighbours. Collective.
testing::AssertionResult is_exact(Mat A, const linnet::Lattice& lattice);

/// The operator times a random vector is the matrix times it, to rounding. Collective.
testing::AssertionResult multiplies_like(Mat A, const linnet::Lattice& lattice, const linnet::LatticeOperator& op);

/// Recovers a lattice from the matrix alone and checks both. Destroys the matrix. Collective.
testing::AssertionResult recovers(Mat A, linnet::LatticePlacement* placement = nullptr);

/// The one line that stands against the matrix; empty where it was placed. Destroys the matrix. Collective.
std::string refusal_of(Mat A);

} // namespace voxels
