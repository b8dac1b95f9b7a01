#include "cli/null_space.hpp"

namespace linnet {

namespace {

// x <- x - w (w, x) / (w, w) on each singular component; w = 1 where `weights` is null.
PetscErrorCode RemoveFromComponents(const System& system, const double* weights, Vec x) {
  PetscScalar* values = nullptr;

  PetscFunctionBegin;
  const auto components = static_cast<size_t>(system.properties.singular_components);
  std::vector<double> sums(2 * components, 0); // (w, x), then (w, w)
  PetscCall(VecGetArray(x, &values));
  for (size_t i = 0; i < system.singular.size(); ++i)
    if (system.singular[i] >= 0) {
      const auto c = static_cast<size_t>(system.singular[i]);
      const double w = weights ? weights[i] : 1;
      sums[c] += w * values[i];
      sums[components + c] += w * w;
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM,
                             PetscObjectComm(reinterpret_cast<PetscObject>(x))));
  for (size_t i = 0; i < system.singular.size(); ++i)
    if (system.singular[i] >= 0) {
      const auto c = static_cast<size_t>(system.singular[i]);
      values[i] -= (weights ? weights[i] : 1) * (sums[c] / sums[components + c]);
    }
  PetscCall(VecRestoreArray(x, &values));
  PetscFunctionReturn(0);
}

PetscErrorCode RemoveComponentMeans(MatNullSpace, Vec x, void* context) {
  PetscFunctionBegin;
  PetscCall(RemoveFromComponents(*static_cast<const System*>(context), nullptr, x));
  PetscFunctionReturn(0);
}

PetscErrorCode RemoveWeighted(MatNullSpace, Vec x, void* context) {
  const System& system = *static_cast<const System*>(context);

  PetscFunctionBegin;
  PetscCall(RemoveFromComponents(system, system.weights.data(), x));
  PetscFunctionReturn(0);
}

} // namespace

void attach_null_space(System& system) {
  const Properties& properties = system.properties;
  if (properties.singular_components == 0)
    return;
  NullSpaceHandle constants;
  const bool whole = properties.singular_components == 1 && properties.singular_rows == properties.n;
  check(MatNullSpaceCreate(system.comm, whole ? PETSC_TRUE : PETSC_FALSE, 0, nullptr, constants.out()));
  if (!whole)
    check(MatNullSpaceSetFunction(constants, RemoveComponentMeans, &system));
  check(MatSetNullSpace(system.A, constants));
  if (properties.left_constants)
    check(MatSetTransposeNullSpace(system.A, constants));
  if (!properties.left_weighted)
    return;
  NullSpaceHandle weighted;
  check(MatNullSpaceCreate(system.comm, PETSC_FALSE, 0, nullptr, weighted.out()));
  check(MatNullSpaceSetFunction(weighted, RemoveWeighted, &system));
  check(MatSetTransposeNullSpace(system.A, weighted));
}

double project_right_hand_side(System& system) {
  MatNullSpace left_vectors = nullptr;
  check(MatGetTransposeNullSpace(system.A, &left_vectors));
  if (!left_vectors || !(system.properties.left_constants || system.properties.left_weighted))
    return 0;
  VecHandle before;
  PetscReal norm = 0, left = 0, removed = 0;
  check(VecDuplicate(system.b, before.out()));
  check(VecCopy(system.b, before));
  check(VecNorm(before, NORM_2, &norm));
  check(MatNullSpaceRemove(left_vectors, system.b));
  check(VecNorm(system.b, NORM_2, &left));
  check(VecAXPY(before, -1, system.b));
  check(VecNorm(before, NORM_2, &removed));
  if (left <= 1e-14 * norm)
    check(VecZeroEntries(system.b));
  return norm > 0 ? removed / norm : 0;
}

} // namespace linnet
