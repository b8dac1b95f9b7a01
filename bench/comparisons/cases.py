"""What the suite runs. A case is one system, sequence, simulation or benchmark program and the runs that are made of it."""
from __future__ import annotations

import dataclasses
import pathlib

from . import petsc_log

# cg+hypre is BoomerAMG as `linnet compare` tunes it for pressure systems: HMIS, ext+i, 4 entries a row, threshold 0.5.
HYBRID = "dcd+cnn[-pc_cnn_model hybrid]"
GRID_SOLVERS = ("dcd+cnn", "dcd+latticemg", "cg+latticemg", HYBRID, "cg+icc", "cg+gamg", "cg+hypre", "cg+ml")
GENERAL_SOLVERS = ("direct", "dcd+icc", "cg+icc", "cg+jacobi", "cg+sor", "cg+gamg", "cg+hypre", "cg+ml")
HISTORY_SOLVERS = ("dcd+cnn", "dcd+latticemg", HYBRID, "cg+icc", "cg+gamg", "cg+hypre")
# A solver that takes less, setup and solve, is run twice.
QUICK_SECONDS = 2.0
# Ranks x threads: both take two cores.
SHAPES = ((1, 2), (2, 1))
FAMILIES = ("box", "sphere", "blobs", "maze", "pipes", "dam", "gyroid", "grains", "plates", "drops")
# Options of `linnet generate poisson`, and what they are called in tables.
VARIANTS = {
    "neumann": ("closed on all sides, singular", ("--walls", "all", "--isolated", "keep")),
    "periodic": ("periodic along x", ("--periodic", "x")),
    "jump": ("coefficients that jump by 10,000", ("--jump", "10000")),
    "shift": ("shift 0.5 on the diagonal", ("--shift", "0.5")),
    "stretched": ("cells of 1 x 12 x 1", ("--spacing", "1,12,1")),
}
# The same for programs other than `linnet compare`.
BOOMERAMG = ("-pc_hypre_boomeramg_relax_type_all", "symmetric-SOR/Jacobi", "-pc_hypre_boomeramg_coarsen_type", "HMIS",
             "-pc_hypre_boomeramg_interp_type", "ext+i", "-pc_hypre_boomeramg_P_max", "4",
             "-pc_hypre_boomeramg_strong_threshold", "0.5", "-pc_hypre_boomeramg_agg_nl", "1")
# The solvers by options of PETSc; icc of the rows of each rank.
OPTIONS_OF = {"dcd+cnn": ("-ksp_type", "dcd", "-pc_type", "cnn"),
              "dcd+latticemg": ("-ksp_type", "dcd", "-pc_type", "latticemg"),
              "cg+icc": ("-ksp_type", "cg", "-pc_type", "bjacobi", "-sub_pc_type", "icc"),
              "cg+gamg": ("-ksp_type", "cg", "-pc_type", "gamg"),
              "cg+hypre": ("-ksp_type", "cg", "-pc_type", "hypre", *BOOMERAMG)}
ARMS = "jacobi; sor:1; sor:1.5; icc; gamg; hypre"


@dataclasses.dataclass(frozen=True)
class Run:
    """One process on `ranks` ranks of `threads` threads. In arguments, {work} is the case's own folder of files that
    are removed after it, {out} the suite's folder, {here} the repository's root, {build} the folder of the programs."""

    name: str
    ranks: int
    threads: int
    arguments: tuple[str, ...]
    program: str = "linnet"  # under build/, or a whole path
    solvers: tuple[str, ...] = ()  # of `linnet compare`: each is tried alone where the run of all fails
    again: float = 0  # seconds: solvers that take less are run a second time after all of them


@dataclasses.dataclass(frozen=True)
class Case:
    """`facts` is for the tables and plots; `prepare` are command lines of linnet that make files in {work}."""

    name: str
    group: str  # of results.GROUPS
    title: str
    runs: tuple[Run, ...]
    facts: dict = dataclasses.field(default_factory=dict)
    prepare: tuple[tuple[str, ...], ...] = ()
    links: tuple[str, ...] = ()  # files of the repository that are linked into {work}
    quick: bool = False

    def definition(self) -> dict:
        """What the results depend on: where it differs, a case is run again."""
        return {"prepare": [list(p) for p in self.prepare], "links": list(self.links),
                "runs": [dataclasses.asdict(run) | {"arguments": list(run.arguments), "solvers": list(run.solvers)}
                         for run in self.runs]}


