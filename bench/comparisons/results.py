"""What the case files say, as the tables and plots want it."""
from __future__ import annotations

import dataclasses
import json
import math
import pathlib

from . import run

GROUPS = ("pressure", "matrices", "sequences", "smoke", "programs", "kernels")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One solver in one run: the fastest of its repeats that converged, or a failure."""

    iterations: int = 0
    setup: float = 0
    solve: float = 0
    total: float = math.inf
    residual: float = math.nan
    reason: str = ""
    memory: float = math.nan
    converged: bool = False


def read_cases(out: pathlib.Path) -> list[dict]:
    """The records of a folder, ordered by group, size and name."""
    records = []
    for path in out.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.get("schema") == run.SCHEMA:
            records.append(record)
    return sorted(records, key=lambda r: (GROUPS.index(r["group"]), r["facts"].get("dimension", 0),
                                          r["facts"].get("cells", 0), r["case"]))


def entry_of(found: dict) -> Entry:
    """From one object of `linnet compare --json`."""
    if not found["converged"]:
        error = found.get("pc_details", {}).get("error", "")
        return Entry(reason=error or found["reason"], iterations=found.get("iterations", 0))
    return Entry(found["iterations"], found["setup_seconds"], found["solve_seconds"], found["total_seconds"],
                 found["relative_residual"], found["reason"], found["peak_memory_bytes"], True)


def entries(one: dict) -> dict[str, Entry]:
    """Solver to its entry, in the order of the run. Empty for a run without a result."""
    best: dict[str, Entry] = {}
    for found in (one["result"] or {}).get("runs", []):
        entry = entry_of(found)
        if found["solver"] not in best or entry.total < best[found["solver"]].total:
            best[found["solver"]] = entry
    return best


def shapes(record: dict) -> dict[str, dict[str, Entry]]:
    """"1x2" and the like to the entries of that run; not the run that draws a history."""
    return {one["name"]: entries(one) for one in record["runs"] if one["name"] != "history"}


def fastest(record: dict) -> dict[str, Entry]:
    """Each solver in the better of its shapes."""
    best: dict[str, Entry] = {}
    for of_shape in shapes(record).values():
        for solver, entry in of_shape.items():
            if solver not in best or entry.total < best[solver].total:
                best[solver] = entry
    return best


def solvers_of(records: list[dict]) -> list[str]:
    """All solvers, in the order in which they first appear."""
    names: dict[str, None] = {}
    for record in records:
        for of_shape in shapes(record).values():
            names.update(dict.fromkeys(of_shape))
    return list(names)


def costs(records: list[dict]) -> dict[str, dict[str, float]]:
    """Seconds of setup and solve of each solver in the better of its shapes, by case; infinite for failures."""
    return {r["case"]: {solver: entry.total for solver, entry in fastest(r).items()} for r in records}


def series(records: list[dict], dimension: int) -> list[dict]:
    """The systems of growing size that differ in nothing else."""
    wanted = {"dimension": dimension, "family": "blobs", "seed": 1, "rhs": "random", "variant": ""}
    return [r for r in records if all(r["facts"].get(key) == value for key, value in wanted.items())]
