#!/bin/sh
# Whole preconditioners as arms where the best one changes half-way: the heat equation's coefficient is at most 0.1 in its
# first 500 steps and up to 10 in the next 500. Cost: work, floating point operations as PETSc logs them, the same in every
# run; or time, seconds with setup.
#   sh bench/bandits/halfway.sh [NX [SEEDS [work|time]]]
set -eu
linnet=$(dirname "$0")/../../build/linnet
nx=${1:-60} seeds=${2:-3} cost=${3:-work}
case $cost in
work) unit=gigaflop scale=1e9 ;;
*) unit=seconds scale=1 ;;
esac
sets="none; jacobi; sor:1; sor:1.5; sor:1.8; icc; gamg"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  name=$1
  shift
  "$linnet" sequence heat --nx "$nx" --steps 1000 --hindsight 0 -pc_bandit_arms "$sets" -pc_bandit_cost "$cost" \
    -pc_bandit_log "$log" "$@" >/dev/null
  awk -F, -v name="$name" -v unit=$unit -v scale=$scale 'NR > 1 { half[NR > 501] += $6 / scale }
    END { printf "%-24s %8.3f = %7.3f + %7.3f  %s\n", name, half[0] + half[1], half[0], half[1], unit }' "$log"
}
echo "heat, $nx x $nx unknowns, 1000 steps: all = first half + second half"
arm=0
IFS=';'
for set in $sets; do
  run "$(echo "$set" | sed 's/^ *//')" -pc_bandit_policy fixed -pc_bandit_safe $arm
  arm=$((arm + 1))
done
unset IFS
for seed in $(seq 1 "$seeds"); do
  run "bandit, seed $seed" -pc_bandit_seed "$seed"
  run "no context, seed $seed" -pc_bandit_seed "$seed" -pc_bandit_context none
done
run "race" -pc_bandit_policy race