def compare(name: str, ranks: int, threads: int, system: tuple[str, ...], solvers: tuple[str, ...]) -> Run:
    """All solvers in one process. Those that are quick run twice: of their times the first touch of memory, which the
    first solver pays, and what disturbs the machine are a part that shows."""
    arguments = ("compare", *system, "--solvers", ";".join(solvers), "--again", f"{QUICK_SECONDS:g}", "--json")
    return Run(name, ranks, threads, arguments, solvers=solvers, again=QUICK_SECONDS)


def pressure(extents: tuple[int, ...], family: str, *, seed: int = 1, rhs: str = "random", variant: str = "",
             quick: bool = False, history: bool = False) -> Case:
    """A generated pressure system; rhs is one of `linnet generate` or "ones"."""
    grid = ",".join(map(str, extents))
    dimension, largest = len(extents), max(extents)
    cells = 1
    for n in extents:
        cells *= n
    options = VARIANTS[variant][1] if variant else ()
    generated = "random" if rhs == "ones" else rhs
    stem = "{work}/system"
    prepare = ("generate", "poisson", "--grid", grid, "--domain", family, "--seed", str(seed), "--rhs", generated,
               *options, "--format", "petsc", "--out", stem)
    right = "ones" if rhs == "ones" else f"{stem}.rhs.petsc"
    system = (f"{stem}.petsc", "--rhs", right, "--cells", f"{stem}.cells.mtx", "--grid", grid)
    small = cells <= (40_000 if dimension == 3 else 300_000)
    solvers = GRID_SOLVERS + (("direct",) if small else ())
    runs = [compare(f"{r}x{t}", r, t, system, solvers) for r, t in SHAPES]
    name = f"{dimension}d-{family}-{largest}-s{seed}"
    name += f"-{variant}" if variant else ""
    name += f"-{rhs}" if rhs != "random" else ""
    if history:
        plot = ("--plot", "{out}/history-" + name + ".svg")
        arguments = ("compare", *system, "--solvers", ";".join(HISTORY_SOLVERS), *plot, "--json")
        runs.append(Run("history", 1, 2, arguments, solvers=HISTORY_SOLVERS))
    facts = {"dimension": dimension, "family": family, "cells": cells, "extents": list(extents), "seed": seed,
             "rhs": rhs, "variant": variant}
    title = f"{family} {' x '.join(map(str, extents))}, seed {seed}"
    title += f", {VARIANTS[variant][0]}" if variant else ""
    title += f", right-hand side {rhs}" if rhs != "random" else ""
    return Case(name, "pressure", title, tuple(runs), facts, (prepare,), quick=quick)


def matrix(path: str, quick: bool) -> Case:
    """A real matrix: classical solvers, and as the arms of a bandit over 30 right-hand sides, each arm on two."""
    stem = pathlib.PurePosixPath(path).name.split(".")[0]
    file = "{here}/" + path
    runs = [compare(f"{r}x{t}", r, t, (file,), GENERAL_SOLVERS) for r, t in SHAPES]
    arguments = ("sequence", "{work}", "--steps", "30", "--hindsight", "2", "--json", "-pc_bandit_arms", ARMS,
                 "-pc_bandit_cost", "time", "-ksp_rtol", "1e-6", "-ksp_max_it", "5000")
    runs.append(Run("bandit", 1, 1, arguments))
    return Case(f"matrix-{stem}", "matrices", stem, tuple(runs), {"file": path}, links=(path,), quick=quick)


def matrices(here: pathlib.Path) -> list[Case]:
    """All matrix files that the repository ships."""
    quick = {"bcsstk16", "nos6", "gr_30_30", "494_bus"}
    files = sorted(p for folder in ("bench/matrices", "tests/cli/matrices") for p in (here / folder).glob("*.mtx.gz"))
    return [matrix(str(p.relative_to(here)), p.name.split(".")[0] in quick) for p in files]


def sequence(name: str, title: str, arguments: tuple[str, ...], policies: tuple[str, ...], quick: bool) -> Case:
    """A sequence of systems under several policies. One rank, one thread: the systems are small."""
    runs = tuple(Run(policy, 1, 1, ("sequence", *arguments, "--json", "-pc_bandit_policy", policy))
                 for policy in policies)
    return Case(f"sequence-{name}", "sequences", title, runs, quick=quick)


