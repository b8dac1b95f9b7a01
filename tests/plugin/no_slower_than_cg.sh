#!/bin/sh
# no_slower_than_cg.sh LIBLINNET --prefix=PREFIX COMMAND...
# Runs an unmodified PETSc program with -PREFIXksp_type cg, then with dcd from LIBLINNET: every linear solve must end with
# the same reason, after as many iterations or fewer, and nothing may be left allocated or unused.
# (As many where the operator is symmetric; fewer where its Dirichlet rows are not and CG's recurrence is off.)
library=$1
prefix=${2#--prefix=}
shift 2
norm="-${prefix}ksp_norm_type unpreconditioned -${prefix}ksp_converged_reason"
# shellcheck disable=SC2086 # a list of options
cg=$("$@" "-${prefix}ksp_type" cg $norm 2>&1) || { printf '%s\n' "$cg" >&2; exit 1; }
# shellcheck disable=SC2086
dcd=$("$@" -dll_append "$library" "-${prefix}ksp_type" dcd $norm -options_left -malloc_dump 2>&1) ||
  { printf '%s\n' "$dcd" >&2; exit 1; }
solves=$(printf '%s\n' "$cg" | grep -E 'solve (converged|did not)')
found=$(printf '%s\n' "$dcd" | grep -E 'solve (converged|did not)')
[ -n "$solves" ] && { printf '%s\n' "$solves" && echo --- && printf '%s\n' "$found"; } | awk '
  /^---$/ { second = 1; next }
  { iterations = $NF; sub(/[0-9]+$/, ""); line = $0 }
  !second { reason[++expected] = line; limit[expected] = iterations; next }
  { solve++; if (line != reason[solve] || iterations > limit[solve]) wrong = 1 }
  END { exit wrong || solve != expected }' || {
  printf 'cg:\n%s\ndcd:\n%s\n' "$solves" "$dcd" >&2
  exit 1
}
if printf '%s\n' "$dcd" | grep -E '[0-9]] [0-9]+ bytes [A-Za-z0-9_]+\(\) at |Option left'; then
  echo "no_slower_than_cg.sh: memory or options left" >&2
  exit 1
fi
