#!/usr/bin/python3
"""Stands in for build/linnet: appends its command line to $FAKE_LOG and answers `compare` with one made-up run a solver.
A solver named cg+hangs never ends, nor does the $FAKE_HANGS_AT-th `compare`, which writes its process to $FAKE_LOG.hangs;
cg+crashes ends the process by a signal."""
import json
import os
import pathlib
import signal
import sys
import time

words = sys.argv[1:]
if os.environ.get("OMPI_COMM_WORLD_RANK", "0") != "0":
    sys.exit(0)
log = pathlib.Path(os.environ["FAKE_LOG"])
with log.open("a", encoding="utf-8") as lines:
    lines.write(" ".join(words) + "\n")
if words[0] == "generate":
    sys.exit(0)
solvers = words[words.index("--solvers") + 1].split(";")
again = words[words.index("--again") + 1] if "--again" in words else "0"
count = sum(line.startswith("compare") for line in log.read_text(encoding="utf-8").splitlines())
if count == int(os.environ.get("FAKE_HANGS_AT", "0")):
    pathlib.Path(f"{log}.hangs").write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)
if "cg+hangs" in solvers:
    time.sleep(600)
if "cg+crashes" in solvers:
    os.kill(os.getpid(), signal.SIGSEGV)
runs = [{"solver": s, "converged": True, "iterations": 7, "reason": "CONVERGED_RTOL", "relative_residual": 5e-7,
         "setup_seconds": 0.5, "solve_seconds": 1.0 / (1 + n), "total_seconds": 0.5 + 1.0 / (1 + n),
         "peak_memory_bytes": 2**20} for n, s in enumerate(solvers * (2 if float(again) > 1.5 else 1))]
print(json.dumps({"schema": "linnet.compare/1", "matrix": words[1], "runs": runs}))
