#pragma once

#include "files/sparse_matrix.hpp"

#include <nlohmann/json.hpp>

namespace linnet {

/// What a plain matrix is on a lattice: {"grid", "periodic", "cells", "coefficients", "singular"}, or {"refusal"} with
/// what stands against a lattice. On this rank alone; the matrix may have more than 2^31 - 1 entries, and is refused
/// then.
nlohmann::ordered_json describe_lattice(SparseMatrix& matrix);

/// The same on one line.
std::string lattice_line(const nlohmann::ordered_json& lattice);

} // namespace linnet
