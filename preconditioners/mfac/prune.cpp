#include "mfac/prune.hpp"

#include "mfac/elements.hpp"
#include "mfac/form.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <map>
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
    G.get(i, span.first, span.size, row.data());
    rows.set(i, row.data());
  }
  return rows;
}

double BlockFisher::mean_square() const {
  double sum = 0;
  std::vector<double> row(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < n; ++i) {
    G.get(i, row.data());
    for (const double g : row)
      sum += g * g;
  }
  return n > 0 ? sum / (static_cast<double>(n) * static_cast<double>(d)) : 0;
}

void BlockFisher::set_damping(double lambda) {
  if (!(lambda > 0))
    throw std::invalid_argument("expected a damping above zero");
  damping = lambda;
}

void BlockFisher::group_saliencies(const std::vector<int>& group, int count, const double* w, double* out) const {
  std::fill_n(out, count, 0.0);
  const std::vector<Span> all = blocks();
#pragma omp parallel for schedule(dynamic)
  for (const Span& span : all) {
    std::map<int, std::vector<std::int64_t>> sets; // weights of the block, counted from its first
    for (std::int64_t j = 0; j < span.size; ++j)
      if (const int k = group[static_cast<std::size_t>(span.first + j)]; k >= 0 && w[span.first + j] != 0)
        sets[k].push_back(j);
    if (sets.empty())
      continue;
    const Primal inverse(block_rows(span), n, {damping, 0});
    for (const auto& [k, Q] : sets) {
      const auto size = static_cast<Eigen::Index>(Q.size());
      Eigen::MatrixXd part(size, size);
      Eigen::VectorXd w_Q(size);
      for (Eigen::Index a = 0; a < size; ++a) {
        w_Q[a] = w[span.first + Q[static_cast<std::size_t>(a)]];
        for (Eigen::Index b = 0; b < size; ++b)
          part(a, b) = inverse.at(Q[static_cast<std::size_t>(a)], Q[static_cast<std::size_t>(b)]);
      }
      const double rise = 0.5 * w_Q.dot(part.llt().solve(w_Q));
#pragma omp atomic
      out[k] += rise;
    }
  }
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
    if (std::all_of(Q.begin(), Q.end(), [&](std::int64_t j) { return w[j] == 0; }))
      continue;
    MatrixXd here(n, span.size);
    std::vector<double> row(static_cast<std::size_t>(span.size));
    for (std::int64_t i = 0; i < n; ++i) {
      G.get(i, span.first, span.size, row.data());
      for (Eigen::Index j = 0; j < span.size; ++j)
        here(i, j) = row[static_cast<std::size_t>(j)];
    }
    const auto columns = [&](const std::vector<std::int64_t>& which) {
      MatrixXd part(n, static_cast<Eigen::Index>(which.size()));
      for (Eigen::Index j = 0; j < part.cols(); ++j)
        part.col(j) = here.col(which[static_cast<std::size_t>(j)] - span.first);
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
