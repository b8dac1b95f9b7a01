#include "cli/details.hpp"

#include <linnet/linnet.h>

namespace linnet {

namespace {

using Json = nlohmann::ordered_json;

bool is_type(PC pc, PCType type) {
  PetscBool same = PETSC_FALSE;
  check(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc), type, &same));
  return same == PETSC_TRUE;
}

void describe_multigrid(PC pc, Json& details) {
  PetscInt levels = 0;
  PetscReal grid = 0, operators = 0;
  check(PCMGGetLevels(pc, &levels));
  check(PCMGGetGridComplexity(pc, &grid, &operators));
  details["levels"] = levels;
  details["grid_complexity"] = grid;
  details["operator_complexity"] = operators;
}

void describe_factor(PC pc, Json& details) {
  MatSolverType package = nullptr;
  Mat factor = nullptr;
  check(PCFactorGetMatSolverType(pc, &package));
  if (package)
    details["package"] = package;
  check(PCFactorGetMatrix(pc, &factor));
  MatInfo info = {};
  check(MatGetInfo(factor, MAT_GLOBAL_SUM, &info));
  if (info.nz_used > 0)
    details["factor_nonzeros"] = static_cast<long long>(info.nz_used);
}

void describe_blocks(PC pc, Json& details) {
  PetscInt count = 0;
  KSP* blocks = nullptr;
  check(PCBJacobiGetSubKSP(pc, &count, nullptr, &blocks));
  if (count < 1)
    return;
  PC inner = nullptr;
  PCType type = nullptr;
  check(KSPGetPC(blocks[0], &inner));
  check(PCGetType(inner, &type));
  details["sub_pc"] = type;
}

void describe_dcd(KSP ksp, Json& details) {
  PetscInt directions = 0, counts[KSP_DCD_REPLACEMENT_KINDS] = {};
  check(KSPDCDGetDirections(ksp, &directions));
  check(KSPDCDGetReplacements(ksp, counts));
  details["directions"] = directions;
  details["replacements"] = {{"not_finite", counts[KSP_DCD_NOT_FINITE]},
                             {"no_descent", counts[KSP_DCD_NO_DESCENT]},
                             {"no_curvature", counts[KSP_DCD_NO_CURVATURE]}};
  PetscBool fused = PETSC_FALSE;
  check(KSPDCDGetFused(ksp, nullptr, &fused));
  details["fused"] = fused == PETSC_TRUE;
}

