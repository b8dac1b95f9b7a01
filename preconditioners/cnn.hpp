#pragma once

#include "cnn/network_cycle.hpp"

#include <linnet/linnet.h>
#include <petsc/private/pcimpl.h>

#include <memory>
#include <string>

/// State of PCCNN.
struct PC_CNN {
  std::string model; ///< a name or a file; empty: the shipped one for the dimension of the grid
  PCCNNPrecision precision = PC_CNN_PRECISION_AUTO;
  PCCNNBackend backend = PC_CNN_BACKEND_ONEDNN;
  PetscInt threads = 0; ///< 0: as many as OpenMP gives
  linnet::GridSize grid{0, 0, 0};
  std::string fallback = PCLATTICEMG; ///< a type of PC, or none

  PC lattice = nullptr; ///< a PCLATTICEMG: places the matrix, gathers it, holds the finest grid; and the usual fallback
  PC other = nullptr;   ///< a fallback of another type
  std::string outside;  ///< why the fallback is used; empty: the network is
  std::string warned;   ///< the last such reason that was printed
  std::string planned;  ///< the `model` that ranks share the grid for
  std::string loaded_as; ///< what `loaded` was made from
  std::shared_ptr<const linnet::learned::Model> loaded;
  linnet::cnn::NetworkCycle network; ///< on ranks that have a slab
};

extern PetscLogEvent PC_CNN_SetUp, PC_CNN_Network, PC_CNN_Transfer;

PETSC_INTERN PetscErrorCode PCCreate_CNN(PC pc);
PETSC_INTERN PetscErrorCode PCView_CNN(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCSetFromOptions_CNN(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCCNNComposeFunctions_Private(PC pc, PetscBool compose);
/// By PCCNNPrecision and PCCNNBackend, as PETSc's enumerations are named.
extern const char* const PCCNNPrecisionNames_Private[];
extern const char* const PCCNNBackendNames_Private[];
int PCCNNThreads_Private(const PC_CNN* cnn);
