"""same_solution.py LIBLINNET [OPTION...] -- COMMAND...

Runs a PETSc program that knows nothing of LIBLINNET on one rank with a solver of PETSc's own (--reference, a direct one),
then as COMMAND with dcd and each preconditioner of --pc (latticemg,cnn,hybrid), selected by options alone. Each must say that
every linear solve converged, in --iterations=N at most, and give the solution of the reference:

  ||x - x_reference|| <= T ||x_reference||

--view is the program's own way of writing x; with --sorted, where rows are numbered differently on other ranks, the
values of x are compared in ascending order. With --cnn=REGEX, or --hybrid=REGEX (cnn with the model of that name), that
one must hand over to its fallback and say why in one line that REGEX matches; without, it must say nothing.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

VEC_CLASSID = 1211214
TYPES = {"hybrid": "-pc_type cnn -pc_cnn_model hybrid"}
DIRECT = "-ksp_type preonly -pc_type lu"
CONVERGED = re.compile(r"Linear .*solve (converged|did not converge) due to (\w+) iterations (\d+)")
# mpiexec forwards two streams: a line of one may come between the indentation and the text of a line of the other.
FALLBACK = re.compile(r"^ *(cnn: .* is used instead)", re.MULTILINE)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--view", default="-ksp_view_solution")
    parser.add_argument("--tolerance", type=float, default=1e-7)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--pc", default="latticemg,cnn,hybrid")
    parser.add_argument("--sorted", action="store_true")
    parser.add_argument("--cnn", default="")
    parser.add_argument("--hybrid", default="")
    parser.add_argument("--reference", default=DIRECT)
    at = words.index("--")
    options = parser.parse_args(words[:at])
    options.command = words[at + 1:]
    return options


def vector(path: pathlib.Path) -> numpy.ndarray:
    """The last vector of a PETSc binary file: big-endian class id and length in 32 bits, then values in 64."""
    data = path.read_bytes()
    values = numpy.empty(0)
    while data:
        kind, n = numpy.frombuffer(data, ">i4", 2)
        if kind != VEC_CLASSID:
            sys.exit(f"same_solution.py: {path}: expected a PETSc vector (class id {VEC_CLASSID}), found class id {kind}")
        values = numpy.frombuffer(data, ">f8", n, 8)
        data = data[8 + 8 * n:]
    return values.astype(float)


def solve(command: list[str], view: str, solver: str) -> tuple[numpy.ndarray, str]:
    """The solution and all that was said."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "x"
        words = [*command, *solver.split(), view, f"binary:{file}", "-viewer_binary_skip_info"]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0 or not file.exists():
            sys.exit(f"{done.stdout}\nsame_solution.py: {' '.join(words)}: exit status {done.returncode}, "
                     f"{'a' if file.exists() else 'no'} solution; expected 0 and one")
        return vector(file), done.stdout


def complaints(pc: str, said: str, options: argparse.Namespace) -> list[str]:
    """What is wrong with the solves that the program tells of."""
    solves = CONVERGED.findall(said)
    found = [f"no linear solve told of, with {pc}"] if not solves else []
    for how, reason, iterations in solves:
        if how != "converged" or int(iterations) > options.iterations:
            found.append(f"{reason} after {iterations} iterations with {pc}, expected convergence within {options.iterations}")
    fallbacks = len(set(FALLBACK.findall(said)))  # once for a solver
    why = {"cnn": options.cnn, "hybrid": options.hybrid}.get(pc, "")
    expected = 1 if why else 0
    if fallbacks != expected or (expected and not re.search(why, said)):
        found.append(f"{fallbacks} lines of a fallback with {pc}, expected {expected} that say: {why}")
    return found


def main(words: list[str]) -> int:
    options = parse(words)
    program = options.command
    if "-n" in program:  # mpiexec ... -n RANKS PROGRAM
        program = program[program.index("-n") + 2:]
    expected, _ = solve(program, options.view, options.reference)
    wrong = 0
    if options.sorted:
        expected.sort()
    for pc in options.pc.split(","):
        command = [*options.command, "-dll_append", options.library]
        found, said = solve(command, options.view, f"-ksp_type dcd {TYPES.get(pc, '-pc_type ' + pc)} -ksp_converged_reason")
        if options.sorted:
            found.sort()
        difference = numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected)
        problems = complaints(pc, said, options)
        if not difference <= options.tolerance:
            problems.append(f"solution differs by {difference:.1e} with {pc}, expected {options.tolerance:g} at most")
        iterations = [int(n) for _, _, n in CONVERGED.findall(said)]
        print(f"{pc}: iterations {iterations}, solution differs by {difference:.1e}")
        for problem in problems:
            print(f"{said}\nsame_solution.py: {problem}")
        wrong += len(problems)
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))
