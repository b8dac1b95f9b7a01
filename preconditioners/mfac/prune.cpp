#include "mfac/prune.hpp"

#include "mfac/elements.hpp"
#include "mfac/form.hpp"

#include <Eigen/Dense>

#include <stdexcept>

namespace linnet::mfac {

BlockFisher::BlockFisher(std::int64_t weights, std::int64_t block, std::int64_t capacity, double lambda)
    : d(weights), B(block), damping(lambda) {
  if (weights < 1 || block < 1 || capacity < 1 || !(lambda > 0))
    throw std::invalid_argument("expected weights, blocks, gradients and a damping above zero");
  G = Rows(capacity, d, Precision::f32);
}

bool BlockFisher::add(const double* gradient) {
  if (n == G.rows() || !storable(gradient, d, G.precision()))
    return false;
  G.set(n++, gradient);
  return true;
}

std::vector<BlockFisher::Span> BlockFisher::blocks() const {
  std::vector<Span> all;
  for (std::int64_t first = 0; first < d; first += B)
    all.push_back({first, std::min(B, d - first)});
  return all;
}

Rows BlockFisher::block_rows(const Span& span) const {
  Rows rows(n, span.size, Precision::f64);
  std::vector<double> row(static_cast<std::size_t>(span.size));
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < span.size; ++j)
      row[static_cast<std::size_t>(j)] = G.at(i, span.first + j);
    rows.set(i, row.data());
  }
  return rows;
}

void BlockFisher::saliencies(const double* w, double* out) const {
  const std::vector<Span> all = blocks();
#pragma omp parallel for schedule(dynamic)
  for (const Span& span : all) {
    Workload work;
    work.rows = n;
    work.columns = span.size;
    work.products = 0;
    work.with_elements = true;
    double* to = out + span.first;
    if (n == 0) {
      std::fill_n(to, span.size, 1 / damping);
    } else if (choose_form(work) == Form::primal) {
      const Primal inverse(block_rows(span), n, {damping, 0});
      for (std::int64_t j = 0; j < span.size; ++j)
        to[j] = inverse.at(j, j);
    } else {
      Elements(Window(block_rows(span), {damping, 0})).diagonal(to);
    }
    for (std::int64_t j = 0; j < span.size; ++j)
      to[j] = w[span.first + j] * w[span.first + j] / (2 * to[j]);
  }
}

double BlockFisher::prune(const std::vector<bool>& pruned, double* w) const {
  using Eigen::MatrixXd, Eigen::VectorXd;
  const std::vector<Span> all = blocks();
  double rise = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : rise)
  for (const Span& span : all) {
    std::vector<std::int64_t> Q, R;
    for (std::int64_t j = span.first; j < span.first + span.size; ++j)
      (pruned[static_cast<std::size_t>(j)] ? Q : R).push_back(j);
    if (Q.empty())
      continue;
    const auto columns = [&](const std::vector<std::int64_t>& which) {
      MatrixXd part(n, static_cast<Eigen::Index>(which.size()));
      for (std::int64_t i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < part.cols(); ++j)
          part(i, j) = G.at(i, which[static_cast<std::size_t>(j)]);
      return part;
    };
    const MatrixXd G_Q = columns(Q), G_R = columns(R);
    VectorXd w_Q(static_cast<Eigen::Index>(Q.size()));
    for (Eigen::Index j = 0; j < w_Q.size(); ++j)
      w_Q[j] = w[Q[static_cast<std::size_t>(j)]];
    const VectorXd e = G_Q * w_Q;
    const double ridge = static_cast<double>(n) * damping;
    VectorXd step; // G_R^T z
    VectorXd z;
    if (G_R.cols() < n) { // (ridge I + G_R^T G_R) step = G_R^T e, ridge z = e - G_R step
      MatrixXd F = G_R.transpose() * G_R;
      F.diagonal().array() += ridge;
      step = F.llt().solve(G_R.transpose() * e);
      z = (e - G_R * step) / ridge;
    } else {
      MatrixXd F = G_R * G_R.transpose();
      F.diagonal().array() += ridge;
      z = F.llt().solve(e);
      step = G_R.transpose() * z;
    }
    rise += 0.5 * damping * (w_Q.squaredNorm() + e.dot(z));
    for (const std::int64_t j : Q)
      w[j] = 0;
    for (Eigen::Index j = 0; j < step.size(); ++j)
      w[R[static_cast<std::size_t>(j)]] += step[j];
  }
  return rise;
}

} // namespace linnet::mfac
