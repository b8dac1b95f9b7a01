#pragma once

#include <cstdint>
#include <vector>

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

/// Y_bi += sum_j G_ij X_bj for `count` rows b of X (f64, ldx apart) and Y (ldy apart): one pass over G for all of them.
void add_products(const Block& block, const double* X, std::int64_t ldx, std::int64_t count, double* Y,
                  std::int64_t ldy);

/// W_bj += sum_k M_bk G_kj for `count` rows b of M (ldm apart) and W (ldw apart).
void add_combinations(const Block& block, const double* M, std::int64_t ldm, std::int64_t count, double* W,
                      std::int64_t ldw);

/// to[i * to_stride + j] = G_ij
void widen(const Block& block, double* to, std::int64_t to_stride);

/// to_j = x_j rounded to nearest, ties to even.
void narrow(const double* x, std::int64_t count, Precision precision, void* to);

/// Whether all numbers are finite, fit the precision, and have squares that can be summed up in f64.
bool storable(const double* x, std::int64_t count, Precision precision);

/// Name of the instruction set that the kernels use: the best that this machine has.
const char* kernels_name();

/// For tests: the instruction sets that this machine has, and to use one of them (0: the best again).
std::vector<std::int64_t> kernel_targets();
void use_kernels(std::int64_t target);

} // namespace linnet::mfac
