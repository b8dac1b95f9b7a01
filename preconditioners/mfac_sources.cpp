// Where the rows of PCMFAC come from.
#include "mfac.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <random>

using linnet::mfac::Rows;

/* The same on all ranks: whether it holds on each. */
static PetscErrorCode PCMFACAgree_Private(PC pc, bool here, bool* everywhere) {
  int holds = here;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &holds, 1, MPI_INT, MPI_MIN, CommOf(pc)));
  *everywhere = holds != 0;
  PetscFunctionReturn(0);
}

PetscErrorCode PCMFACSource_Private(PC pc, PCMFACSource* source, Mat* rows) {
  const PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscBool lrc, normal;
  PetscObject composed;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATLRC, &lrc));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATNORMAL, &normal));
  PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(pc->pmat), "linnet_rows", &composed));
  *rows = reinterpret_cast<Mat>(composed);
  if (!*rows && normal)
    PetscCall(MatNormalGetMat(pc->pmat, rows));
  *source = mfac->source;
  if (*source == PC_MFAC_SOURCE_AUTO)
    *source = mfac->taken == PC_MFAC_SOURCE_GRADIENTS ? PC_MFAC_SOURCE_GRADIENTS
              : lrc                                   ? PC_MFAC_SOURCE_LRC
              : *rows                                 ? PC_MFAC_SOURCE_ROWS
                                                      : PC_MFAC_SOURCE_AUTO;
  PetscCheck(*source != PC_MFAC_SOURCE_AUTO, CommOf(pc), PETSC_ERR_SUP,
             "mfac needs rows: a MATLRC, a MATNORMAL, a matrix with \"linnet_rows\" composed on it, or gradients "
             "(PCMFACAddGradient()); the operator is of type %s",
             reinterpret_cast<PetscObject>(pc->pmat)->type_name);
  PetscCheck(*source != PC_MFAC_SOURCE_LRC || lrc, CommOf(pc), PETSC_ERR_ARG_WRONG,
             "-pc_mfac_source lrc needs an operator of type lrc, not %s",
             reinterpret_cast<PetscObject>(pc->pmat)->type_name);
  PetscCheck(
      *source != PC_MFAC_SOURCE_ROWS || *rows, CommOf(pc), PETSC_ERR_ARG_WRONG,
      "-pc_mfac_source rows needs an operator of type normal, or one with \"linnet_rows\" composed on it, not %s",
      reinterpret_cast<PetscObject>(pc->pmat)->type_name);
  PetscFunctionReturn(0);
}

/* Whether no local row has an entry other than zero off the diagonal. */
static PetscErrorCode PCMFACIsDiagonal_Private(Mat A, bool* diagonal) {
  PetscBool constant;
  PetscInt first, last, entries;
  const PetscInt* columns;
  const PetscScalar* values;

  PetscFunctionBegin;
  *diagonal = true;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(A), MATCONSTANTDIAGONAL, &constant));
  if (constant)
    PetscFunctionReturn(0);
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  for (PetscInt i = first; i < last; i++) {
    PetscCall(MatGetRow(A, i, &entries, &columns, &values));
    for (PetscInt k = 0; k < entries; k++)
      *diagonal = *diagonal && (columns[k] == i || values[k] == 0);
    PetscCall(MatRestoreRow(A, i, &entries, &columns, &values));
  }
  PetscFunctionReturn(0);
}

