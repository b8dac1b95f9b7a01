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

/* PC types: the inverse of a diagonal plus outer products of rows; a randomised Nystrom approximation */
#define PCMFAC "mfac"
#define PCNYSTROM "nystrom"
/* PC type: chooses the parameters of an inner preconditioner across a sequence of solves */
#define PCBANDIT "bandit"
/* PC type: a convolutional network on the lattice of a matrix */
#define PCCNN "cnn"

/* Mat type: a 5- or 7-point operator on a grid, a byte or two a cell in place of rows */
#define MATLATTICE "lattice"

LINNET_EXTERN PetscErrorCode LinnetInitialize(void);

/* The row of a cell of MATLATTICE: (A u)_c = excess u_c + sum over the neighbours of w (u_c - u_neighbour). */
typedef struct {
  PetscReal upper[3]; /* w, that is -a_ij, of the neighbours above on x, y and z; 0: none */
  PetscReal excess;   /* the sum of the row: Dirichlet sides, shifts */
  PetscBool unknown;  /* PETSC_FALSE: nothing is solved for here */
} MatLatticeCell;

/* Says all of cell (i, j, k), which comes as {{0, 0, 0}, 0, PETSC_TRUE}. */
typedef PetscErrorCode (*MatLatticeFunction)(PetscInt i, PetscInt j, PetscInt k, MatLatticeCell* cell, void* context);

LINNET_EXTERN PetscErrorCode MatCreateLattice(MPI_Comm comm, const PetscInt size[3], const PetscBool periodic[3],
                                              MatLatticeFunction function, void* context, Mat* A);
LINNET_EXTERN PetscErrorCode MatCreateLatticeDMDA(DM da, MatLatticeFunction function, void* context, Mat* A);
LINNET_EXTERN PetscErrorCode MatLatticeUpdate(Mat A);
LINNET_EXTERN PetscErrorCode MatLatticeGetBox(Mat A, PetscInt size[3], PetscInt begin[3], PetscInt extent[3]);
LINNET_EXTERN PetscErrorCode MatLatticeGetCells(Mat A, PetscInt cells[]);

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
  PC_LATTICEMG_COARSENING_AUTO, /* aggregates where the operator needs them; else semi where the couplings of two axes
                                   differ by more than a factor of 3, else full */
  PC_LATTICEMG_COARSENING_FULL, /* grids, halved along all axes */
  PC_LATTICEMG_COARSENING_SEMI, /* grids, halved along those whose couplings are at least a third of the strongest */
  PC_LATTICEMG_COARSENING_AGGREGATES /* of strongly coupled cells, in place of grids */
} PCLatticeMGCoarsening;

LINNET_EXTERN PetscErrorCode PCLatticeMGSetCoarsening(PC pc, PCLatticeMGCoarsening coarsening);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetCoarsening(PC pc, PCLatticeMGCoarsening* coarsening);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetAggregated(PC pc, PetscBool* aggregated);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetSweeps(PC pc, PetscInt sweeps);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetSweeps(PC pc, PetscInt* sweeps);
#define PC_LATTICEMG_WEIGHTS 14
LINNET_EXTERN PetscErrorCode PCLatticeMGSetWeights(PC pc, const PetscReal values[PC_LATTICEMG_WEIGHTS]);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetWeights(PC pc, PetscReal values[PC_LATTICEMG_WEIGHTS]);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetThreads(PC pc, PetscInt threads);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetThreads(PC pc, PetscInt* threads);
LINNET_EXTERN PetscErrorCode PCLatticeMGSetGrid(PC pc, PetscInt nx, PetscInt ny, PetscInt nz);
LINNET_EXTERN PetscErrorCode PCLatticeMGGetGrid(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz);
/* What PCMFAC does with more gradients than it keeps. */
typedef enum {
  PC_MFAC_STATIC, /* refuses them */
  PC_MFAC_WINDOW  /* each takes the place of the oldest one */
} PCMFACMode;

