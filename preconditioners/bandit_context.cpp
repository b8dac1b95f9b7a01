// What PCBANDIT knows of a system before it is solved.
#include "bandit.hpp"

#include <cmath>

static constexpr PetscInt most_rows = 64; // that are looked at, of all ranks

/*
   The k-th of the rows looked at, of all: one in each of as many equal stretches of `width` rows, at places (multiples
   of the golden ratio, modulo 1) that keep no step with a grid's lines.
*/
static PetscInt SampledRow(PetscInt k, PetscInt rows, double width) {
  constexpr double golden = 0.6180339887498949;
  const double place = static_cast<double>(k) * golden;
  const double row = (static_cast<double>(k) + (place - static_cast<double>(static_cast<PetscInt>(place)))) * width;
  return rows <= most_rows ? k : PetscMin(rows - 1, static_cast<PetscInt>(row));
}

/* Where the rank's rows of those looked at lie. */
static PetscErrorCode FindRows(Mat A, PetscInt first, PetscInt rows, std::vector<PCBanditRow>* found) {
  const PetscInt count = PetscMin(rows, most_rows);
  const double width = static_cast<double>(rows) / static_cast<double>(count);
  const PetscInt *i = nullptr, *j = nullptr;
  PetscInt n = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  found->clear();
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &n, &i, &j, &done));
  PetscCheck(done, PETSC_COMM_SELF, PETSC_ERR_PLIB, "bandit: no access to the rows of an AIJ matrix");
  const double before = static_cast<double>(first) / static_cast<double>(rows) * static_cast<double>(count);
  for (PetscInt k = PetscMax(0, static_cast<PetscInt>(before) - 1); k < count; k++) {
    const PetscInt r = SampledRow(k, rows, width) - first;
    if (r >= n)
      break;
    if (r < 0)
      continue;
    PCBanditRow row = {i[r], i[r + 1], -1};
    for (PetscInt entry = row.begin; entry < row.end; entry++)
      row.diagonal = j[entry] == r ? entry : row.diagonal;
    found->push_back(row);
  }
  PetscCall(MatRestoreRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &n, &i, &j, &done));
  PetscFunctionReturn(0);
}

/*
   sums[0] += |a_ij| over the rows, j != i where `square`; sums[1] += a_ii. The rows lie far apart in memory: all are
   asked for before the first is summed.
*/
static PetscErrorCode AddRows(Mat A, const std::vector<PCBanditRow>& rows, bool square, PetscReal sums[2]) {
  const PetscScalar* a = nullptr;

  PetscFunctionBegin;
  PetscCall(MatSeqAIJGetArrayRead(A, &a));
  for (const PCBanditRow& row : rows) {
    __builtin_prefetch(&a[row.begin]);
    __builtin_prefetch(&a[PetscMax(row.begin, row.end - 1)]);
  }
  for (const PCBanditRow& row : rows) {
    for (PetscInt entry = row.begin; entry < row.end; entry++) {
      const bool diagonal = square && entry == row.diagonal;
      sums[1] += diagonal ? PetscRealPart(a[entry]) : 0;
      sums[0] += diagonal ? 0 : PetscAbsScalar(a[entry]);
    }
  }
  PetscCall(MatSeqAIJRestoreArrayRead(A, &a));
  PetscFunctionReturn(0);
}

/*
   q = sum |a_ij|, i != j, / sum a_ii, over rows i spread over the matrix, the same ones for all matrices of its size:
   1 for a Laplacian far from its boundary, below 1 with a shift or a short time step. Young's beta and 1/mu of the SSOR
   bound are ratios of linear functions of it. PETSC_INFINITY for matrices that are no square AIJ ones.
*/
static PetscErrorCode MatrixContext(PC pc, bool same_matrix, PetscReal* q) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscReal sums[2] = {0, 0};
  PetscObjectState pattern;
  PetscBool sequential, distributed;
  PetscInt first, rows, columns;
  Mat own = pc->pmat, off = nullptr;

  PetscFunctionBegin;
  *q = PETSC_INFINITY;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATSEQAIJ, &sequential));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATMPIAIJ, &distributed));
  PetscCall(MatGetSize(pc->pmat, &rows, &columns));
  if ((!sequential && !distributed) || rows != columns)
    PetscFunctionReturn(0);
  if (distributed)
    PetscCall(MatMPIAIJGetSeqAIJ(pc->pmat, &own, &off, nullptr));
  PetscCall(MatGetNonzeroState(pc->pmat, &pattern));
  if (!same_matrix || pattern != bandit->matrix_pattern) {
    PetscCall(MatGetOwnershipRange(pc->pmat, &first, nullptr));
    PetscCall(FindRows(own, first, rows, &bandit->rows[0]));
    if (off)
      PetscCall(FindRows(off, first, rows, &bandit->rows[1]));
    bandit->matrix_pattern = pattern;
  }
  PetscCall(AddRows(own, bandit->rows[0], true, sums));
  if (off)
    PetscCall(AddRows(off, bandit->rows[1], false, sums));
  if (bandit->ranks > 1)
    PetscCallMPI(
        MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPIU_REAL, MPIU_SUM, PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  if (sums[1] > 0)
    *q = sums[0] / sums[1];
  PetscFunctionReturn(0);
}

