#pragma once

#include "mfac/window.hpp"

namespace linnet::mfac {

/// A <- an orthonormal basis of the rows of A (k x d, f64), those in front of a row spanning what they spanned, and
/// T (k x k by columns, lower triangular) with the old A = T times the new one. False where rows are zero or not
/// finite; A is then lost.
///
/// Cholesky factors of Gram matrices, 2 d k^2 flops a pass, until the rows are orthonormal to rounding: one pass for
/// random rows, two or three for rows of any condition, the first with a shift of the Gram matrix if it must be
/// (Fukaya et al., Shifted Cholesky QR for computing the QR factorization of ill-conditioned matrices, 2020). One sum
/// of k^2 numbers over the holders of columns a pass, which may have fewer columns than k.
bool orthonormalise(Rows* A, const Reduction& sum, std::vector<double>* T);

} // namespace linnet::mfac
