// Errors that PETSc raises inside an arm: kept from the user's handler, agreed on by all ranks, told once for each arm.
#include "bandit.hpp"

#include <algorithm>
#include <limits>

bool PCBanditCaught_Private(PC_Bandit* bandit, PetscErrorCode error) {
  const char* general = nullptr;
  char* own = nullptr;
  if (!error)
    return false;
  bandit->message.fill('\0');
  if (!PetscErrorMessage(error, &general, &own)) {
    const std::string text = own && *own ? own : general ? general : "";
    (void)std::snprintf(bandit->message.data(), bandit->message.size(), "%s", text.substr(0, text.find('\n')).c_str());
  }
  return true;
}

PetscErrorCode PCBanditShareMessage_Private(PC pc, PetscMPIInt rank) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(bandit->message.data(), static_cast<PetscMPIInt>(bandit->message.size()), MPI_CHAR, rank,
                         PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  PetscFunctionReturn(0);
}

void PCBanditTell_Private(PC_Bandit* bandit, std::size_t arm) {
  const auto safe = static_cast<std::size_t>(PCBanditSafe_Private(bandit));
  if (bandit->told.size() != bandit->arms.size())
    bandit->told.assign(bandit->arms.size(), false);
  if (bandit->rank == 0 && !bandit->told[arm])
    (void)std::fprintf(stderr, "linnet: bandit: arm '%s' raised an error, the safe arm '%s' goes on: %s\n",
                       bandit->arms.label(arm).c_str(), bandit->arms.label(safe).c_str(), bandit->message.data());
  bandit->told[arm] = true;
}

PetscErrorCode PCBanditCheckSafe_Private(PC pc) {
  const PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  PetscCheck(bandit->playing, PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_PLIB,
             "bandit: the safe arm '%s' could not be set up: %s",
             bandit->arms.label(static_cast<std::size_t>(PCBanditSafe_Private(bandit))).c_str(),
             bandit->message.data());
  PetscFunctionReturn(0);
}

/*
   One rank alone may have an error while the others are on their way to the next reduction: it goes there too, with NaN
   in its part of z, so that the iteration ends on all ranks alike. The iterate is what it was before, where the KSP
   tests before it updates.
*/
PetscErrorCode PCBanditTryApply_Private(PC pc, PC inner, Vec r, Vec z, PetscErrorCode (*apply)(PC, Vec, Vec)) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscInt before, after, n;
  PetscScalar* values;

  PetscFunctionBegin;
  PetscCall(VecLockGet(r, &before));
  {
    const PCBanditQuiet quiet;
    if (!PCBanditCaught_Private(bandit, apply(inner, r, z)))
      PetscFunctionReturn(0);
  }
  bandit->raised = true;
  if (bandit->heeds_reason)
    pc->failedreason = PC_SUBPC_ERROR;
  PetscCall(VecLockGet(r, &after));
  for (; after > before; after--) /* left behind by PCApply() */
    PetscCall(VecLockReadPop(r));
  PetscCall(VecGetLocalSize(z, &n));
  PetscCall(VecGetArrayWrite(z, &values));
  std::fill_n(values, n, std::numeric_limits<PetscReal>::quiet_NaN());
  PetscCall(VecRestoreArrayWrite(z, &values));
  PetscFunctionReturn(0);
}

/* After the iteration: whether any rank has had an error; the first of those tells. The arm is built anew when it plays
   next. */
PetscErrorCode PCBanditAgree_Private(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscMPIInt first = bandit->raised ? bandit->rank : bandit->ranks;

  PetscFunctionBegin;
  if (bandit->ranks > 1)
    PetscCallMPI(
        MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  bandit->raised = first < bandit->ranks;
  if (!bandit->raised)
    PetscFunctionReturn(0);
  PetscCall(PCBanditShareMessage_Private(pc, first));
  PCBanditTell_Private(bandit, static_cast<std::size_t>(bandit->play.arm));
  PetscCall(PetscInfo(pc, "arm %d raised an error: %s\n", static_cast<int>(bandit->play.arm), bandit->message.data()));
  pc->failedreason = PC_NOERROR;
  bandit->playing = nullptr;
  PetscCall(PCBanditDiscard_Private(bandit, PCBanditSlot_Private(bandit, static_cast<std::size_t>(bandit->play.arm))));
  PetscFunctionReturn(0);
}
