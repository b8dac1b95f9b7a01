"""bench/comparisons: what it keeps, how it goes on after an interruption, and its summary.
PYTHONPATH=bench /usr/bin/python3 tests/suite/suite_test.py BUILD_FOLDER"""
import json
import lzma
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from comparisons import archive, cases, petsc_log, plots, profile, results, run, summary

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(sys.argv.pop()) if len(sys.argv) > 1 else ROOT / "build"
RECORDED = HERE / "recorded"


def stripped(value):
    """Without what changes from run to run: seconds, memory, digits of residuals."""
    if isinstance(value, dict):
        return {k: None if k.endswith(("seconds", "_bytes", "residual")) else stripped(v) for k, v in value.items()}
    return [stripped(v) for v in value] if isinstance(value, list) else value


class WithFake(unittest.TestCase):
    """A folder of programs that holds the stand-in alone."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.build, self.log, self.out = self.folder / "build", self.folder / "log", self.folder / "out"
        self.build.mkdir()
        shutil.copy(HERE / "fake_linnet.py", self.build / "linnet")
        (self.build / "linnet").chmod(0o755)
        os.environ["FAKE_LOG"] = str(self.log)

    def compares(self):
        return [line for line in self.log.read_text().splitlines() if line.startswith("compare")]

    def case(self, *solvers):
        one = cases.compare("1x2", 1, 2, ("A.mtx",), solvers)
        return cases.Case("tiny", "pressure", "tiny", (one,))

    def entries_of(self, case, limit=60.0):
        runner = run.Runner(ROOT, self.build, self.out, [], limit, "abc", "a machine")
        runner.run_case(case)
        return results.entries(json.loads(runner.result_file(case).read_text())["runs"][0])


class Interrupted(WithFake):
    """Two cases of two runs each."""

    COMMAND = [sys.executable, "-m", "comparisons", "--only", "3d-blobs-32-s1-ones", "--only", "3d-blobs-32-s1-point"]

    def suite(self, *more, **environment):
        command = [*self.COMMAND, "--build", str(self.build), "--out", str(self.out), *more]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | environment)

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_ends_what_it_runs_and_goes_on_with_the_first_run_that_has_no_result(self):
        hangs, first = self.folder / "log.hangs", self.out / "3d-blobs-32-s1-point.json"
        suite = self.suite(FAKE_HANGS_AT="2")
        self.wait_for(lambda: hangs.exists() and hangs.read_text())
        suite.send_signal(signal.SIGINT)
        self.assertEqual(suite.wait(), 130)
        self.wait_for(lambda: not pathlib.Path(f"/proc/{hangs.read_text()}/exe").exists())
        kept = json.loads(first.read_text())["runs"]
        self.assertEqual([one["name"] for one in kept], ["1x2"])

        self.assertEqual(self.suite().wait(), 0)
        self.assertEqual(len(self.compares()), 2 + 3)
        runs = json.loads(first.read_text())["runs"]
        self.assertEqual((runs[0], [one["name"] for one in runs]), (kept[0], ["1x2", "2x1"]))

    def test_begins_nothing_when_its_time_is_over(self):
        self.assertEqual(self.suite("--for", "0").wait(), 1)  # there is nothing to report
        self.assertFalse(any(self.out.glob("*.json")))

    def test_runs_nothing_that_is_finished_and_all_of_it_when_fresh(self):
        for more, expected in (([], 4), ([], 4), (["--fresh"], 8)):
            self.assertEqual(self.suite(*more).wait(), 0)
            self.assertEqual(len(self.compares()), expected, more)


    def test_goes_on_from_the_records_of_an_earlier_run(self):
        self.assertEqual(self.suite().wait(), 0)
        kept = results.read_cases(self.out)
        file = self.folder / "records.json.xz"
        archive.write(kept, file)
        shutil.rmtree(self.out)
        self.assertEqual(self.suite("--records", str(file)).wait(), 0)
        self.assertEqual(len(self.compares()), 4)
        self.assertEqual(results.read_cases(self.out), kept)

    def test_refuses_what_is_no_archive_of_records(self):
        for content in (b"", b"no archive", lzma.compress(b"[1]"), lzma.compress(b'[{"schema": "another"}]')):
            file = self.folder / "records.json.xz"
            file.write_bytes(content)
            with self.assertRaises(SystemExit) as refusal:
                archive.read(file)
            self.assertIn("expected an archive of records", str(refusal.exception))
            self.assertNotIn("\n", str(refusal.exception))


class Failures(WithFake):
    def test_a_changed_case_is_run_again(self):
        self.entries_of(self.case("cg+a"))
        self.assertEqual(list(self.entries_of(self.case("cg+b"))), ["cg+b"])

    def test_the_less_of_the_repeats_counts(self):
        found = self.entries_of(self.case("cg+a", "cg+b"))
        self.assertEqual([found[s].total for s in ("cg+a", "cg+b")], [0.5 + 1 / 3, 0.5 + 1 / 4])

    def test_a_crash_is_a_failure_of_that_solver_alone(self):
        found = self.entries_of(self.case("cg+a", "cg+crashes"))
        self.assertTrue(found["cg+a"].converged)
        self.assertFalse(found["cg+crashes"].converged)
        self.assertIn("exit status", found["cg+crashes"].reason)

    def test_a_solver_that_takes_too_long_is_a_failure_and_the_others_are_not(self):
        found = self.entries_of(self.case("cg+hangs", "cg+a"), limit=0.5)
        self.assertEqual(found["cg+hangs"].reason, "stopped after 0.5 s")
        self.assertTrue(found["cg+a"].converged)


class Profile(unittest.TestCase):
    """By hand: p1 takes A 1 s and B 2 s, p2 A 4 s and B 2 s, p3 fails with A and takes B 3 s; nothing solves p4."""

    COSTS = {"p1": {"A": 1, "B": 2}, "p2": {"A": 4, "B": 2}, "p3": {"A": math.inf, "B": 3}, "p4": {"A": math.inf}}

    def test_ratios(self):
        self.assertEqual(profile.ratios(self.COSTS), {"A": [1, 2, math.inf], "B": [1, 1, 2]})

    def test_steps_end_at_the_share_that_was_solved(self):
        self.assertEqual(profile.steps([1, 2, math.inf]), [(1, 0), (1, 1 / 3), (2, 2 / 3)])

    def test_geometric_mean_is_over_what_was_solved(self):
        self.assertAlmostEqual(profile.geometric_mean([1, 4, math.inf]), 2)


class PETScLog(unittest.TestCase):
    """Of a tutorial, with its log cut to the lines of the events, and of one that ended in an error."""

    TEXT = (RECORDED / "petsc_output.txt").read_text()

    def test_sums_the_solves_and_takes_the_seconds_of_the_events(self):
        found = petsc_log.read(self.TEXT)
        self.assertEqual((found["solves"], found["converged"], found["iterations"]), (3, True, 14 + 14 + 13))
        self.assertEqual([found[f"{what}_seconds"] for what in ("setup", "solve", "total")], [1.6553e-5, 5.658e-4, 4.989e-3])

    def test_tells_of_a_solve_that_failed(self):
        found = petsc_log.read(self.TEXT.replace("solve converged due to CONVERGED_RTOL", "solve did not converge due to "
                                                 "DIVERGED_ITS", 1))
        self.assertEqual((found["converged"], found["reason"]), (False, "DIVERGED_ITS"))

    def test_has_the_message_of_an_error(self):
        self.assertEqual(petsc_log.read("no log"), None)
        self.assertIn("latticemg refused: row ", petsc_log.error(self.TEXT))
        self.assertEqual(petsc_log.error("no error"), "")


class Golden(unittest.TestCase):
    def test_summary_of_recorded_results(self):
        machine = json.loads((RECORDED / "machine.json").read_text())
        text = summary.markdown(results.read_cases(RECORDED), machine, [("profile.svg", "a profile")], "results/")
        self.assertEqual(text, (HERE / "expected.md").read_text())

    def test_summary_names_each_machine(self):
        records = results.read_cases(RECORDED)
        records[0]["machine"] = "Another, 4 cores, 16 GiB"
        header = summary.header(json.loads((RECORDED / "machine.json").read_text()), records)
        self.assertIn("Machines: A processor (AVX2), 2 cores, 8 GiB (6 cases); Another, 4 cores, 16 GiB (1 cases). c++",
                      header)

    def test_every_plot_of_recorded_results_is_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            drawn = plots.draw_all(results.read_cases(RECORDED), pathlib.Path(folder))
            self.assertEqual([name for name, _ in drawn], ["profile.svg", "time-3d.svg", "iterations-3d.svg"])
            for name, _ in drawn:
                self.assertIn("</svg>", (pathlib.Path(folder) / name).read_text())

    def test_a_small_system_gives_the_recorded_case_but_for_times(self):
        grid = ("--grid", "6,5,4")
        system = ("{work}/s.mtx", "--rhs", "{work}/s.rhs.mtx", "--cells", "{work}/s.cells.mtx", *grid)
        one = cases.compare("1x1", 1, 1, system, ("cg+jacobi", "direct"))
        case = cases.Case("tiny", "pressure", "box", (one,), {"dimension": 3, "cells": 120},
                          (("generate", "poisson", *grid, "--out", "{work}/s"),))
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            runner = run.Runner(ROOT, BUILD, out, [], 60, "abc", "a machine")
            self.assertTrue(runner.run_case(case))
            text = runner.result_file(case).read_text()
            for place in (str(BUILD), *(str(p) for p in out.glob("work-*"))):
                text = text.replace(place, "")
            found = stripped(json.loads(text))
        found["runs"][0]["command"] = found["runs"][0]["result"]["matrix"] = None
        for solver in found["runs"][0]["result"]["runs"]:
            solver["matrix"] = None
        self.assertEqual(found, json.loads((HERE / "tiny.json").read_text()))


if __name__ == "__main__":
    unittest.main()