/* The entries of the Vec composed on the matrix or on the PC, wherever they lie. */
static PetscErrorCode ComposedContext(PC pc, linnet::bandits::Context* context) {
  constexpr auto most = static_cast<PetscInt>(linnet::bandits::most_numbers);
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  PetscObject object = nullptr;
  const PetscScalar* values = nullptr;
  PetscInt size, first, last;
  PetscMPIInt shared;

  PetscFunctionBegin;
  PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(pc->pmat), "linnet_context", &object));
  if (!object)
    PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(pc), "linnet_context", &object));
  if (!object)
    PetscFunctionReturn(0);
  PetscValidHeaderSpecific(object, VEC_CLASSID, 1);
  const Vec v = reinterpret_cast<Vec>(object);
  PetscCall(VecGetSize(v, &size));
  PetscCheck(size >= 1 && size <= most, comm, PETSC_ERR_ARG_SIZ,
             "bandit: linnet_context: expected a Vec of 1 to %" PetscInt_FMT " entries, found %" PetscInt_FMT, most,
             size);
  std::vector<double> numbers(static_cast<std::size_t>(size));
  PetscCallMPI(MPI_Comm_size(PetscObjectComm(object), &shared));
  PetscCall(VecGetOwnershipRange(v, &first, &last));
  PetscCall(VecGetArrayRead(v, &values));
  for (PetscInt k = first; k < last; k++)
    numbers[static_cast<std::size_t>(k)] = PetscRealPart(values[k - first]);
  PetscCall(VecRestoreArrayRead(v, &values));
  if (shared > 1) /* each rank has some of them */
    PetscCallMPI(
        MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<PetscMPIInt>(size), MPI_DOUBLE, MPI_SUM, comm));
  *context = linnet::bandits::Context(numbers);
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditContext_Private(PC pc, linnet::bandits::Context* context) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PCBanditContextSource source = bandit->parameters.source;
  const std::string& policy = bandit->parameters.policy;
  PetscObjectState state;
  PetscObjectId id;

  PetscFunctionBegin;
  const bool from_matrix = bandit->from_matrix;
  *context = {};
  bandit->from_matrix = false;
  if (source == PC_BANDIT_CONTEXT_AUTO || source == PC_BANDIT_CONTEXT_GIVEN) {
    const auto& given = bandit->parameters.context;
    if (given.empty())
      PetscCall(ComposedContext(pc, context));
    else
      *context = linnet::bandits::Context(given);
    bandit->given = bandit->given || *context;
  }
  bandit->from_matrix = source == PC_BANDIT_CONTEXT_MATRIX || (source == PC_BANDIT_CONTEXT_AUTO && !bandit->given);
  if (bandit->from_matrix != from_matrix)
    bandit->parameters.changed = PETSC_TRUE;
  if (!bandit->from_matrix)
    PetscFunctionReturn(0);
  PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->pmat), &state));
  PetscCall(PetscObjectGetId(reinterpret_cast<PetscObject>(pc->pmat), &id));
  if (id != bandit->matrix || state != bandit->matrix_state) {
    PetscCall(MatrixContext(pc, id == bandit->matrix, &bandit->matrix_context));
    PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->pmat), &state));
    bandit->matrix = id;
    bandit->matrix_state = state;
  }
  /* The closed forms are ratios of linear functions of q; for all else what counts is how close it is to 1. */
  const PetscReal q = bandit->matrix_context;
  const bool closed_form = bandit->arms.is_relaxation() && (policy == "auto" || policy == "model");
  if (q < PETSC_INFINITY)
    *context = closed_form ? q : -std::log(PetscMax(1 - q, 1e-8));
  PetscFunctionReturn(0);
}
