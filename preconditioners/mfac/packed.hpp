#pragma once

#include "base/buffer.hpp"
#include "mfac/kernels.hpp"

namespace linnet::mfac {

/// S_ji += sum_k G_ik G_jk for j <= i, row j of S at S + j * lds, lds = gram_stride(rows) and as many rows: products
/// and sums in f64, straight from G as it is stored, for which no BLAS has a routine. What lies below the diagonal or
/// behind the last row is scratch. `work`: gram_work(rows) numbers.
void add_gram(const Block& block, double* work, double* S, std::int64_t lds);
std::int64_t gram_stride(std::int64_t rows);
std::size_t gram_work(std::int64_t rows);

/// W_bj = sum_k M_bk G_kj and squares_j = sum_b W_bj^2 before rounding, for the square M that packed_factors() is of;
/// `lower`: M_bk is zero for k > b. W is of `stored`, f64 or f32, its rows ldw apart, or the block itself. `work`:
/// combination_work(rows) numbers.
void combine(const Block& block, const Buffer<double>& factors, bool lower, double* work, void* W, Precision stored,
             std::int64_t ldw, double* squares);
/// M, m x m by rows, as combine() wants it.
Buffer<double> packed_factors(const double* M, std::int64_t m);
std::size_t combination_work(std::int64_t rows);

} // namespace linnet::mfac
