#pragma once

#include "mfac/form.hpp"
#include "mfac/primal.hpp"
#include "mfac/window.hpp"
#include "objects.hpp"

#include <linnet/linnet.h>
#include <petsc/private/pcimpl.h>

#include <memory>
#include <string>

/// State of PCMFAC: F = D^{1/2} (lambda I + w G^T G) D^{1/2}, each rank with its columns of G.
struct PC_MFAC {
  PetscInt rank = 128;
  PetscReal damping = 0; ///< 0: not given
  PCMFACMode mode = PC_MFAC_STATIC;
  PCMFACSource source = PC_MFAC_SOURCE_AUTO;
  PCMFACPrecision precision = PC_MFAC_PRECISION_F64;
  PetscInt seed = 1; ///< of the rows that are sampled

  PCMFACSource taken = PC_MFAC_SOURCE_AUTO; ///< once set up
  std::unique_ptr<linnet::mfac::Window> window;
  std::unique_ptr<linnet::mfac::Primal> primal; ///< in the place of the window, where it is the cheaper form
  PetscInt primal_rows = 0;
  Vec scale = nullptr;            ///< D^{-1/2}; null: D = I
  bool none = false;              ///< z = r: sampled rows too few for a gain
  PetscInt all_rows = 0;          ///< of the matrix that rows were sampled from
  double used_damping = 0;        ///< lambda, raised where a rule says so
  double effective_dimension = 0; ///< of the sampled rows at used_damping
  std::string form;               ///< how F^-1 is held and what it costs
};

inline PC_MFAC* PCMFACData_Private(PC pc) {
  return static_cast<PC_MFAC*>(pc->data);
}

extern PetscLogEvent PC_MFAC_SetUp, PC_MFAC_Apply;

PETSC_INTERN PetscErrorCode PCCreate_MFAC(PC pc);
PETSC_INTERN PetscErrorCode PCSetFromOptions_MFAC(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCView_MFAC(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCMFACComposeFunctions_Private(PC pc, PetscBool compose);
PETSC_INTERN PetscErrorCode PCMFACAddGradient_MFAC(PC pc, Vec g);
/// Where the rows come from, if it is not said: an error where it cannot be told.
PETSC_INTERN PetscErrorCode PCMFACSource_Private(PC pc, PCMFACSource* source, Mat* rows);
/// The inverse of a MATLRC.
PETSC_INTERN PetscErrorCode PCMFACSetUpLRC_Private(PC pc);
/// An approximate inverse of J^T J + damping I from sampled rows of J.
PETSC_INTERN PetscErrorCode PCMFACSetUpRows_Private(PC pc, Mat J);
/// Holds the rows, of `columns` columns over all ranks, in the form of the least cost.
void PCMFACHold_Private(PC pc, linnet::mfac::Rows rows, PetscInt columns, const linnet::mfac::Model& model);
/// Sums over the ranks of the PC.
linnet::mfac::Reduction PCMFACReduction_Private(PC pc);
linnet::mfac::Precision PCMFACStored_Private(const PC_MFAC* mfac);
extern const char* const PCMFACModeNames_Private[];
extern const char* const PCMFACSourceNames_Private[];
extern const char* const PCMFACPrecisionNames_Private[];
