"""Performance profiles (E. D. Dolan, J. J. More: Benchmarking optimization software with performance profiles,
Mathematical Programming 91, 2002)."""
from __future__ import annotations

import math

# cost[problem][solver]: positive; infinite for a failure. A solver that was not tried on a problem is not in its row.
Costs = dict[str, dict[str, float]]


def ratios(costs: Costs) -> dict[str, list[float]]:
    """For each solver, cost over the least cost of any solver, one a problem on which some solver succeeded; infinite
    where it failed or was not tried. Ascending."""
    solvers = sorted({solver for row in costs.values() for solver in row})
    rows = [row for row in costs.values() if any(math.isfinite(cost) for cost in row.values())]
    return {solver: sorted(row.get(solver, math.inf) / min(row.values()) for row in rows) for solver in solvers}


def steps(of_solver: list[float]) -> list[tuple[float, float]]:
    """The corners (tau, share of problems with a ratio of at most tau) of one solver's profile, from tau = 1 on."""
    points = [(1.0, 0.0)]
    for count, ratio in enumerate(of_solver, 1):
        if math.isfinite(ratio):
            points.append((ratio, count / len(of_solver)))
    return points


def geometric_mean(of_solver: list[float]) -> float:
    """Of the finite ratios; not a number where there are none."""
    logs = [math.log(ratio) for ratio in of_solver if math.isfinite(ratio)]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan
