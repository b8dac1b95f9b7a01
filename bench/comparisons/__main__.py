"""python3 -m comparisons: runs the cases, writes the summary and the plots. bench/suite builds first and then calls it."""
from __future__ import annotations

import argparse
import fnmatch
import json
import math
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

from . import archive, cases, machine, plots, results, run, summary

HERE = pathlib.Path(__file__).resolve().parents[2]
# Images above this many bytes stay in the output folder.
LARGEST_PUBLISHED = 150_000
UNFINISHED = 4  # exit status


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sh bench/suite", description="Compares all solvers; results in build/suite, one JSON file a case, with "
        "summary.md and plots. Interrupted, it goes on where it was.")
    parser.add_argument("--quick", action="store_true", help="the cases that take minutes together")
    parser.add_argument("--only", action="append", metavar="CASE", default=[],
                        help="cases by name, * and ? allowed; may be repeated")
    parser.add_argument("--fresh", action="store_true", help="run finished cases again")
    parser.add_argument("--list", action="store_true", help="print the cases and run nothing")
    parser.add_argument("--report", action="store_true", help="run nothing: summary and plots of what is there")
    parser.add_argument("--publish", action="store_true", help="also write bench/RESULTS.md and bench/results, with all records in records.json.xz")
    parser.add_argument("--records", metavar="FILE", type=pathlib.Path,
                        help="go on from the records of an earlier run too, as --publish writes them")
    parser.add_argument("--prefix", metavar="WORDS", default="",
                        help="put before each timed command, such as 'nice -n -5' or 'taskset -c 0,1'")
    parser.add_argument("--limit", metavar="SECONDS", type=float,
                        help="for a solver (all solvers of a case: three times as long); 60 with --quick, else 600")
    parser.add_argument("--for", dest="seconds", metavar="SECONDS", type=float, default=math.inf,
                        help="begin no run after this long; the same command goes on from there")
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "build", help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the results (suite in that of the programs)")
    options = parser.parse_args(words)
    if options.limit is None:
        options.limit = 60 if options.quick else 600
    if options.limit <= 0:
        parser.error(f"--limit: expected a positive number of seconds, found {options.limit:g}")
    options.build = options.build.resolve()
    options.out = (options.out or options.build / "suite").resolve()
    return options


def chosen(options: argparse.Namespace) -> list[cases.Case]:
    """The cases that the options name; those of --quick unless --only or the whole suite is wanted."""
    every = cases.all_cases(HERE)
    if options.only:
        for pattern in options.only:
            if not any(fnmatch.fnmatchcase(case.name, pattern) for case in every):
                sys.exit(f"suite: --only: expected the name of a case (see --list), found '{pattern}'")
        every = [c for c in every if any(fnmatch.fnmatchcase(c.name, pattern) for pattern in options.only)]
    return [c for c in every if c.quick] if options.quick else every


def run_all(options: argparse.Namespace, wanted: list[cases.Case]) -> bool:
    """Whether all of them are finished."""
    if not (options.build / "linnet").exists():
        sys.exit(f"suite: {options.build / 'linnet'}: expected the program there; sh bench/suite builds it")
    begin = time.monotonic()
    runner = run.Runner(HERE, options.build, options.out, shlex.split(options.prefix), options.limit,
                        machine.commit(HERE), machine.name(), begin + options.seconds)
    for number, case in enumerate(wanted, 1):
        run.say(f"{number} of {len(wanted)}, {time.monotonic() - begin:.0f} s: {case.name}")
        try:
            if not runner.run_case(case, keep=not options.fresh):
                run.say("  finished before")
        except run.OutOfTime:
            run.say(f"{options.seconds:g} s are over; the same command goes on from here")
            return False
    return True


def report(options: argparse.Namespace) -> None:
    """summary.md and the plots, and with --publish their copies under bench/."""
    records = results.read_cases(options.out)
    if not records:
        sys.exit(f"suite: {options.out}: expected results of cases, found none")
    facts = options.out / "machine.json"
    if not options.report or not facts.exists():
        about = machine.describe(HERE, options.build)
        about |= {"command": "sh bench/suite" + (" --quick" if options.quick else ""), "cases": len(cases.all_cases(HERE))}
        run.write_atomically(facts, json.dumps(about, indent=1) + "\n")
    about = json.loads(facts.read_text(encoding="utf-8"))
    images = plots.draw_all(records, options.out)
    if (options.out / "plume.png").exists():
        images.insert(0, ("plume.png", "Density of a buoyant plume past a moving ball"))
    run.write_atomically(options.out / "summary.md", summary.markdown(records, about, images, ""))
    if options.publish:
        folder = HERE / "bench" / "results"
        folder.mkdir(exist_ok=True)
        small = [image for image in images if (options.out / image[0]).stat().st_size <= LARGEST_PUBLISHED]
        for name, _ in small:
            shutil.copyfile(options.out / name, folder / name)
        archive.write(records, folder / "records.json.xz")
        run.write_atomically(HERE / "bench" / "RESULTS.md", summary.markdown(records, about, small, "results/"))
    run.say(f"wrote {options.out / 'summary.md'}")


def main(words: list[str]) -> int:
    options = parse(words)
    wanted = chosen(options)
    if options.list:
        print("".join(f"{case.name:40} {'quick ' if case.quick else '      '}{case.group}: {case.title}\n"
                      for case in wanted), end="")
        return 0
    if options.records:
        run.say(f"{archive.unpack(options.records, options.out)} cases from {options.records}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what is run, too
    complete = True
    try:
        if not options.report:
            complete = run_all(options, wanted)
        report(options)
    except KeyboardInterrupt:
        run.say("interrupted; the same command goes on from here")
        return 130
    except subprocess.CalledProcessError as error:
        run.say(f"gnuplot: {run.last_line(error.stderr)}")
        return 1
    return 0 if complete else UNFINISHED


sys.exit(main(sys.argv[1:]))
