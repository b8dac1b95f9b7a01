#pragma once

#include <cstdint>

namespace linnet::mfac {

/// How the numbers of G are stored. Sums are in f64 whatever it is.
enum class Precision : std::uint8_t { f64, f32, bf16 };

/// Bytes of one number.
constexpr int bytes_of(Precision precision) {
  return precision == Precision::f64 ? 8 : precision == Precision::f32 ? 4 : 2;
}

const char* name_of(Precision precision);

/// Part of G: `rows` x `columns` numbers, row i at data + i * stride * bytes_of(precision).
struct Block {
  const void* data = nullptr;
  Precision precision = Precision::f64;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;
};

/// y_i += sum_j G_ij x_j
void add_product(const Block& block, const double* x, double* y);

/// x_j += sum_i G_ij c_i
void add_transposed(const Block& block, const double* c, double* x);

/// S_ij += sum_k G_ik G_jk for i >= j, row i of S at S + i * lds: products and sums in f64, straight from G as it is
/// stored, for which no BLAS has a routine.
void add_gram(const Block& block, double* S, std::int64_t lds);

/// to[i * to_stride + j] = G_ij
void widen(const Block& block, double* to, std::int64_t to_stride);

/// to_j = x_j rounded to nearest, ties to even.
void narrow(const double* x, std::int64_t count, Precision precision, void* to);

/// Whether all numbers are finite, fit the precision, and have squares that can be summed up in f64.
bool storable(const double* x, std::int64_t count, Precision precision);

/// Name of the instruction set that the kernels of this machine use.
const char* kernels_name();

} // namespace linnet::mfac
