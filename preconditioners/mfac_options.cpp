// Parameters of PCMFAC: what sets them, options.
#include "enum_option.hpp"
#include "mfac.hpp"

const char* const PCMFACModeNames_Private[] = {"static", "window", "PCMFACMode", "PC_MFAC_", nullptr};
const char* const PCMFACSourceNames_Private[] = {"auto", "lrc", "rows", "gradients", "PCMFACSource", "PC_MFAC_SOURCE_",
                                                 nullptr};
const char* const PCMFACPrecisionNames_Private[] = {"f64",  "f32", "bf16", "PCMFACPrecision", "PC_MFAC_PRECISION_",
                                                    nullptr};

static PetscErrorCode PCMFACSetRank_MFAC(PC pc, PetscInt rank) {
  PetscFunctionBegin;
  PetscCheck(rank >= 1, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE, "The rank of mfac must be at least 1, not %" PetscInt_FMT,
             rank);
  PetscCheck(!PCMFACData_Private(pc)->window || PCMFACData_Private(pc)->taken != PC_MFAC_SOURCE_GRADIENTS ||
                 PCMFACData_Private(pc)->rank == rank,
             CommOf(pc), PETSC_ERR_ORDER, "mfac has gradients already: call PCReset() before another rank");
  if (PCMFACData_Private(pc)->rank != rank)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->rank = rank;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetRank_MFAC(PC pc, PetscInt* rank) {
  PetscFunctionBegin;
  *rank = PCMFACData_Private(pc)->rank;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACSetDamping_MFAC(PC pc, PetscReal damping) {
  PetscFunctionBegin;
  PetscCheck(damping > 0 && !PetscIsInfOrNanReal(damping), CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The damping of mfac must be above zero and finite, not %g", static_cast<double>(damping));
  PetscCheck(!PCMFACData_Private(pc)->window || PCMFACData_Private(pc)->taken != PC_MFAC_SOURCE_GRADIENTS ||
                 PCMFACData_Private(pc)->damping == damping,
             CommOf(pc), PETSC_ERR_ORDER, "mfac has gradients already: call PCReset() before another damping");
  if (PCMFACData_Private(pc)->damping != damping)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->damping = damping;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetDamping_MFAC(PC pc, PetscReal* damping) {
  PetscFunctionBegin;
  *damping = PCMFACData_Private(pc)->damping;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACSetMode_MFAC(PC pc, PCMFACMode mode) {
  PetscFunctionBegin;
  PetscCheck(mode == PC_MFAC_STATIC || mode == PC_MFAC_WINDOW, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The mode must be PC_MFAC_STATIC or PC_MFAC_WINDOW, not %d", static_cast<int>(mode));
  if (PCMFACData_Private(pc)->mode != mode)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->mode = mode;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetMode_MFAC(PC pc, PCMFACMode* mode) {
  PetscFunctionBegin;
  *mode = PCMFACData_Private(pc)->mode;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACSetSource_MFAC(PC pc, PCMFACSource source) {
  PetscFunctionBegin;
  PetscCheck(source >= PC_MFAC_SOURCE_AUTO && source <= PC_MFAC_SOURCE_GRADIENTS, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The source must be PC_MFAC_SOURCE_AUTO, _LRC, _ROWS or _GRADIENTS, not %d", static_cast<int>(source));
  PetscCheck(!PCMFACData_Private(pc)->window || PCMFACData_Private(pc)->taken != PC_MFAC_SOURCE_GRADIENTS ||
                 PCMFACData_Private(pc)->source == source,
             CommOf(pc), PETSC_ERR_ORDER, "mfac has gradients already: call PCReset() before another source");
  if (PCMFACData_Private(pc)->source != source)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->source = source;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetSource_MFAC(PC pc, PCMFACSource* source) {
  PetscFunctionBegin;
  *source = PCMFACData_Private(pc)->source;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACSetPrecision_MFAC(PC pc, PCMFACPrecision precision) {
  PetscFunctionBegin;
  PetscCheck(precision >= PC_MFAC_PRECISION_F64 && precision <= PC_MFAC_PRECISION_BF16, CommOf(pc),
             PETSC_ERR_ARG_OUTOFRANGE, "The precision must be PC_MFAC_PRECISION_F64, _F32 or _BF16, not %d",
             static_cast<int>(precision));
  PetscCheck(!PCMFACData_Private(pc)->window || PCMFACData_Private(pc)->taken != PC_MFAC_SOURCE_GRADIENTS ||
                 PCMFACData_Private(pc)->precision == precision,
             CommOf(pc), PETSC_ERR_ORDER, "mfac has gradients already: call PCReset() before another precision");
  if (PCMFACData_Private(pc)->precision != precision)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->precision = precision;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetPrecision_MFAC(PC pc, PCMFACPrecision* precision) {
  PetscFunctionBegin;
  *precision = PCMFACData_Private(pc)->precision;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACSetSeed_MFAC(PC pc, PetscInt seed) {
  PetscFunctionBegin;
  if (PCMFACData_Private(pc)->seed != seed)
    pc->setupcalled = PETSC_FALSE;
  PCMFACData_Private(pc)->seed = seed;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetSeed_MFAC(PC pc, PetscInt* seed) {
  PetscFunctionBegin;
  *seed = PCMFACData_Private(pc)->seed;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMFACGetRows_MFAC(PC pc, PetscInt* rows, PetscReal* damping, PetscBool* identity) {
  const PC_MFAC* mfac = PCMFACData_Private(pc);

  PetscFunctionBegin;
  if (rows)
    *rows = mfac->window ? static_cast<PetscInt>(mfac->window->present()) : mfac->primal ? mfac->primal_rows : 0;
  if (damping)
    *damping = mfac->used_damping;
  if (identity)
    *identity = mfac->none ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode PCMFACComposeFunctions_Private(PC pc, PetscBool compose) {
  PetscFunctionBegin;
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACSetRank_C", compose ? PCMFACSetRank_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetRank_C", compose ? PCMFACGetRank_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACSetDamping_C", compose ? PCMFACSetDamping_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetDamping_C", compose ? PCMFACGetDamping_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACSetMode_C", compose ? PCMFACSetMode_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetMode_C", compose ? PCMFACGetMode_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACSetSource_C", compose ? PCMFACSetSource_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetSource_C", compose ? PCMFACGetSource_MFAC : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCMFACSetPrecision_C", compose ? PCMFACSetPrecision_MFAC : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCMFACGetPrecision_C", compose ? PCMFACGetPrecision_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACSetSeed_C", compose ? PCMFACSetSeed_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetSeed_C", compose ? PCMFACGetSeed_MFAC : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCMFACAddGradient_C", compose ? PCMFACAddGradient_MFAC : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCMFACGetRows_C", compose ? PCMFACGetRows_MFAC : nullptr));
  PetscFunctionReturn(0);
}

PetscErrorCode PCSetFromOptions_MFAC(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscInt rank = mfac->rank, seed = mfac->seed;
  PetscReal damping = mfac->damping;
  PCMFACMode mode = mfac->mode;
  PCMFACSource source = mfac->source;
  PCMFACPrecision precision = mfac->precision;
  PetscBool set;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "M-FAC options");
  PetscCall(EnumOption(PetscOptionsObject, "-pc_mfac_source", "Where rows come from", "PCMFACSetSource",
                       PCMFACSourceNames_Private, &source, &set));
  if (set)
    PetscCall(PCMFACSetSource(pc, source));
  PetscCall(PetscOptionsInt("-pc_mfac_rank", "Rows that are sampled, or gradients that are kept", "PCMFACSetRank", rank,
                            &rank, &set));
  if (set)
    PetscCall(PCMFACSetRank(pc, rank));
  PetscCall(
      PetscOptionsReal("-pc_mfac_damping", "Multiple of the identity", "PCMFACSetDamping", damping, &damping, &set));
  if (set)
    PetscCall(PCMFACSetDamping(pc, damping));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_mfac_mode", "What becomes of more gradients", "PCMFACSetMode",
                       PCMFACModeNames_Private, &mode, &set));
  if (set)
    PetscCall(PCMFACSetMode(pc, mode));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_mfac_precision", "How rows are stored", "PCMFACSetPrecision",
                       PCMFACPrecisionNames_Private, &precision, &set));
  if (set)
    PetscCall(PCMFACSetPrecision(pc, precision));
  PetscCall(PetscOptionsInt("-pc_mfac_seed", "Seed of the rows that are sampled", "PCMFACSetSeed", seed, &seed, &set));
  if (set)
    PetscCall(PCMFACSetSeed(pc, seed));
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}