/* Where the rows of PCMFAC come from. */
typedef enum {
  PC_MFAC_SOURCE_AUTO,     /* gradients where one was added, else what the operator is */
  PC_MFAC_SOURCE_LRC,      /* the factors of a MATLRC */
  PC_MFAC_SOURCE_ROWS,     /* rows of the matrix of a MATNORMAL, or of "linnet_rows" */
  PC_MFAC_SOURCE_GRADIENTS /* PCMFACAddGradient() */
} PCMFACSource;

/* How PCMFAC stores its rows. */
typedef enum { PC_MFAC_PRECISION_F64, PC_MFAC_PRECISION_F32, PC_MFAC_PRECISION_BF16 } PCMFACPrecision;

LINNET_EXTERN PetscErrorCode PCMFACSetRank(PC pc, PetscInt rank);
LINNET_EXTERN PetscErrorCode PCMFACGetRank(PC pc, PetscInt* rank);
LINNET_EXTERN PetscErrorCode PCMFACSetDamping(PC pc, PetscReal damping);
LINNET_EXTERN PetscErrorCode PCMFACGetDamping(PC pc, PetscReal* damping);
LINNET_EXTERN PetscErrorCode PCMFACSetMode(PC pc, PCMFACMode mode);
LINNET_EXTERN PetscErrorCode PCMFACGetMode(PC pc, PCMFACMode* mode);
LINNET_EXTERN PetscErrorCode PCMFACSetSource(PC pc, PCMFACSource source);
LINNET_EXTERN PetscErrorCode PCMFACGetSource(PC pc, PCMFACSource* source);
LINNET_EXTERN PetscErrorCode PCMFACSetPrecision(PC pc, PCMFACPrecision precision);
LINNET_EXTERN PetscErrorCode PCMFACGetPrecision(PC pc, PCMFACPrecision* precision);
LINNET_EXTERN PetscErrorCode PCMFACSetSeed(PC pc, PetscInt seed);
LINNET_EXTERN PetscErrorCode PCMFACGetSeed(PC pc, PetscInt* seed);
LINNET_EXTERN PetscErrorCode PCMFACAddGradient(PC pc, Vec g);
LINNET_EXTERN PetscErrorCode PCMFACGetRows(PC pc, PetscInt* rows, PetscReal* damping, PetscBool* identity);

LINNET_EXTERN PetscErrorCode PCNystromSetRank(PC pc, PetscInt rank);
LINNET_EXTERN PetscErrorCode PCNystromGetRank(PC pc, PetscInt* rank);
LINNET_EXTERN PetscErrorCode PCNystromSetDamping(PC pc, PetscReal damping);
LINNET_EXTERN PetscErrorCode PCNystromGetDamping(PC pc, PetscReal* damping);
LINNET_EXTERN PetscErrorCode PCNystromSetAdaptive(PC pc, PetscBool adaptive);
LINNET_EXTERN PetscErrorCode PCNystromGetAdaptive(PC pc, PetscBool* adaptive);
LINNET_EXTERN PetscErrorCode PCNystromSetSeed(PC pc, PetscInt seed);
LINNET_EXTERN PetscErrorCode PCNystromGetSeed(PC pc, PetscInt* seed);
LINNET_EXTERN PetscErrorCode PCNystromGetEigenvalues(PC pc, PetscInt* count, const PetscReal* eigenvalues[]);

/* What PCBANDIT charges for a solve. */
typedef enum {
  PC_BANDIT_COST_ITERATIONS, /* iterations of the KSP */
  PC_BANDIT_COST_TIME,       /* seconds of the slowest rank, setup included */
  PC_BANDIT_COST_WORK        /* floating point operations that PETSc logs, over all ranks, setup included */
} PCBanditCost;

