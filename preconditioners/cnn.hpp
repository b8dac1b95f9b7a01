#pragma once

#include "cnn/network_cycle.hpp"
#include "ksp/fixed.hpp"
#include "ksp/fused.hpp"
#include "ksp/row_factors.hpp"
#include "objects.hpp"

#include <linnet/linnet.h>
#include <petsc/private/pcimpl.h>

#include <memory>
#include <string>

/// State of PCCNN.
struct PC_CNN {
  std::string model; ///< a name or a file; empty: cycle
  PCCNNPrecision precision = PC_CNN_PRECISION_AUTO;
  PCCNNBackend backend = PC_CNN_BACKEND_ONEDNN;
  PetscInt threads = 0; ///< 0: default_threads()
  linnet::GridSize grid{0, 0, 0};
  std::string fallback = PCLATTICEMG; ///< a type of PC, or none
  bool symmetric = false;             ///< positive definite whatever the model

  PC lattice = nullptr;  ///< a PCLATTICEMG: places the matrix, gathers it, holds the finest grid; runs models that are
                         ///< cycles, and is the usual fallback
  PC other = nullptr;    ///< a fallback of another type
  std::string outside;   ///< why the fallback is used; empty: the network is
  std::string warned;    ///< the last such reason that was printed
  std::string planned;   ///< the `model` that ranks share the grid for
  std::string loaded_as; ///< what `loaded` was made from
  std::shared_ptr<const linnet::learned::Model> loaded;
  linnet::cnn::NetworkCycle network; ///< on ranks that have a slab
  bool cycle = false;                ///< the model is a cycle

  /// What works in the place of a network; null: the network does.
  PC stand_in() const {
    if (!outside.empty())
      return other ? other : lattice;
    return cycle ? lattice : nullptr;
  }
};

inline PC_CNN* PCCNNData_Private(PC pc) {
  return static_cast<PC_CNN*>(pc->data);
}

extern PetscLogEvent PC_CNN_SetUp, PC_CNN_Network, PC_CNN_Transfer;

PETSC_INTERN PetscErrorCode PCCreate_CNN(PC pc);
/// Composed as linnet::fused_cg_name.
PETSC_INTERN PetscErrorCode PCFusedCG_CNN(PC pc, linnet::FusedCG* cg);
/// SolveFixedFunction
PETSC_INTERN PetscErrorCode PCSolveFixed_CNN(PC pc, Vec r, Vec e, PetscBool* any);
PETSC_INTERN PetscErrorCode PCRowFactors_CNN(PC pc, Vec* factors);
PETSC_INTERN PetscErrorCode PCView_CNN(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCSetFromOptions_CNN(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCCNNComposeFunctions_Private(PC pc, PetscBool compose);
/// By PCCNNPrecision and PCCNNBackend, as PETSc's enumerations are named.
extern const char* const PCCNNPrecisionNames_Private[];
extern const char* const PCCNNBackendNames_Private[];
int PCCNNThreads_Private(const PC_CNN* cnn);
