// Conjugate gradients around PCLATTICEMG, fused with its cycle.
#include "lattice/guarded.hpp"
#include "latticemg.hpp"

/* What stands against it, or nothing. */
static PetscErrorCode PCLatticeMGDecline_Private(PC pc, const char** why) {
  const PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);
  PetscObjectState values;

  PetscFunctionBegin;
  *why = "";
  PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->mat), &values));
  if (pc->mat != pc->pmat || values != mg->values)
    *why = "the preconditioner is of other values of the matrix";
  if (mg->multigrid.raised_finest())
    *why = "rows of the matrix sum to less than zero, and its grid is solved directly";
  PetscFunctionReturn(0);
}

/* The verdict on the guess where rows that fix their unknown are not symmetric: the iteration knows their unknowns, and
   so another residual than that of the guess. */
static PetscErrorCode PCLatticeMGJudgeGuess_Private(PC pc, linnet::FusedCG* cg) {
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);
  PetscReal norm;
  Vec r = cg->b;

  PetscFunctionBegin;
  if (!cg->guess_zero) {
    r = mg->symmetrised;
    PetscCall(MatMult(pc->mat, cg->x, r));
    PetscCall(VecAYPX(r, -1, cg->b));
  }
  PetscCall(VecNorm(r, NORM_2, &norm));
  cg->copy_iterate = [cg](Vec v) { return cg->guess_zero ? VecZeroEntries(v) : VecCopy(cg->x, v); };
  if (cg->judge(0, norm, 0) != linnet::Verdict::iterate) {
    cg->end = linnet::OuterEnd::stopped;
    if (cg->guess_zero)
      PetscCall(VecZeroEntries(cg->x));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PCFusedCG_LatticeMG(PC pc, linnet::FusedCG* cg) {
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);
  linnet::latticemg::Multigrid::Outer outer{};
  const linnet::latticemg::CycleOptions options = PCLatticeMGOptions_Private(mg);
  const PetscScalar* b;
  PetscScalar* x;
  PetscInt iterations = 0;
  Vec right;

  PetscFunctionBegin;
  PetscCall(PCLatticeMGDecline_Private(pc, &cg->why));
  if (*cg->why)
    PetscFunctionReturn(0);
  if (mg->fixed)
    PetscCall(PCLatticeMGJudgeGuess_Private(pc, cg));
  if (cg->end == linnet::OuterEnd::stopped)
    PetscFunctionReturn(0);
  PetscCall(PetscLogEventBegin(PC_LatticeMG_CG, pc, cg->b, cg->x, nullptr));
  PetscCall(PCLatticeMGSymmetrise_Private(mg, cg->b, &right));
  PetscCall(VecGetArrayRead(right, &b));
  PetscCall(VecGetArray(cg->x, &x));
  if (mg->active_ranks > 0) {
    outer.b = mg->exchange.pieces(b, &mg->b_of_others);
    mg->exchange.receive(b, &mg->b_of_others);
    outer.x = mg->exchange.pieces(x, &mg->x_of_others);
    if (!cg->guess_zero)
      mg->exchange.receive(x, &mg->x_of_others);
  } else {
    PetscInt rows;

    PetscCall(VecGetLocalSize(cg->b, &rows));
    outer.b = {b, rows};
    outer.x = {x, rows};
  }
  if (mg->row_factors && mg->least_factor < 1) {
    outer.row_factors =
        mg->active_ranks > 0 ? mg->slab_factors.data() : mg->placement.coefficients().row_factors.data();
    outer.least_factor = mg->least_factor;
  }
  cg->rounded = mg->placement.coefficients().rounded;
  outer.guess_judged = mg->fixed != nullptr;
  outer.guess_zero = cg->guess_zero;
  outer.recompute = cg->recompute;
  outer.judge = [&](int its, double norm, double doubt) {
    iterations = its;
    return cg->judge(its, norm, doubt);
  };
  outer.likely_last = cg->likely_last;
  cg->copy_iterate = [&](Vec v) {
    PetscScalar* to;

    PetscFunctionBegin;
    PetscCall(VecGetArrayWrite(v, &to));
    if (mg->active_ranks > 0) {
      mg->multigrid.copy_iterate(outer, mg->exchange.pieces(to, &mg->x_of_others)); /* the guess there has been read */
      mg->exchange.give_back(mg->x_of_others, to);
    } else {
      mg->multigrid.copy_iterate(outer, {to, outer.x.rows()});
    }
    PetscCall(VecRestoreArrayWrite(v, &to));
    PetscFunctionReturn(0);
  };
  const PetscErrorCode ierr = linnet::Guarded([&] {
    cg->end = mg->multigrid.solve(options, outer);
    if (mg->active_ranks > 0 && cg->end != linnet::OuterEnd::declined)
      mg->exchange.give_back(mg->x_of_others, x);
    return PetscErrorCode{0};
  });
  PetscCall(VecRestoreArray(cg->x, &x));
  PetscCall(VecRestoreArrayRead(right, &b));
  PetscCall(ierr);
  if (cg->end == linnet::OuterEnd::declined)
    cg->why = "the right-hand side is zero, or it or the guess is not finite";
  PetscCall(PetscLogFlops(iterations * mg->multigrid.outer_flops(options)));
  PetscCall(PetscLogEventEnd(PC_LatticeMG_CG, pc, cg->b, cg->x, nullptr));
  PetscFunctionReturn(0);
}