/* scale <- (the diagonal of the base + damping)^{-1/2} */
static PetscErrorCode PCMFACScale_Private(PC pc, Mat base) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscBool readable;
  PetscReal least;
  bool diagonal = false;

  PetscFunctionBegin;
  PetscCheck(base, CommOf(pc), PETSC_ERR_ARG_WRONGSTATE,
             "mfac needs a MATLRC with a base: without one the matrix is singular");
  PetscCall(PetscObjectTypeCompareAny(reinterpret_cast<PetscObject>(base), &readable, MATCONSTANTDIAGONAL, MATSEQAIJ,
                                      MATMPIAIJ, MATSEQBAIJ, MATMPIBAIJ, MATSEQDENSE, MATMPIDENSE, ""));
  if (readable)
    PetscCall(PCMFACIsDiagonal_Private(base, &diagonal));
  PetscCall(PCMFACAgree_Private(pc, diagonal, &diagonal));
  PetscCheck(diagonal, CommOf(pc), PETSC_ERR_SUP,
             "mfac needs a MATLRC whose base is diagonal; its base, of type %s, is not, or cannot be read",
             reinterpret_cast<PetscObject>(base)->type_name);
  if (!mfac->scale)
    PetscCall(MatCreateVecs(pc->pmat, &mfac->scale, nullptr));
  PetscCall(MatGetDiagonal(base, mfac->scale));
  if (mfac->damping > 0)
    PetscCall(VecShift(mfac->scale, mfac->damping));
  PetscCall(VecMin(mfac->scale, nullptr, &least));
  PetscCheck(least > 0, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "mfac needs a MATLRC whose base is positive; its least entry is %g", static_cast<double>(least));
  PetscCall(VecSqrtAbs(mfac->scale));
  PetscCall(VecReciprocal(mfac->scale));
  PetscFunctionReturn(0);
}