def sequences() -> list[Case]:
    """Sequences of Khodak et al. (ICLR 2024)."""
    policies = ("auto", "thompson", "chebcb", "binned", "tsallis", "race")
    cases = []
    for steps, quick in (("500", True), ("5000", False)):
        for variance in ("low", "high"):
            arguments = ("laplacian-shift", "--variance", variance, "--steps", steps, "--hindsight", "100")
            cases.append(sequence(f"laplacian-{variance}-{steps}", f"shifted Laplacian, {variance} variance", arguments,
                                  policies, quick))
    for nx, steps, quick in (("60", "500", True), ("100", "1000", False)):
        arguments = ("heat", "--nx", nx, "--first", "250", "--steps", steps, "--hindsight", "20")
        cases.append(sequence(f"heat-{nx}-{steps}", f"heat equation, {nx} x {nx}", arguments, policies, quick))
    return cases


def picture() -> Case:
    """The simulation of the README's picture."""
    run = Run("dcd+cnn 1x2", 1, 2, ("smoke", "--grid", "128,192", "--steps", "200", "--json", "--picture",
                                          "{out}/plume.png"))
    return Case("smoke-picture", "smoke", "plume, 128 x 192, 200 steps", (run,), quick=True)


def smoke(scene: str, extents: tuple[int, ...], steps: int, quick: bool) -> Case:
    """A simulation with several solvers of its pressure."""
    grid = ",".join(map(str, extents))
    runs = []
    for solver, options in OPTIONS_OF.items():
        for ranks, threads in SHAPES:
            arguments = ("smoke", "--scene", scene, "--grid", grid, "--steps", str(steps), "--json", *options)
            runs.append(Run(f"{solver} {ranks}x{threads}", ranks, threads, arguments))
    name = f"smoke-{scene}-{'x'.join(map(str, extents))}"
    title = f"{scene}, {' x '.join(map(str, extents))}, {steps} steps"
    return Case(name, "smoke", title, tuple(runs), quick=quick)


def program(name: str, title: str, command: tuple[str, ...], *, loads: tuple[str, ...] = (), quick: bool = False) -> Case:
    """A program that knows nothing of linnet, under build/ or a whole path, with solvers by options alone, to 1e-6 of
    the unpreconditioned norm; `loads`: options for ours alone."""
    norm = ("-ksp_rtol", "1e-6", "-ksp_norm_type", "unpreconditioned", "-ksp_max_it", "2000")
    runs = []
    for solver, options in OPTIONS_OF.items():
        ours = ("-dll_append", "{build}/liblinnet.so", *loads) if solver.startswith("dcd") else ()
        for ranks, threads in SHAPES:
            runs.append(Run(f"{solver} {ranks}x{threads}", ranks, threads,
                            (*command[1:], *norm, *ours, *options, *petsc_log.OPTIONS), program=command[0]))
    return Case(f"program-{name}", "programs", title, tuple(runs), quick=quick)


def tutorial(name: str, title: str, grid: tuple[int, ...], *own: str, quick: bool = False) -> Case:
    """One of PETSc's, on a DMDA."""
    sizes = tuple(word for axis, n in zip("xyz", grid) for word in (f"-da_grid_{axis}", str(n)))
    return program(f"{name}-{grid[0]}", f"{name}, {title}, {' x '.join(map(str, grid))}",
                   (f"tests/tutorials/{name}", *sizes, *own), quick=quick)


def script(name: str, title: str, *own: str, loads: tuple[str, ...] = ()) -> Case:
    """One of bench/programs."""
    path = "PYTHONPATH=/usr/lib/petscdir/petsc3.18/x86_64-linux-gnu-real/lib/python3/dist-packages"
    return program(name, title, ("/usr/bin/env", path, "/usr/bin/python3", *own), loads=loads)


