// Parameters of PCCNN: what sets them, options.
#include "base/threads.hpp"
#include "cnn.hpp"
#include "enum_option.hpp"
#include "lattice/guarded.hpp"

const char* const PCCNNPrecisionNames_Private[] = {"auto", "f32", "bf16", "PCCNNPrecision", "PC_CNN_PRECISION_",
                                                   nullptr};
const char* const PCCNNBackendNames_Private[] = {"onednn", "reference", "PCCNNBackend", "PC_CNN_BACKEND_", nullptr};

int PCCNNThreads_Private(const PC_CNN* cnn) {
  return cnn->threads > 0 ? static_cast<int>(cnn->threads) : linnet::default_threads();
}

/* Sets a parameter that the next PCSetUp() must follow. */
template <class T, class V>
static PetscErrorCode Set(PC pc, T PC_CNN::*parameter, const V& value) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    if (PCCNNData_Private(pc)->*parameter != value)
      pc->setupcalled = PETSC_FALSE;
    PCCNNData_Private(pc)->*parameter = value;
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNSetModel_CNN(PC pc, const char model[]) {
  return Set(pc, &PC_CNN::model, model);
}

static PetscErrorCode PCCNNGetModel_CNN(PC pc, const char* model[]) {
  const PC_CNN* cnn = PCCNNData_Private(pc);
  *model = cnn->loaded_as.empty() ? cnn->model.c_str() : cnn->loaded_as.c_str();
  return 0;
}

