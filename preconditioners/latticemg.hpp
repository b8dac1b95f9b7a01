#pragma once

#include "base/large_pages.hpp"
#include "ksp/fixed.hpp"
#include "ksp/fused.hpp"
#include "ksp/row_factors.hpp"
#include "latticemg/multigrid.hpp"
#include "latticemg/row_exchange.hpp"
#include "objects.hpp"

#include <linnet/linnet.h>
#include <petsc/private/pcimpl.h>

#include <functional>

/// State of PCLATTICEMG.
struct PC_LatticeMG {
  linnet::KeptPages kept; ///< from one set up to the next
  PCLatticeMGCycle cycle = PC_LATTICEMG_CYCLE_W;
  PCLatticeMGCoarsening coarsening = PC_LATTICEMG_COARSENING_AUTO;
  PetscInt sweeps = 2;
  bool weighted = false; ///< by `weights`; false: by those that suit the grids
  linnet::latticemg::CycleWeights weights;
  /// Those of PCCNN, by dimension, for cycles of two and more sweeps; null: the classical ones.
  std::function<linnet::latticemg::CycleWeights(int dimension)> learned;
  PetscInt threads = 0;           ///< 0: default_threads()
  linnet::GridSize grid{0, 0, 0}; ///< of linnet_cells; {0, 0, 0}: not given
  linnet::LatticePlacement placement;
  linnet::latticemg::Multigrid multigrid;
  Mat fixed = nullptr;            ///< of the columns of rows that fix their unknown (MakeFixedColumns()); null: none
  Vec fixed_inverse = nullptr;    ///< 1 / a_ff of these rows, 0 elsewhere
  Vec row_factors = nullptr;      ///< s, where the operator is that of S A, as it holds it; null: S = I
  double least_factor = 1;        ///< the least |s|; the largest is 1
  Vec symmetrised = nullptr;      ///< a residual of the symmetric operator
  PetscObjectState values = -1;   ///< of the matrix that it was made from
  std::string* refused = nullptr; ///< where the set up says why it refused, and returns; null: it is an error

  /* on several ranks */
  bool finest_only = false; ///< only the finest grid is worked on, and shared as `plan` says
  std::function<linnet::latticemg::SlabPlan(const linnet::latticemg::CoarseningPlan&, PetscMPIInt ranks)> plan;
  MPI_Comm active = MPI_COMM_NULL; ///< the ranks that have a slab
  PetscMPIInt active_ranks = 0;
  PetscObjectId matrix = 0; ///< the one whose rows were dealt, and the state of its nonzeros
  PetscObjectState nonzeros = -1;
  linnet::latticemg::Layout layout;
  linnet::latticemg::RowExchange exchange;
  linnet::Lattice lattice;             ///< of the rows of the slab
  linnet::LatticeOperator op;          ///< of the slab
  linnet::Buffer<double> r, z;         ///< of the slab
  linnet::Buffer<double> slab_factors; ///< s of the slab
  /// In a fused solve: of rows of the slab that other ranks hold.
  linnet::Buffer<double> b_of_others, x_of_others;
};

/// r and z for the rows of the slab.
inline void PCLatticeMGReserve_Private(PC_LatticeMG* mg) {
  for (linnet::Buffer<double>* vector : {&mg->r, &mg->z})
    vector->resize(static_cast<std::size_t>(mg->exchange.slab_rows()));
}
inline PC_LatticeMG* PCLatticeMGData_Private(PC pc) {
  return static_cast<PC_LatticeMG*>(pc->data);
}

extern PetscLogEvent PC_LatticeMG_SetUp, PC_LatticeMG_Cycle, PC_LatticeMG_CG;

PETSC_INTERN PetscErrorCode PCCreate_LatticeMG(PC pc);
/// Takes over what parts a matrix that was placed from a symmetric one. Collective.
PETSC_INTERN PetscErrorCode PCLatticeMGKeepAsymmetry_Private(PC_LatticeMG* mg, Mat A);
PETSC_INTERN PetscErrorCode PCLatticeMGForgetAsymmetry_Private(PC_LatticeMG* mg);
/// The residual of the symmetric operator that the cycle is for: without what rows that fix their unknown say, and
/// multiplied by the factors of rows; r itself where there are none. Collective.
PETSC_INTERN PetscErrorCode PCLatticeMGSymmetrise_Private(PC_LatticeMG* mg, Vec r, Vec* of_symmetric);
/// z <- the transpose of this, of z. Collective.
PETSC_INTERN PetscErrorCode PCLatticeMGSymmetriseTranspose_Private(PC_LatticeMG* mg, Vec z);
/// SolveFixedFunction
PETSC_INTERN PetscErrorCode PCSolveFixed_LatticeMG(PC pc, Vec r, Vec e, PetscBool* any);
/// RowFactorsFunction
PETSC_INTERN PetscErrorCode PCRowFactors_LatticeMG(PC pc, Vec* factors);
/// The operator and the rows of the slab of this rank, on several ranks. Collective.
PETSC_INTERN PetscErrorCode PCLatticeMGDeal_Private(PC pc);
PETSC_INTERN PetscErrorCode PCLatticeMGForgetSlabs_Private(PC pc);
/// Composed as linnet::fused_cg_name.
PETSC_INTERN PetscErrorCode PCFusedCG_LatticeMG(PC pc, linnet::FusedCG* cg);
PETSC_INTERN PetscErrorCode PCView_LatticeMG(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCSetFromOptions_LatticeMG(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCLatticeMGComposeFunctions_Private(PC pc, PetscBool compose);
/// By PCLatticeMGCycle, as PETSc's enumerations are named.
extern const char* const PCLatticeMGCycleNames_Private[];
extern const char* const PCLatticeMGCoarseningNames_Private[];
linnet::latticemg::Coarsening PCLatticeMGCoarsening_Private(const PC_LatticeMG* mg);
linnet::latticemg::Aggregation PCLatticeMGAggregation_Private(const PC_LatticeMG* mg);
/// Of the grid that was placed: 3, or 2 for less than that.
int PCLatticeMGDimension_Private(const PC_LatticeMG* mg);
/// For the grids of a plan.
linnet::latticemg::CycleWeights PCLatticeMGWeights_Private(const PC_LatticeMG* mg,
                                                           const linnet::latticemg::CoarseningPlan& plan);
/// The options as the cycle takes them.
linnet::latticemg::CycleOptions PCLatticeMGOptions_Private(const PC_LatticeMG* mg);