/* All of C on each rank: ones where there is none. */
static PetscErrorCode PCMFACMiddle_Private(PC pc, Vec c, PetscInt count, std::vector<double>* middle) {
  PetscInt local;
  const PetscScalar* numbers;
  VecScatter to_all;
  Vec all;

  PetscFunctionBegin;
  middle->assign(static_cast<std::size_t>(count), 1.0);
  if (!c)
    PetscFunctionReturn(0);
  PetscCall(VecGetLocalSize(c, &local));
  bool whole = local == count;
  PetscCall(PCMFACAgree_Private(pc, whole, &whole));
  if (whole) {
    PetscCall(PetscObjectReference(reinterpret_cast<PetscObject>(c)));
    all = c;
  } else {
    PetscCall(VecScatterCreateToAll(c, &to_all, &all));
    PetscCall(VecScatterBegin(to_all, c, all, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(to_all, c, all, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterDestroy(&to_all));
  }
  PetscCall(VecGetArrayRead(all, &numbers));
  std::copy_n(numbers, count, middle->begin());
  PetscCall(VecRestoreArrayRead(all, &numbers));
  PetscCall(VecDestroy(&all));
  PetscFunctionReturn(0);
}

/* A + U C U^T = D^{1/2} (I + G^T G) D^{1/2} with row i of G = c_i^{1/2} (D^{-1/2} u_i)^T */
PetscErrorCode PCMFACSetUpLRC_Private(PC pc) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  Mat base, U, V;
  Vec c;
  PetscInt local, size, count, ld;
  const PetscScalar *u, *scale;
  std::vector<double> middle;
  bool stored = true;

  PetscFunctionBegin;
  PetscCall(MatLRCGetMats(pc->pmat, &base, &U, &c, &V));
  PetscCheck(U == V || !V, CommOf(pc), PETSC_ERR_SUP, "mfac needs a MATLRC that is symmetric: V the same matrix as U");
  PetscCall(PCMFACScale_Private(pc, base));
  PetscCall(MatGetLocalSize(U, &local, nullptr));
  PetscCall(MatGetSize(U, &size, &count));
  PetscCall(PCMFACMiddle_Private(pc, c, count, &middle));
  for (PetscInt i = 0; i < count; i++)
    PetscCheck(middle[static_cast<std::size_t>(i)] >= 0 && std::isfinite(middle[static_cast<std::size_t>(i)]),
               CommOf(pc), PETSC_ERR_SUP, "mfac needs a MATLRC with C >= 0; entry %" PetscInt_FMT " is %g", i,
               middle[static_cast<std::size_t>(i)]);

  Rows rows(count, local, PCMFACStored_Private(mfac), false);
  std::vector<double> row(static_cast<std::size_t>(local));
  PetscCall(VecGetArrayRead(mfac->scale, &scale));
  PetscCall(MatDenseGetLDA(U, &ld));
  PetscCall(MatDenseGetArrayRead(U, &u));
  for (PetscInt i = 0; i < count; i++) {
    const double root = std::sqrt(middle[static_cast<std::size_t>(i)]);
    for (PetscInt j = 0; j < local; j++)
      row[static_cast<std::size_t>(j)] = root * scale[j] * u[static_cast<std::size_t>(i) * ld + j];
    stored = stored && linnet::mfac::storable(row.data(), local, rows.precision());
    if (stored)
      rows.set(i, row.data());
  }
  PetscCall(MatDenseRestoreArrayRead(U, &u));
  PetscCall(VecRestoreArrayRead(mfac->scale, &scale));
  PetscCall(PCMFACAgree_Private(pc, stored, &stored));
  PetscCheck(stored, CommOf(pc), PETSC_ERR_FP, "The MATLRC has an entry that is not finite or does not fit %s",
             linnet::mfac::name_of(PCMFACStored_Private(mfac)));
  PCMFACHold_Private(pc, std::move(rows), size, {1, 1});
  PetscFunctionReturn(0);
}

/* The rows of J in `sample` (ascending), each rank with its columns: by the transpose of the submatrix. */
static PetscErrorCode PCMFACReadRows_Private(Mat J, const std::vector<PetscInt>& sample, std::vector<double>* numbers) {
  IS rows, columns;
  Mat part, transposed;
  PetscInt first, last, column_first, column_last, entries;
  const PetscInt* index;
  const PetscScalar* values;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(J, &first, &last));
  PetscCall(MatGetOwnershipRangeColumn(J, &column_first, &column_last));
  const auto from = std::lower_bound(sample.begin(), sample.end(), first),
             to = std::lower_bound(sample.begin(), sample.end(), last);
  PetscCall(ISCreateGeneral(PetscObjectComm(reinterpret_cast<PetscObject>(J)), static_cast<PetscInt>(to - from),
                            sample.data() + (from - sample.begin()), PETSC_COPY_VALUES, &rows));
  PetscCall(ISCreateStride(PetscObjectComm(reinterpret_cast<PetscObject>(J)), column_last - column_first, column_first,
                           1, &columns));
  PetscCall(MatCreateSubMatrix(J, rows, columns, MAT_INITIAL_MATRIX, &part));
  PetscCall(MatTranspose(part, MAT_INITIAL_MATRIX, &transposed));
  const auto local = static_cast<std::size_t>(column_last - column_first);
  numbers->assign(sample.size() * local, 0.0);
  PetscCall(MatGetOwnershipRange(transposed, &first, &last));
  for (PetscInt j = first; j < last; j++) {
    PetscCall(MatGetRow(transposed, j, &entries, &index, &values));
    for (PetscInt k = 0; k < entries; k++)
      (*numbers)[static_cast<std::size_t>(index[k]) * local + static_cast<std::size_t>(j - first)] = values[k];
    PetscCall(MatRestoreRow(transposed, j, &entries, &index, &values));
  }
  PetscCall(MatDestroy(&transposed));
  PetscCall(MatDestroy(&part));
  PetscCall(ISDestroy(&columns));
  PetscCall(ISDestroy(&rows));
  PetscFunctionReturn(0);
}

/* `count` of the numbers below `all`, ascending, the same on all ranks (Floyd's algorithm). */
static std::vector<PetscInt> PCMFACSample_Private(PetscInt all, PetscInt count, PetscInt seed) {
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  std::vector<PetscInt> sample;
  for (PetscInt i = all - count; i < all; i++) {
    const auto drawn = static_cast<PetscInt>(random() % static_cast<std::uint64_t>(i + 1));
    const auto place = std::lower_bound(sample.begin(), sample.end(), drawn);
    if (place != sample.end() && *place == drawn)
      sample.push_back(i); /* the largest so far */
    else
      sample.insert(place, drawn);
  }
  return sample;
}