static PetscErrorCode PCCNNSetPrecision_CNN(PC pc, PCCNNPrecision precision) {
  PetscFunctionBegin;
  PetscCheck(precision >= PC_CNN_PRECISION_AUTO && precision <= PC_CNN_PRECISION_BF16, CommOf(pc),
             PETSC_ERR_ARG_OUTOFRANGE, "The precision must be PC_CNN_PRECISION_AUTO, _F32 or _BF16, not %d",
             static_cast<int>(precision));
  PetscCall(Set(pc, &PC_CNN::precision, precision));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetPrecision_CNN(PC pc, PCCNNPrecision* precision) {
  *precision = PCCNNData_Private(pc)->precision;
  return 0;
}

static PetscErrorCode PCCNNSetBackend_CNN(PC pc, PCCNNBackend backend) {
  PetscFunctionBegin;
  PetscCheck(backend == PC_CNN_BACKEND_ONEDNN || backend == PC_CNN_BACKEND_REFERENCE, CommOf(pc),
             PETSC_ERR_ARG_OUTOFRANGE, "The backend must be PC_CNN_BACKEND_ONEDNN or PC_CNN_BACKEND_REFERENCE, not %d",
             static_cast<int>(backend));
  PetscCall(Set(pc, &PC_CNN::backend, backend));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetBackend_CNN(PC pc, PCCNNBackend* backend) {
  *backend = PCCNNData_Private(pc)->backend;
  return 0;
}

static PetscErrorCode PCCNNSetThreads_CNN(PC pc, PetscInt threads) {
  PetscFunctionBegin;
  PetscCheck((threads >= 1 && threads <= 4096) || threads == PETSC_DEFAULT, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "Threads must be 1 to 4096, or PETSC_DEFAULT, not %" PetscInt_FMT, threads);
  PetscCall(Set(pc, &PC_CNN::threads, threads == PETSC_DEFAULT ? 0 : threads));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetThreads_CNN(PC pc, PetscInt* threads) {
  *threads = PCCNNThreads_Private(PCCNNData_Private(pc));
  return 0;
}

static PetscErrorCode PCCNNSetGrid_CNN(PC pc, PetscInt nx, PetscInt ny, PetscInt nz) {
  PetscFunctionBegin;
  PetscCheck(nx > 0 && ny > 0 && nz > 0, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The grid must have at least one cell along each axis, not %" PetscInt_FMT ",%" PetscInt_FMT
             ",%" PetscInt_FMT,
             nx, ny, nz);
  PetscCall(Set(pc, &PC_CNN::grid, linnet::GridSize{nx, ny, nz}));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetGrid_CNN(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz) {
  const PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  *nx = cnn->grid[0];
  *ny = cnn->grid[1];
  *nz = cnn->grid[2];
  if (cnn->lattice)
    PetscCall(PCLatticeMGGetGrid(cnn->lattice, nx, ny, nz));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNSetFallback_CNN(PC pc, PCType type) {
  PetscBool itself;

  PetscFunctionBegin;
  PetscCall(PetscStrcmp(type, PCCNN, &itself));
  PetscCheck(!itself && *type, CommOf(pc), PETSC_ERR_ARG_WRONG, "The fallback must be another type of PC, or none");
  PetscCall(Set(pc, &PC_CNN::fallback, type));
  PetscCall(PCDestroy(&PCCNNData_Private(pc)->other));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetFallback_CNN(PC pc, PCType* type, const char* why[]) {
  *type = PCCNNData_Private(pc)->fallback.c_str();
  if (why)
    *why = PCCNNData_Private(pc)->outside.c_str();
  return 0;
}

static PetscErrorCode PCCNNSetSymmetric_CNN(PC pc, PetscBool symmetric) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  if (cnn->symmetric != static_cast<bool>(symmetric)) { /* the lattice goes back to the cycle of its options */
    cnn->network = {};
    PetscCall(PCDestroy(&cnn->lattice));
  }
  PetscCall(Set(pc, &PC_CNN::symmetric, static_cast<bool>(symmetric)));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNGetSymmetric_CNN(PC pc, PetscBool* symmetric) {
  *symmetric = PCCNNData_Private(pc)->symmetric ? PETSC_TRUE : PETSC_FALSE;
  return 0;
}

PetscErrorCode PCCNNComposeFunctions_Private(PC pc, PetscBool compose) {
#define LINNET_COMPOSE(function)                                                                                       \
  PetscCall(PetscObjectComposeFunction(AsObject(pc), #function "_C", compose ? function##_CNN : nullptr))
  PetscFunctionBegin;
  LINNET_COMPOSE(PCCNNSetModel);
  LINNET_COMPOSE(PCCNNGetModel);
  LINNET_COMPOSE(PCCNNSetPrecision);
  LINNET_COMPOSE(PCCNNGetPrecision);
  LINNET_COMPOSE(PCCNNSetBackend);
  LINNET_COMPOSE(PCCNNGetBackend);
  LINNET_COMPOSE(PCCNNSetThreads);
  LINNET_COMPOSE(PCCNNGetThreads);
  LINNET_COMPOSE(PCCNNSetGrid);
  LINNET_COMPOSE(PCCNNGetGrid);
  LINNET_COMPOSE(PCCNNSetFallback);
  LINNET_COMPOSE(PCCNNGetFallback);
  LINNET_COMPOSE(PCCNNSetSymmetric);
  LINNET_COMPOSE(PCCNNGetSymmetric);
  PetscCall(PetscObjectComposeFunction(AsObject(pc), linnet::fused_cg_name, compose ? PCFusedCG_CNN : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), linnet::solve_fixed_name, compose ? PCSolveFixed_CNN : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), linnet::row_factors_name, compose ? PCRowFactors_CNN : nullptr));
  PetscFunctionReturn(0);
#undef LINNET_COMPOSE
}

PetscErrorCode PCSetFromOptions_CNN(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PC_CNN* cnn = PCCNNData_Private(pc);
  PCCNNPrecision precision = cnn->precision;
  PCCNNBackend backend = cnn->backend;
  PetscInt threads = PCCNNThreads_Private(cnn), count = 3;
  PetscInt grid[3] = {cnn->grid[0], cnn->grid[1], cnn->grid[2]};
  char text[PETSC_MAX_PATH_LEN];
  PetscBool set, symmetric = cnn->symmetric ? PETSC_TRUE : PETSC_FALSE;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Convolutional network options");
  PetscCall(PetscOptionsString("-pc_cnn_model", "Shipped model or model file", "PCCNNSetModel", cnn->model.c_str(),
                               text, sizeof(text), &set));
  if (set)
    PetscCall(PCCNNSetModel(pc, text));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_cnn_precision", "Numbers that the network computes with",
                       "PCCNNSetPrecision", PCCNNPrecisionNames_Private, &precision, &set));
  if (set)
    PetscCall(PCCNNSetPrecision(pc, precision));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_cnn_backend", "What runs the network", "PCCNNSetBackend",
                       PCCNNBackendNames_Private, &backend, &set));
  if (set)
    PetscCall(PCCNNSetBackend(pc, backend));
  PetscCall(
      PetscOptionsInt("-pc_cnn_threads", "Threads of an application", "PCCNNSetThreads", threads, &threads, &set));
  if (set)
    PetscCall(PCCNNSetThreads(pc, threads));
  PetscCall(PetscOptionsIntArray("-pc_cnn_grid", "Size of the grid of linnet_cells: nx,ny,nz", "PCCNNSetGrid", grid,
                                 &count, &set));
  if (set) {
    PetscCheck(count == 3, CommOf(pc), PETSC_ERR_ARG_SIZ,
               "-pc_cnn_grid takes three numbers nx,ny,nz, not %" PetscInt_FMT, count);
    PetscCall(PCCNNSetGrid(pc, grid[0], grid[1], grid[2]));
  }
  PetscCall(PetscOptionsString("-pc_cnn_fallback", "PC where the model was not trained for the operator, or none",
                               "PCCNNSetFallback", cnn->fallback.c_str(), text, sizeof(text), &set));
  if (set)
    PetscCall(PCCNNSetFallback(pc, text));
  PetscCall(PetscOptionsBool("-pc_cnn_symmetric", "Symmetric and positive definite whatever the model, for cg",
                             "PCCNNSetSymmetric", symmetric, &symmetric, &set));
  if (set)
    PetscCall(PCCNNSetSymmetric(pc, symmetric));
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}
