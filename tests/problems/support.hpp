#pragma once

#include "base/error.hpp"
#include "problems/assemble.hpp"
#include "problems/domains.hpp"

#include <Eigen/SparseCore>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// A domain drawn in characters, '.' fluid, '#' solid, '~' air: layers[k][row] with the top row (largest j) first.
inline VoxelDomain drawn(const std::vector<std::vector<std::string>>& layers, const Sides& sides) {
  VoxelDomain domain;
  domain.grid = {static_cast<std::int64_t>(layers[0][0].size()), static_cast<std::int64_t>(layers[0].size()),
                 static_cast<std::int64_t>(layers.size())};
  domain.sides = sides;
  for (const auto& layer : layers)
    for (auto row = layer.rbegin(); row != layer.rend(); ++row)
      for (const char c : *row)
        domain.cell.push_back(c == '#' ? Cell::solid : c == '~' ? Cell::air : Cell::fluid);
  return domain;
}

inline constexpr Sides closed = {};
inline constexpr Sides all_open = {Beyond::open, Beyond::open, Beyond::open, Beyond::open, Beyond::open, Beyond::open};
inline constexpr Sides all_periodic = {Beyond::periodic, Beyond::periodic, Beyond::periodic,
                                       Beyond::periodic, Beyond::periodic, Beyond::periodic};

inline Eigen::SparseMatrix<double> to_eigen(const SparseMatrix& a) {
  std::vector<Eigen::Triplet<double>> entries;
  for (std::int64_t i = 0; i < a.rows; ++i)
    for (auto e = static_cast<std::size_t>(a.row_start[static_cast<std::size_t>(i)]);
         e < static_cast<std::size_t>(a.row_start[static_cast<std::size_t>(i + 1)]); ++e)
      entries.emplace_back(static_cast<int>(i), a.column[e], a.value[e]);
  Eigen::SparseMatrix<double> matrix(a.rows, a.cols);
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

inline std::vector<std::vector<double>> to_rows(const SparseMatrix& a) {
  const Eigen::MatrixXd dense = Eigen::MatrixXd(to_eigen(a));
  std::vector<std::vector<double>> rows;
  for (Eigen::Index i = 0; i < dense.rows(); ++i) {
    rows.emplace_back();
    for (Eigen::Index j = 0; j < dense.cols(); ++j)
      rows.back().push_back(dense(i, j));
  }
  return rows;
}

/// Expects an InputError whose line contains `text`.
template <class Action>
void expect_refusal(const Action& action, const std::string& text) {
  try {
    action();
    ADD_FAILURE() << "accepted; expected: " << text;
  } catch (const InputError& error) {
    const std::string line = error.what();
    EXPECT_NE(line.find(text), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

} // namespace linnet