def programs() -> list[Case]:
    """PETSc's tutorials, petsc4py and dolfinx."""
    dmda, dolfinx = "{here}/bench/programs/poisson_dmda.py", "{here}/bench/programs/poisson_dolfinx.py"
    newton = ("-snes_rtol", "1e-8")
    return [tutorial("ksp_ex45", "Laplacian", (65,) * 3, quick=True),
            tutorial("snes_ex14", "Bratu by Newton's method", (33,) * 3, *newton, quick=True),
            tutorial("ksp_ex45", "Laplacian", (129,) * 3),
            tutorial("ksp_ex34", "Laplacian, closed", (96,) * 3),
            tutorial("ksp_ex29", "Laplacian", (1025,) * 2),
            tutorial("ksp_ex50", "Laplacian, closed", (1024,) * 2),
            tutorial("snes_ex5", "Bratu by Newton's method", (513,) * 2, *newton),
            tutorial("snes_ex14", "Bratu by Newton's method", (97,) * 3, *newton),
            tutorial("ts_ex13", "heat, 5 steps", (513,) * 2, "-ts_max_steps", "5"),
            script("dmda-96", "petsc4py, Laplacian, 96 x 96 x 96", dmda, "-n", "96"),
            script("dmda-96-jump", "petsc4py, coefficients 1 and 1000, 96 x 96 x 96", dmda, "-n", "96", "-jump", "1000"),
            script("dolfinx-48", "dolfinx, tetrahedra of 48 x 48 x 48", dolfinx, "-n", "48"),
            script("dolfinx-32-hexahedra", "dolfinx, hexahedra, 32 x 32 x 32", dolfinx, "-n", "32", "-cell", "hexahedron",
                   loads=("-pc_cnn_fallback", "gamg"))]


def kernels() -> list[Case]:
    """The Google Benchmark programs under build/bench: a part of each in a second or two, and all of it."""
    programs = {  # program: (filter of the short run, arguments before the flags)
        "read_files": (".", ()),
        "lattice": ("/64", ()),
        "outer": ("bandwidth|/96", ()),
        "latticemg_cg": ("bandwidth|/64/64/64", ()),
        "mfac": ("Read|SetupGram<Precision::f32>|CeilingSyrk<float>", ()),
        "layers": ("64/./(in|fine.before_0/16|out|application)", ()),
        "networks": (".", ("hybrid2d", "hybrid3d")),
        "decisions": (".", ()),
    }
    cases = []
    for program, (part, own) in programs.items():
        for quick in (True, False):
            flags = ("--benchmark_format=json", f"--benchmark_filter={part if quick else '.'}")
            flags += ("--benchmark_min_time=0.05",) if quick else ("--benchmark_repetitions=3",)
            run = Run("1x2", 1, 2, own + flags, program=f"bench/{program}")
            cases.append(Case(f"kernels-{program}" + ("" if quick else "-all"), "kernels", program, (run,), quick=quick))
    return cases


def all_cases(here: pathlib.Path) -> list[Case]:
    """Every case in the order in which it is run: what --quick takes first. `here` is the repository's root."""
    cases = [pressure((n, n, n), "blobs", quick=True, history=n == 64) for n in (16, 32, 64)]
    cases += [pressure((n, n), "blobs", quick=True, history=n == 512) for n in (128, 256, 512)]
    cases += [pressure((n, n, n), family, quick=True) for family, n in (("grains", 64), ("plates", 32), ("dam", 32))]
    cases += [pressure((256, 256), "grains", quick=True)]
    cases += [pressure((32, 32, 32), "blobs", variant=v, quick=True) for v in VARIANTS]
    cases += [pressure((32, 32, 32), "blobs", rhs=rhs, quick=True) for rhs in ("smooth", "point", "divergence", "ones")]
    cases += [pressure((n, n, n), "blobs", variant=v) for v in VARIANTS for n in (64, 128)]
    cases += [pressure((n, n, n), family, seed=seed) for n in (32, 64, 128) for seed in (1, 2, 3) for family in FAMILIES]
    cases += [pressure((n, n), family, seed=seed) for n in (256, 512, 1024) for seed in (1, 2) for family in FAMILIES
              if family not in ("maze", "pipes", "gyroid")]
    cases += [pressure((192, 192, 192), "blobs"), pressure((2048, 2048), "blobs"), pressure((256, 256, 256), "blobs"),
              pressure((4096, 4096), "blobs")]
    cases += matrices(here)
    cases += sequences()
    cases += [picture(), smoke("plume", (96, 144), 60, True), smoke("dam", (32, 32, 32), 20, True),
              smoke("plume", (64, 96, 64), 40, False), smoke("dam", (64, 64, 64), 40, False),
              smoke("plume", (128, 128, 128), 5, False)]
    cases += programs()
    cases += kernels()
    unique = {}
    for case in cases:
        unique.setdefault(case.name, case)
    return sorted(unique.values(), key=lambda case: not case.quick)