void describe_latticemg(PC pc, Json& details) {
  PCLatticeMGCycle cycle = PC_LATTICEMG_CYCLE_W;
  PCLatticeMGCoarsening coarsening = PC_LATTICEMG_COARSENING_AUTO;
  PetscBool aggregated = PETSC_FALSE;
  PetscInt sweeps = 0, threads = 0, grid[3] = {0, 0, 0};
  check(PCLatticeMGGetCycle(pc, &cycle));
  check(PCLatticeMGGetCoarsening(pc, &coarsening));
  check(PCLatticeMGGetSweeps(pc, &sweeps));
  check(PCLatticeMGGetThreads(pc, &threads));
  check(PCLatticeMGGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  details["grid"] = grid;
  details["cycle"] = cycle == PC_LATTICEMG_CYCLE_V ? "v" : "w";
  check(PCLatticeMGGetAggregated(pc, &aggregated));
  details["coarsening"] = coarsening == PC_LATTICEMG_COARSENING_FULL         ? "full"
                          : coarsening == PC_LATTICEMG_COARSENING_SEMI       ? "semi"
                          : coarsening == PC_LATTICEMG_COARSENING_AGGREGATES ? "aggregates"
                                                                             : "auto";
  details["aggregated"] = aggregated == PETSC_TRUE;
  details["sweeps"] = sweeps;
  details["threads"] = threads;
  PetscReal weights[PC_LATTICEMG_WEIGHTS] = {};
  check(PCLatticeMGGetWeights(pc, weights));
  details["weights"] = weights;
}

void describe_mfac(PC pc, Json& details) {
  PetscInt rows = 0;
  PetscReal damping = 0;
  PetscBool identity = PETSC_FALSE;
  check(PCMFACGetRows(pc, &rows, &damping, &identity));
  details["rows"] = rows;
  details["damping"] = damping;
  details["identity"] = identity == PETSC_TRUE;
}

void describe_nystrom(PC pc, Json& details) {
  PetscInt rank = 0;
  const PetscReal* eigenvalues = nullptr;
  check(PCNystromGetEigenvalues(pc, &rank, &eigenvalues));
  details["rank"] = rank;
  if (rank > 0) {
    details["largest_eigenvalue"] = eigenvalues[0];
    details["last_eigenvalue"] = eigenvalues[rank - 1];
  }
}

void describe_bandit(PC pc, Json& details) {
  const char *arms = nullptr, *policy = nullptr;
  PetscInt arm = 0;
  PetscReal value = 0;
  PCBanditStatistics statistics = {};
  check(PCBanditGetArms(pc, &arms));
  check(PCBanditGetPolicy(pc, &policy));
  check(PCBanditGetArm(pc, &arm, &value, nullptr));
  check(PCBanditGetStatistics(pc, &statistics));
  details["arms"] = arms;
  details["policy"] = policy;
  details["arm"] = arm;
  details["value"] = value;
  details["failures"] = statistics.failures;
  details["learner_seconds"] = statistics.learner_seconds;
}

void describe_cnn(PC pc, Json& details) {
  const char *model = nullptr, *fallback = nullptr, *why = nullptr;
  PCCNNPrecision precision = PC_CNN_PRECISION_AUTO;
  PCCNNBackend backend = PC_CNN_BACKEND_ONEDNN;
  PetscInt threads = 0, grid[3] = {0, 0, 0};
  check(PCCNNGetModel(pc, &model));
  check(PCCNNGetPrecision(pc, &precision));
  check(PCCNNGetBackend(pc, &backend));
  check(PCCNNGetThreads(pc, &threads));
  check(PCCNNGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  check(PCCNNGetFallback(pc, &fallback, &why));
  PetscBool symmetric = PETSC_FALSE;
  check(PCCNNGetSymmetric(pc, &symmetric));
  details["model"] = model;
  details["precision"] = precision == PC_CNN_PRECISION_F32    ? "f32"
                         : precision == PC_CNN_PRECISION_BF16 ? "bf16"
                                                              : "auto";
  details["backend"] = backend == PC_CNN_BACKEND_REFERENCE ? "reference" : "onednn";
  details["threads"] = threads;
  details["grid"] = grid;
  details["symmetric"] = symmetric == PETSC_TRUE;
  details["fallback"] = *why ? Json{{"type", fallback}, {"why", why}} : Json(nullptr);
}

} // namespace

Json describe(KSP ksp) {
  Json details = Json::object();
  PC pc = nullptr;
  PetscBool dcd = PETSC_FALSE;
  check(KSPGetPC(ksp, &pc));
  check(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(ksp), KSPDCD, &dcd));
  if (dcd)
    describe_dcd(ksp, details);
  if (is_type(pc, PCGAMG) || is_type(pc, PCML) || is_type(pc, PCMG))
    describe_multigrid(pc, details);
  if (is_type(pc, PCLATTICEMG))
    describe_latticemg(pc, details);
  if (is_type(pc, PCMFAC))
    describe_mfac(pc, details);
  if (is_type(pc, PCNYSTROM))
    describe_nystrom(pc, details);
  if (is_type(pc, PCBANDIT))
    describe_bandit(pc, details);
  if (is_type(pc, PCCNN))
    describe_cnn(pc, details);
  if (is_type(pc, PCBJACOBI))
    describe_blocks(pc, details);
  if (is_type(pc, PCICC) || is_type(pc, PCILU) || is_type(pc, PCLU) || is_type(pc, PCCHOLESKY))
    describe_factor(pc, details);
  if (is_type(pc, PCHYPRE)) {
    const char* type = nullptr;
    check(PCHYPREGetType(pc, &type));
    details["method"] = type;
  }
  return details;
}

} // namespace linnet
