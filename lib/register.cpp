#include <linnet/linnet.h>

#include "bandit.hpp"
#include "base/threads.hpp"
#include "cnn.hpp"
#include "instruction_sets.hpp"
#include "ksp/dcd.hpp"
#include "latticemg.hpp"
#include "mfac.hpp"
#include "nystrom.hpp"

#include <sched.h>
#include <unistd.h>

#if PETSC_VERSION_LT(3, 18, 0) || PETSC_VERSION_GE(3, 19, 0)
#error "linnet is written for PETSc 3.18: its types use that version's private headers"
#endif
#if defined(PETSC_USE_COMPLEX) || !defined(PETSC_USE_REAL_DOUBLE)
#error "linnet needs a PETSc built with real scalars in double precision"
#endif

namespace {

bool registered = false;

// PetscFinalize empties the lists of types; a later PetscInitialize must fill them again.
PetscErrorCode Unregister() {
  registered = false;
  return 0;
}

// The library may be loaded into a process whose PETSc is not the one it was compiled for: a type of PETSc's is then
// looked up by name, since only a function of that PETSc knows it.
PetscErrorCode CheckDataType(const char* name, PetscDataType expected, const char* meaning) {
  PetscDataType found = PETSC_DATATYPE_UNKNOWN;
  PetscBool known = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscDataTypeFromString(name, &found, &known));
  PetscCheck(known && found == expected, PETSC_COMM_SELF, PETSC_ERR_SUP_SYS,
             "linnet is built for PETSc with %s, the running PETSc has another type", meaning);
  PetscFunctionReturn(0);
}

PetscErrorCode CheckRunningPetsc() {
  PetscInt major = 0, minor = 0, subminor = 0, release = 0;
  size_t index_size = 0;

  PetscFunctionBegin;
  PetscCall(PetscGetVersionNumber(&major, &minor, &subminor, &release));
  PetscCheck(major == PETSC_VERSION_MAJOR && minor == PETSC_VERSION_MINOR, PETSC_COMM_SELF, PETSC_ERR_SUP_SYS,
             "linnet is built for PETSc %d.%d, the running PETSc is %" PetscInt_FMT ".%" PetscInt_FMT,
             PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, major, minor);
  PetscCall(CheckDataType("scalar", PETSC_DOUBLE, "real scalars in double precision"));
  PetscCall(CheckDataType("real", PETSC_DOUBLE, "double precision"));
  PetscCall(PetscDataTypeGetSize(PETSC_INT, &index_size));
  PetscCheck(index_size == sizeof(PetscInt), PETSC_COMM_SELF, PETSC_ERR_SUP_SYS,
             "linnet is built for PETSc with %d-bit indices, the running PETSc has %d-bit ones",
             static_cast<int>(8 * sizeof(PetscInt)), static_cast<int>(8 * index_size));
  PetscFunctionReturn(0);
}

// How many ranks run on this node, and on how many processors together.
PetscErrorCode ShareProcessors() {
  MPI_Comm node = MPI_COMM_NULL;
  PetscMPIInt ranks = 1;
  cpu_set_t processors;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split_type(PETSC_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  CPU_ZERO(&processors);
  const bool known = sched_getaffinity(0, sizeof(processors), &processors) == 0; // false beyond CPU_SETSIZE of them
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &processors, sizeof(processors), MPI_BYTE, MPI_BOR, node));
  PetscCallMPI(MPI_Comm_free(&node));
  linnet::share_processors({ranks, known ? CPU_COUNT(&processors) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN))});
  PetscFunctionReturn(0);
}

} // namespace

/*@C
  LinnetInitialize - Makes the types of linnet known to PETSc

  Collective on PETSC_COMM_WORLD

  Level: beginner

  Notes:
  Call it after `PetscInitialize()`, any number of times, and again after `PetscFinalize()` and another
  `PetscInitialize()`. Programs that load the library with -dll_append need not call it.

  It fails in a process whose PETSc has complex scalars, another precision, another width of indices or another minor
  version than the one that linnet was built for.

.seealso: `KSPDCD`, `PCLATTICEMG`, `PCCNN`, `PCMFAC`, `PCNYSTROM`, `PCBANDIT`, `KSPSetType()`, `PCSetType()`
@*/
PetscErrorCode LinnetInitialize(void) {
  PetscFunctionBegin;
  if (registered)
    PetscFunctionReturn(0);
  PetscCall(CheckRunningPetsc());
  linnet::limit_instruction_sets();
  PetscCall(ShareProcessors());
  PetscCall(KSPRegister(KSPDCD, KSPCreate_DCD));
  PetscCall(PetscLogEventRegister("KSPDCDOrthog", KSP_CLASSID, &KSP_DCD_Orthogonalization));
  PetscCall(PCRegister(PCLATTICEMG, PCCreate_LatticeMG));
  PetscCall(PetscLogEventRegister("PCLatMGSetUp", PC_CLASSID, &PC_LatticeMG_SetUp));
  PetscCall(PetscLogEventRegister("PCLatMGCycle", PC_CLASSID, &PC_LatticeMG_Cycle));
  PetscCall(PetscLogEventRegister("PCLatMGCG", PC_CLASSID, &PC_LatticeMG_CG));
  PetscCall(PCRegister(PCMFAC, PCCreate_MFAC));
  PetscCall(PetscLogEventRegister("PCMFACSetUp", PC_CLASSID, &PC_MFAC_SetUp));
  PetscCall(PetscLogEventRegister("PCMFACApply", PC_CLASSID, &PC_MFAC_Apply));
  PetscCall(PCRegister(PCNYSTROM, PCCreate_Nystrom));
  PetscCall(PetscLogEventRegister("PCNystromSetUp", PC_CLASSID, &PC_Nystrom_SetUp));
  PetscCall(PetscLogEventRegister("PCNystromApply", PC_CLASSID, &PC_Nystrom_Apply));
  PetscCall(PCRegister(PCBANDIT, PCCreate_Bandit));
  PetscCall(PCRegister(PCCNN, PCCreate_CNN));
  PetscCall(PetscLogEventRegister("PCCNNSetUp", PC_CLASSID, &PC_CNN_SetUp));
  PetscCall(PetscLogEventRegister("PCCNNNetwork", PC_CLASSID, &PC_CNN_Network));
  PetscCall(PetscLogEventRegister("PCCNNTransfer", PC_CLASSID, &PC_CNN_Transfer));
  PetscCall(PetscLogEventRegister("PCCNNHalo", PC_CLASSID, &PC_CNN_Halo));
  PetscCall(PetscRegisterFinalize(Unregister));
  registered = true;
  PetscFunctionReturn(0);
}

// What PETSc looks for in a library named liblinnet.so that -dll_append names.
LINNET_EXTERN PetscErrorCode PetscDLLibraryRegister_linnet(void);
PetscErrorCode PetscDLLibraryRegister_linnet(void) {
  PetscFunctionBegin;
  PetscCall(LinnetInitialize());
  PetscFunctionReturn(0);
}