/* The rule of the manual page, from the eigenvalues s of (all / sampled) G G^T. */
static double PCMFACRaisedDamping_Private(PC_MFAC* mfac, const Eigen::VectorXd& s) {
  const auto dimension = [&](double damping) {
    double sum = 0;
    for (const double eigenvalue : s)
      sum += eigenvalue > 0 ? eigenvalue / (eigenvalue + damping) : 0;
    return sum;
  };
  const double most = static_cast<double>(s.size()) / 8;
  double low = mfac->damping, high = std::max(low, s.maxCoeff());
  if (dimension(low) > most) {
    while (dimension(high) > most)
      high *= 2;
    for (int k = 0; k < 60 && high > 1.001 * low; k++) {
      const double middle = std::sqrt(low * high);
      (dimension(middle) > most ? low : high) = middle;
    }
    low = high;
  }
  mfac->effective_dimension = dimension(low);
  mfac->none = low > mfac->damping && s.maxCoeff() < 3 * low;
  return low;
}

PetscErrorCode PCMFACSetUpRows_Private(PC pc, Mat J) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscInt all, columns, local, wanted, wanted_here;
  std::vector<double> numbers;
  bool stored = true;

  PetscFunctionBegin;
  PetscCheck(mfac->damping > 0, CommOf(pc), PETSC_ERR_ARG_WRONGSTATE,
             "mfac needs a damping above zero for rows: PCMFACSetDamping() or -pc_mfac_damping");
  PetscCall(MatGetSize(J, &all, &columns));
  PetscCall(MatGetLocalSize(J, nullptr, &local));
  PetscCall(MatGetSize(pc->pmat, nullptr, &wanted));
  PetscCall(MatGetLocalSize(pc->pmat, nullptr, &wanted_here));
  PetscCheck(all > 0 && columns == wanted && local == wanted_here, CommOf(pc), PETSC_ERR_ARG_SIZ,
             "mfac needs rows of as many columns as the operator has, %" PetscInt_FMT ", not %" PetscInt_FMT
             " x %" PetscInt_FMT,
             wanted, all, columns);
  const PetscInt count = std::min(mfac->rank, all);
  PetscCall(PCMFACReadRows_Private(J, PCMFACSample_Private(all, count, mfac->seed), &numbers));
  Rows rows(count, local, PCMFACStored_Private(mfac), false);
  for (PetscInt i = 0; i < count; i++) {
    const double* row = numbers.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(local);
    stored = stored && linnet::mfac::storable(row, local, rows.precision());
    if (stored)
      rows.set(i, row);
  }
  numbers = {};
  PetscCall(PCMFACAgree_Private(pc, stored, &stored));
  PetscCheck(stored, CommOf(pc), PETSC_ERR_FP, "The rows have an entry that is not finite or does not fit %s",
             linnet::mfac::name_of(PCMFACStored_Private(mfac)));

  mfac->all_rows = all;
  mfac->none = false;
  const double weight = static_cast<double>(all) / static_cast<double>(count);
  double damping = mfac->damping;
  if (count < all) {
    Eigen::MatrixXd S(count, count);
    rows.gram(S.data(), count);
    if (const linnet::mfac::Reduction sum = PCMFACReduction_Private(pc))
      sum(S.data(), static_cast<std::size_t>(S.size()));
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(weight * S, Eigen::EigenvaluesOnly);
    damping = PCMFACRaisedDamping_Private(mfac, eigen.eigenvalues());
  }
  PCMFACHold_Private(pc, std::move(rows), columns, {damping, weight});
  PetscFunctionReturn(0);
}
