#include "cli/null_space.hpp"

namespace linnet {

namespace {

// x <- x - mean(x) on each singular component
PetscErrorCode RemoveComponentMeans(MatNullSpace, Vec x, void* context) {
  const System& system = *static_cast<const System*>(context);
  PetscScalar* values = nullptr;

  PetscFunctionBegin;
  std::vector<double> mean(system.component_rows.size(), 0);
  PetscCall(VecGetArray(x, &values));
  for (size_t i = 0; i < system.singular.size(); ++i)
    if (system.singular[i] >= 0)
      mean[system.singular[i]] += values[i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, mean.data(), static_cast<int>(mean.size()), MPI_DOUBLE, MPI_SUM,
                             PetscObjectComm(reinterpret_cast<PetscObject>(x))));
  for (size_t c = 0; c < mean.size(); ++c)
    mean[c] /= system.component_rows[c];
  for (size_t i = 0; i < system.singular.size(); ++i)
    if (system.singular[i] >= 0)
      values[i] -= mean[system.singular[i]];
  PetscCall(VecRestoreArray(x, &values));
  PetscFunctionReturn(0);
}

} // namespace

void attach_null_space(System& system) {
  const Properties& properties = system.properties;
  if (properties.singular_components == 0)
    return;
  system.component_rows.assign(properties.singular_components, 0);
  for (const std::int32_t component : system.singular)
    if (component >= 0)
      ++system.component_rows[component];
  MPI_Allreduce(MPI_IN_PLACE, system.component_rows.data(), static_cast<int>(system.component_rows.size()), MPI_DOUBLE,
                MPI_SUM, system.comm);

  NullSpaceHandle constants;
  const bool whole = properties.singular_components == 1 && properties.singular_rows == properties.n;
  check(MatNullSpaceCreate(system.comm, whole ? PETSC_TRUE : PETSC_FALSE, 0, nullptr, constants.out()));
  if (!whole)
    check(MatNullSpaceSetFunction(constants, RemoveComponentMeans, &system));
  check(MatSetNullSpace(system.A, constants));
  if (properties.left_constants)
    check(MatSetTransposeNullSpace(system.A, constants));
}

double project_right_hand_side(System& system) {
  MatNullSpace constants = nullptr;
  check(MatGetTransposeNullSpace(system.A, &constants));
  if (!constants || !system.properties.left_constants)
    return 0;
  VecHandle before;
  PetscReal norm = 0, left = 0, removed = 0;
  check(VecDuplicate(system.b, before.out()));
  check(VecCopy(system.b, before));
  check(VecNorm(before, NORM_2, &norm));
  check(MatNullSpaceRemove(constants, system.b));
  check(VecNorm(system.b, NORM_2, &left));
  check(VecAXPY(before, -1, system.b));
  check(VecNorm(before, NORM_2, &removed));
  if (left <= 1e-14 * norm)
    check(VecZeroEntries(system.b));
  return norm > 0 ? removed / norm : 0;
}

} // namespace linnet
