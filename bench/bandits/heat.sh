#!/bin/sh
# Wall-clock of the heat equation's steps, setup included: the bandit beside fixed solvers, one after the other.
# Steps 250 to 750 are half a period of the coefficient: small and large alike.
#   sh bench/bandits/heat.sh [NX [FIRST [STEPS]]]
set -eu
linnet=$(dirname "$0")/../../build/linnet
nx=${1:-200} first=${2:-250} steps=${3:-500}
run() {
  name=$1
  shift
  printf '%-24s' "$name"
  "$linnet" sequence heat --nx "$nx" --first "$first" --steps "$steps" --hindsight 0 "$@" |
    awk '/^average iterations/ { its = $3 } /^seconds/ { s = $2 } /^learner/ { l = $2 }
         END { printf "%8s iterations %9s seconds%s\n", its, s, l == "" ? "" : "  (of which learner " l ")" }'
}
echo "heat, $nx x $nx unknowns, steps $first to $((first + steps))"
run "bandit, sor_omega" -pc_bandit_cost iterations
run "cg" -pc_type none
run "cg+sor, omega = 1" -pc_type sor -mat_no_inode
run "cg+icc" -pc_type icc
run "cg+gamg" -pc_type gamg
sets="none; sor:1; sor:1.5; sor:1.8; icc"
[ -z "${SETS:-}" ] && exit
run "bandit, sets" -pc_bandit_arms "$sets" -pc_bandit_cost time
run "race, sets" -pc_bandit_arms "$sets" -pc_bandit_cost time -pc_bandit_policy race
