#!/bin/sh
# same_as_cg.sh LIBLINNET --prefix=PREFIX COMMAND...
# Runs an unmodified PETSc program with -PREFIXksp_type cg, then with dcd from LIBLINNET: every linear solve must end with
# the same reason after the same number of iterations, and nothing may be left allocated or unused.
library=$1
prefix=${2#--prefix=}
shift 2
norm="-${prefix}ksp_norm_type unpreconditioned -${prefix}ksp_converged_reason"
# shellcheck disable=SC2086 # a list of options
cg=$("$@" "-${prefix}ksp_type" cg $norm 2>&1) || { printf '%s\n' "$cg" >&2; exit 1; }
# shellcheck disable=SC2086
dcd=$("$@" -dll_append "$library" "-${prefix}ksp_type" dcd $norm -options_left -malloc_debug -malloc_dump 2>&1) ||
  { printf '%s\n' "$dcd" >&2; exit 1; }
solves=$(printf '%s\n' "$cg" | grep -E 'solve (converged|did not)')
found=$(printf '%s\n' "$dcd" | grep -E 'solve (converged|did not)')
if [ -z "$solves" ] || [ "$solves" != "$found" ]; then
  printf 'cg:\n%s\ndcd:\n%s\n' "$solves" "$dcd" >&2
  exit 1
fi
if printf '%s\n' "$dcd" | grep -E 'Total space allocated|Option left'; then
  echo "same_as_cg.sh: memory or options left" >&2
  exit 1
fi
