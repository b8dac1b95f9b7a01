"""What a program that knows nothing of linnet tells of its solves: -ksp_converged_reason and -log_view."""
from __future__ import annotations

import re

SCHEMA = "linnet.suite.program/1"
OPTIONS = ("-ksp_converged_reason", "-log_view")
SOLVE = re.compile(r"^ *Linear .*solve (converged|did not converge) due to (\w+) iterations (\d+)", re.MULTILINE)
WHOLE = re.compile(r"^Time \(sec\): +(\S+)", re.MULTILINE)


ERROR = re.compile(r"PETSC ERROR: -+ Error Message -+\n\S*PETSC ERROR: (.*)\n\S*PETSC ERROR: (.*)")


def error(text: str) -> str:
    """The message of PETSc's first error; empty where there is none."""
    found = ERROR.search(text)
    return found.group(2) if found else ""


def event_seconds(text: str, event: str) -> float:
    """The most of any rank: name, count, ratio of counts, seconds."""
    found = re.search(rf"^{event} +\d+ \S+ +(\S+)", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def read(text: str) -> dict | None:
    """The solves and seconds of a program's output; nothing where it has no log."""
    whole, solves = WHOLE.search(text), SOLVE.findall(text)
    if not whole or not solves:
        return None
    failed = [reason for how, reason, _ in solves if how != "converged"]
    return {"schema": SCHEMA, "solves": len(solves), "converged": not failed, "reason": failed[0] if failed else "",
            "iterations": sum(int(n) for _, _, n in solves), "setup_seconds": event_seconds(text, "PCSetUp"),
            "solve_seconds": event_seconds(text, "KSPSolve"), "total_seconds": float(whole.group(1))}