/* Where PCBANDIT takes the numbers that tell systems apart. */
typedef enum {
  PC_BANDIT_CONTEXT_AUTO,   /* PCBanditSetContext(), or the Vec "linnet_context", or else the matrix */
  PC_BANDIT_CONTEXT_GIVEN,  /* the first two alone */
  PC_BANDIT_CONTEXT_MATRIX, /* how far the diagonal dominates, from the entries of the matrix */
  PC_BANDIT_CONTEXT_NONE
} PCBanditContextSource;

/* Counts since the PC was made or its state file began. */
typedef struct {
  PetscInt solves;   /* that taught something */
  PetscInt failures; /* solves that the arm chosen did not end */
  PetscReal total_cost;
  PetscReal learner_seconds; /* since the PC was made: deciding, learning, contexts; on the first rank */
  PetscReal solve_seconds;   /* since the PC was made: the solves, setup included */
} PCBanditStatistics;

LINNET_EXTERN PetscErrorCode PCBanditSetArms(PC pc, const char arms[]);
LINNET_EXTERN PetscErrorCode PCBanditGetArms(PC pc, const char* arms[]);
LINNET_EXTERN PetscErrorCode PCBanditSetPolicy(PC pc, const char policy[]);
LINNET_EXTERN PetscErrorCode PCBanditGetPolicy(PC pc, const char* policy[]);
LINNET_EXTERN PetscErrorCode PCBanditSetCost(PC pc, PCBanditCost cost);
LINNET_EXTERN PetscErrorCode PCBanditGetCost(PC pc, PCBanditCost* cost);
LINNET_EXTERN PetscErrorCode PCBanditSetState(PC pc, const char file[]);
LINNET_EXTERN PetscErrorCode PCBanditGetState(PC pc, const char* file[]);
LINNET_EXTERN PetscErrorCode PCBanditSetTag(PC pc, const char tag[]);
LINNET_EXTERN PetscErrorCode PCBanditGetTag(PC pc, const char* tag[]);
LINNET_EXTERN PetscErrorCode PCBanditSetLog(PC pc, const char file[]);
LINNET_EXTERN PetscErrorCode PCBanditGetLog(PC pc, const char* file[]);
LINNET_EXTERN PetscErrorCode PCBanditSetSeed(PC pc, PetscInt seed);
LINNET_EXTERN PetscErrorCode PCBanditGetSeed(PC pc, PetscInt* seed);
LINNET_EXTERN PetscErrorCode PCBanditSetSafeArm(PC pc, PetscInt arm);
LINNET_EXTERN PetscErrorCode PCBanditGetSafeArm(PC pc, PetscInt* arm);
LINNET_EXTERN PetscErrorCode PCBanditSetCap(PC pc, PetscReal factor);
LINNET_EXTERN PetscErrorCode PCBanditGetCap(PC pc, PetscReal* factor);
LINNET_EXTERN PetscErrorCode PCBanditSetContext(PC pc, PetscInt n, const PetscReal values[]);
LINNET_EXTERN PetscErrorCode PCBanditSetContextSource(PC pc, PCBanditContextSource source);
LINNET_EXTERN PetscErrorCode PCBanditGetContextSource(PC pc, PCBanditContextSource* source);
LINNET_EXTERN PetscErrorCode PCBanditSetContextInterval(PC pc, PetscInt n, const PetscReal lowest[],
                                                        const PetscReal highest[]);
LINNET_EXTERN PetscErrorCode PCBanditGetContextInterval(PC pc, PetscInt* n, PetscReal lowest[], PetscReal highest[]);
LINNET_EXTERN PetscErrorCode PCBanditGetArm(PC pc, PetscInt* arm, PetscReal* value, PetscReal* probability);
LINNET_EXTERN PetscErrorCode PCBanditGetArmCount(PC pc, PetscInt* count);
LINNET_EXTERN PetscErrorCode PCBanditGetStatistics(PC pc, PCBanditStatistics* statistics);

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
LINNET_EXTERN PetscErrorCode PCCNNSetSymmetric(PC pc, PetscBool symmetric);
LINNET_EXTERN PetscErrorCode PCCNNGetSymmetric(PC pc, PetscBool* symmetric);

#endif
