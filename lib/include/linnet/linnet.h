/*
   linnet: learned linear solvers and preconditioners for PETSc.

   A program either loads liblinnet.so at run time (-dll_append /abs/path/liblinnet.so) or links it and calls
   LinnetInitialize(); both make the types below known to KSPSetType()/PCSetType() and to the options.
*/
#ifndef LINNET_H
#define LINNET_H

#include <petscksp.h>

#if defined(_WIN32)
#define LINNET_VISIBLE
#else
#define LINNET_VISIBLE __attribute__((visibility("default")))
#endif
#if defined(__cplusplus)
#define LINNET_EXTERN extern "C" LINNET_VISIBLE
#else
#define LINNET_EXTERN extern LINNET_VISIBLE
#endif

/* KSP type: deep conjugate directions */
#define KSPDCD "dcd"

/* PC type: geometric multigrid on the lattice of a matrix */
#define PCLATTICEMG "latticemg"

/* PC type: a convolutional network on the lattice of a matrix */
#define PCCNN "cnn"

LINNET_EXTERN PetscErrorCode LinnetInitialize(void);

/* Why a search direction of KSPDCD was replaced by one of the fallback preconditioner. */
typedef enum {
  KSP_DCD_NOT_FINITE,   /* the preconditioner returned Inf or NaN */
  KSP_DCD_NO_DESCENT,   /* (d, r) <= 0 */
  KSP_DCD_NO_CURVATURE, /* (d, A d) = 0 to rounding */
  KSP_DCD_REPLACEMENT_KINDS
} KSPDCDReplacement;

LINNET_EXTERN PetscErrorCode KSPDCDSetDirections(KSP ksp, PetscInt directions);
LINNET_EXTERN PetscErrorCode KSPDCDGetDirections(KSP ksp, PetscInt* directions);
LINNET_EXTERN PetscErrorCode KSPDCDSetRecompute(KSP ksp, PetscInt interval);
LINNET_EXTERN PetscErrorCode KSPDCDGetRecompute(KSP ksp, PetscInt* interval);
LINNET_EXTERN PetscErrorCode KSPDCDSetSafeguard(KSP ksp, PetscBool safeguard);
LINNET_EXTERN PetscErrorCode KSPDCDGetSafeguard(KSP ksp, PetscBool* safeguard);
LINNET_EXTERN PetscErrorCode KSPDCDSetFallbackPC(KSP ksp, PC pc);
LINNET_EXTERN PetscErrorCode KSPDCDGetFallbackPC(KSP ksp, PC* pc);
LINNET_EXTERN PetscErrorCode KSPDCDGetReplacements(KSP ksp, PetscInt counts[KSP_DCD_REPLACEMENT_KINDS]);
LINNET_EXTERN PetscErrorCode KSPDCDSetFused(KSP ksp, PetscBool fused);
LINNET_EXTERN PetscErrorCode KSPDCDGetFused(KSP ksp, PetscBool* allowed, PetscBool* taken);

/* The order in which PCLATTICEMG visits its grids. */
typedef enum {
  PC_LATTICEMG_CYCLE_V, /* each grid once down and once up */
  PC_LATTICEMG_CYCLE_W  /* each grid but the coarsest twice for each visit of the next finer one */
} PCLatticeMGCycle;

LINNET_EXTERN PetscErrorCode PCLatticeMGSetCycle(PC pc, PCLatticeMGCycle cycle);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetCycle(PC pc, PCLatticeMGCycle* cycle);
/* Which axes get cells of twice the size from one grid of PCLATTICEMG to the next. */
typedef enum {
  PC_LATTICEMG_COARSENING_AUTO, /* semi where the couplings of two axes differ by more than a factor of 3, else full */
  PC_LATTICEMG_COARSENING_FULL, /* all axes */
  PC_LATTICEMG_COARSENING_SEMI  /* those whose couplings are at least a third of the strongest ones */
} PCLatticeMGCoarsening;

LINNET_EXTERN PetscErrorCode PCLatticeMGSetCoarsening(PC pc, PCLatticeMGCoarsening coarsening);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetCoarsening(PC pc, PCLatticeMGCoarsening* coarsening);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetSweeps(PC pc, PetscInt sweeps);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetSweeps(PC pc, PetscInt* sweeps);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetThreads(PC pc, PetscInt threads);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetThreads(PC pc, PetscInt* threads);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetGrid(PC pc, PetscInt nx, PetscInt ny, PetscInt nz);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetGrid(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz);

/* The numbers that the network of PCCNN computes with. */
typedef enum {
  PC_CNN_PRECISION_AUTO, /* bf16 where the processor multiplies it, else f32 */
  PC_CNN_PRECISION_F32,
  PC_CNN_PRECISION_BF16
} PCCNNPrecision;

/* What runs the network of PCCNN. */
typedef enum {
  PC_CNN_BACKEND_ONEDNN,
  PC_CNN_BACKEND_REFERENCE /* plain loops, for tests */
} PCCNNBackend;

LINNET_EXTERN PetscErrorCode PCCNNSetModel(PC pc, const char model[]);
LINNET_EXTERN PetscErrorCode PCCNNGetModel(PC pc, const char* model[]);
LINNET_EXTERN PetscErrorCode PCCNNSetPrecision(PC pc, PCCNNPrecision precision);
LINNET_EXTERN PetscErrorCode PCCNNGetPrecision(PC pc, PCCNNPrecision* precision);
LINNET_EXTERN PetscErrorCode PCCNNSetBackend(PC pc, PCCNNBackend backend);
LINNET_EXTERN PetscErrorCode PCCNNGetBackend(PC pc, PCCNNBackend* backend);
LINNET_EXTERN PetscErrorCode PCCNNSetThreads(PC pc, PetscInt threads);
LINNET_EXTERN PetscErrorCode PCCNNGetThreads(PC pc, PetscInt* threads);
LINNET_EXTERN PetscErrorCode PCCNNSetGrid(PC pc, PetscInt nx, PetscInt ny, PetscInt nz);
LINNET_EXTERN PetscErrorCode PCCNNGetGrid(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz);
LINNET_EXTERN PetscErrorCode PCCNNSetFallback(PC pc, PCType type);
LINNET_EXTERN PetscErrorCode PCCNNGetFallback(PC pc, PCType* type, const char* why[]);

#endif
