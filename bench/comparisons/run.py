"""Runs cases and keeps what they gave: one JSON file a case, written after each of its runs, so that an interrupted
suite goes on where it was."""
from __future__ import annotations

import contextlib
import json
import math
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import cases, petsc_log

SCHEMA = "linnet.suite.case/1"
TIMED_OUT = 124  # of timeout(1)
# The limit of a run of all solvers, in limits of one of them.
LIMITS_OF_ALL = 3
GRACE = 15  # seconds between being asked to end and being killed


def write_atomically(path: pathlib.Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def say(text: str) -> None:
    print(f"suite: {text}", file=sys.stderr, flush=True)


class OutOfTime(Exception):
    """No further run may begin."""


class Runner:
    """Runs the programs of `build`; results go to `out`. `prefix`: words before each timed command. `limit`: seconds for
    a solver, a sequence, a simulation or a program; a run of all solvers has LIMITS_OF_ALL times as many. No run begins
    after `deadline`, of time.monotonic()."""

    def __init__(self, here: pathlib.Path, build: pathlib.Path, out: pathlib.Path, prefix: list[str], limit: float,
                 commit: str, machine: str, deadline: float = math.inf):
        self.here, self.build, self.out = here, build, out
        self.prefix, self.limit, self.deadline = prefix, limit, deadline
        self.about = {"commit": commit, "machine": machine}

    def result_file(self, case: cases.Case) -> pathlib.Path:
        return self.out / f"{case.name}.json"

    def finished_runs(self, case: cases.Case) -> list[dict]:
        """The runs of an earlier, perhaps interrupted, suite; none where the case has changed since."""
        try:
            record = json.loads(self.result_file(case).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        wanted = json.loads(json.dumps(case.definition()))
        return record["runs"] if record["schema"] == SCHEMA and record["definition"] == wanted else []

    def run_case(self, case: cases.Case, keep: bool = True) -> bool:
        """Runs what is not there yet and writes the case's file after each run. Returns whether anything was run;
        OutOfTime where a run is left over."""
        done = self.finished_runs(case) if keep else []
        missing = [run for run in case.runs if run.name not in {d["name"] for d in done}]
        if not missing:
            return False
        self.out.mkdir(parents=True, exist_ok=True)
        work = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=self.out))
        try:
            error = self.prepare(case, work)
            for run in missing:
                if time.monotonic() >= self.deadline:
                    raise OutOfTime
                done.append(self.failed(run, error) if error else self.run(run, work))
                self.write(case, done)
        finally:
            shutil.rmtree(work)
        return True

    def write(self, case: cases.Case, runs: list[dict]) -> None:
        record = {"schema": SCHEMA, "case": case.name, "group": case.group, "title": case.title, "facts": case.facts,
                  **self.about, "definition": case.definition(), "runs": runs}
        write_atomically(self.result_file(case), json.dumps(record, indent=1) + "\n")

    def prepare(self, case: cases.Case, work: pathlib.Path) -> str:
        """Makes the case's files; returns what went wrong."""
        for link in case.links:
            (work / pathlib.PurePosixPath(link).name).symlink_to(self.here / link)
        for arguments in case.prepare:
            done = subprocess.run([self.build / "linnet", *self.expand(arguments, work)], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0:
                return "making the system: " + last_line(done.stderr)
        return ""

    def expand(self, arguments: tuple[str, ...], work: pathlib.Path) -> list[str]:
        places = {"{work}": work, "{out}": self.out, "{here}": self.here, "{build}": self.build}
        words = []
        for word in arguments:
            for name, place in places.items():
                word = word.replace(name, str(place))
            words.append(word)
        return words

    def run(self, run: cases.Run, work: pathlib.Path) -> dict:
        limit = self.limit * (LIMITS_OF_ALL if run.solvers else 1)
        record = self.execute(run, self.expand(run.arguments, work), limit)
        if run.solvers and not record["result"]:
            say(f"  {run.name}: {record['error']}; each solver by itself")
            self.run_alone(run, work, record)
        return record

    def run_alone(self, run: cases.Run, work: pathlib.Path, record: dict) -> None:
        """After a run of all solvers that gave nothing: each in a process of its own; failures as runs that failed."""
        arguments = self.expand(run.arguments, work)
        place = arguments.index("--solvers") + 1
        found, matrix = [], ""
        for solver in run.solvers:
            one = self.execute(run, arguments[:place] + [solver] + arguments[place + 1:], self.limit)
            if one["result"]:
                matrix = one["result"]["matrix"]
                found += [r | {"alone": True} for r in one["result"]["runs"]]
            else:
                found.append({"solver": solver, "converged": False, "reason": one["error"], "alone": True})
        record["result"] = {"schema": "linnet.compare/1", "matrix": matrix, "runs": found}

    def execute(self, run: cases.Run, arguments: list[str], limit: float) -> dict:
        """One process; its standard output is JSON, the log of a PETSc program, or nothing."""
        program = [str(self.build / run.program), *arguments]
        launcher = ["mpiexec", "--oversubscribe", "--bind-to", "none", "-n", str(run.ranks)] if run.ranks > 1 else []
        command = [*self.prefix, "timeout", "--foreground", "-k", str(GRACE), f"{limit:g}", *launcher, *program]
        environment = dict(os.environ, OMP_NUM_THREADS=str(run.threads), OMPI_ALLOW_RUN_AS_ROOT="1",
                           OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        begin = time.monotonic()
        status, output, messages = run_process(command, environment)
        output = output.replace(f"{self.here}/", "")
        record = {"name": run.name, "ranks": run.ranks, "threads": run.threads,
                  "command": shlex.join(self.portable(launcher + program)), "status": status,
                  "seconds": round(time.monotonic() - begin, 3), "error": "", "result": None}
        try:
            record["result"] = json.loads(output)
        except json.JSONDecodeError:
            record["result"] = petsc_log.read(output) if status == 0 else None
        if record["result"] and "context" in record["result"]:
            record["result"]["context"].pop("host_name", None)
        if not record["result"]:
            why = (petsc_log.error(messages) or last_line(messages)).replace(f"{self.here}/", "")
            record["error"] = f"stopped after {limit:g} s" if status == TIMED_OUT else f"exit status {status}: {why}"
        return record

    def failed(self, run: cases.Run, error: str) -> dict:
        return {"name": run.name, "ranks": run.ranks, "threads": run.threads, "command": "", "status": -1, "seconds": 0,
                "error": error, "result": None}

    def portable(self, command: list[str]) -> list[str]:
        """The command as typed in the repository's root."""
        return [word.replace(str(self.here) + "/", "") for word in command]


def run_process(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Exit status, standard output and error. Whatever interrupts it ends the process and those below it too."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          start_new_session=True) as process:
        try:
            output, messages = process.communicate()
        except BaseException:
            process.terminate()  # timeout(1) hands it on; mpiexec ends its ranks on the first, and none on a second
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output, messages


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
