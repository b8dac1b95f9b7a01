"""The Markdown summary of a folder of results."""
from __future__ import annotations

import collections
import math

from . import cases, profile, results

DASH = "–"


def seconds(value: float) -> str:
    """Three digits."""
    if not math.isfinite(value):
        return DASH
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines) + "\n"


def header(machine: dict, records: list[dict]) -> str:
    commits = sorted({r["commit"] for r in records})
    on = collections.Counter(r["machine"] for r in records).most_common()
    machines = "; ".join(name if len(on) == 1 else f"{name} ({count} cases)" for name, count in on)
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    counts = ", ".join(f"{sum(r['group'] == g for r in records)} {g}" for g in results.GROUPS)
    return (f"# Results of `{machine['command']}`\n\n"
            f"Machine{'s' * (len(on) > 1)}: {machines}. {machine['compiler']}; {versions}.\nCommit of the results: {', '.join(commits) or 'none'}. "
            f"{len(records)} of the suite's {machine['cases']} cases: {counts}.\n\n"
            "Shapes are ranks x threads. Relative residuals of 1e-6, recomputed in double, unless a table says "
            "otherwise. Seconds\ncount setup and solve; a solver that takes less than "
            f"{cases.QUICK_SECONDS:g} s runs a second time in the same process, and the less of the two times is "
            "told.\nA solver that failed or was stopped is a failure with its reason. The times compare within a run "
            "only.\n"
            f"`sh bench/suite --only CASE` repeats a case; a dash stands for a solver that was not run.\n\n")


def cell(of_shapes: list[results.Entry | None], value) -> str:
    """One value, or one for each shape where they differ."""
    texts = [DASH if e is None else value(e) if e.converged else "failed" for e in of_shapes]
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def solver_table(records: list[dict], solvers: list[str], value) -> str:
    """A row a case, a column a solver."""
    rows = []
    for record in records:
        of_shapes = list(results.shapes(record).values())
        failed = results.Entry()  # of a run that gave nothing
        rows.append([record["title"], f"`{record['case']}`"]
                    + [cell([one.get(s) if one else failed for one in of_shapes], value) for s in solvers])
    return table(["system", "case", *solvers], rows)


def comparison(records: list[dict]) -> str:
    solvers = results.solvers_of(records)
    names = " / ".join(dict.fromkeys(name for r in records for name in results.shapes(r)))
    return (f"Iterations ({names} where they differ):\n\n"
            + solver_table(records, solvers, lambda e: str(e.iterations))
            + f"Seconds, setup and solve ({names}):\n\n"
            + solver_table(records, solvers, lambda e: seconds(e.total)))


def ranking(records: list[dict]) -> str:
    """Of each solver over all pressure systems."""
    of_solver = profile.ratios(results.costs(records))
    rows = []
    for solver in results.solvers_of(records):
        tried = [results.fastest(r)[solver] for r in records if solver in results.fastest(r)]
        ratios = of_solver.get(solver, [])
        rows.append([solver, str(len(tried)), str(sum(not e.converged for e in tried)),
                     str(sum(ratio == 1 for ratio in ratios)), seconds(profile.geometric_mean(ratios))])
    return ("Each solver in the better of its shapes; the last column is the geometric mean, over the systems that it "
            "solved, of its time\nover the least time of any solver:\n\n"
            + table(["solver", "systems", "failures", "fastest on", "time over the least"], rows))


def pressure(records: list[dict]) -> str:
    return ranking(records) + comparison(records) + detail(records)


def detail(records: list[dict]) -> str:
    """Setup and solve apart, of the largest system of each dimension among those that vary in size alone."""
    text = ""
    for dimension in (3, 2):
        chosen = results.series(records, dimension)
        if chosen:
            text += f"{chosen[-1]['title']} (`{chosen[-1]['case']}`):\n\n" + details_of(chosen[-1])
    return text


def details_of(record: dict) -> str:
    rows = []
    for name, of_shape in results.shapes(record).items():
        for solver, e in of_shape.items():
            figures = [str(e.iterations), seconds(e.setup), seconds(e.solve), seconds(e.total), f"{e.residual:.1e}",
                       f"{e.memory / 2**20:.0f}"] if e.converged else [DASH] * 6
            rows.append([solver, name, *figures, e.reason])
    return table(["solver", "shape", "iterations", "setup s", "solve s", "total s", "true residual", "peak MiB",
                  "reason"], rows)


def matrices(records: list[dict]) -> str:
    bandits = [(r, one["result"]) for r in records for one in r["runs"] if one["name"] == "bandit" and one["result"]]
    compared = [{**r, "runs": [one for one in r["runs"] if one["name"] != "bandit"]} for r in records]
    text = comparison(compared)
    if bandits:
        arms = list(dict.fromkeys(arm["arm"] for _, result in bandits for arm in result["arms"]))
        rows = [[r["title"], f"{result['average_iterations']:.1f}", str(result["failures"]),
                 (result["best_fixed"] or {}).get("arm", "none"),
                 *(arm_cell(result, arm) for arm in arms)] for r, result in bandits]
        text += ("The same matrices with 30 random right-hand sides and preconditioners as the arms of a bandit that "
                 "pays in time: what it took,\nits stopped arms, the best arm in hindsight, and milliseconds of each "
                 "arm over two of the systems:\n\n"
                 + table(["matrix", "iterations", "stopped", "best arm", *arms], rows))
    return text


def arm_cell(result: dict, name: str) -> str:
    for arm in result["arms"]:
        if arm["arm"] == name:
            return "failed" if arm["failures"] else seconds(1000 * arm["average_seconds"])
    return DASH


def sequences(records: list[dict]) -> str:
    rows = []
    for record in records:
        for one in record["runs"]:
            r = one["result"]
            if not r:
                rows.append([record["title"], one["name"], f"failed: {one['error']}"] + [DASH] * 6)
                continue
            best = r["best_fixed"]
            rows.append([record["title"], one["name"], str(r["steps"]), f"{r['average_iterations']:.2f}",
                         f"{r['average_after'].get('100', math.nan):.2f}",
                         f"{best['average_iterations']:.2f} ({best['arm']})" if best else DASH,
                         f"{r['best_for_each']['average_iterations']:.2f}" if best else DASH,
                         f"{100 * r['learner_seconds'] / r['solve_seconds']:.2g} %", str(r["failures"])])
    return ("Average iterations a solve; best fixed arm and best arm for each system in hindsight over a part of the "
            "systems; seconds of the\nlearner in those of the solves:\n\n"
            + table(["sequence", "policy", "systems", "iterations", "first 100", "best fixed arm", "best for each",
                     "learner", "failures"], rows))


def smoke(records: list[dict]) -> str:
    rows = []
    for record in records:
        for one in record["runs"]:
            r = one["result"]
            if not r:
                rows.append([record["title"], one["name"], f"failed: {one['error']}"] + [DASH] * 5)
                continue
            failed = sum(not step["converged"] for step in r["path"])
            rows.append([record["title"], one["name"],
                         f"{r['iterations'] / r['steps']:.1f}" + (f" (steps failed: {failed})" if failed else ""),
                         *(f"{1000 * r[key] / r['steps']:.3g}"
                           for key in ("pressure_seconds", "matrix_seconds", "rest_seconds")),
                         f"{r['largest_divergence_left']:.1e}", f"{r['path'][-1]['kinetic_energy']:.6g}"])
    return ("Milliseconds a step: the pressure solve with its setup, making the matrix, all else. Divergence left over "
            "that before the\npressure, at most; kinetic energy in the last step:\n\n"
            + table(["scene", "solver", "iterations a step", "pressure", "matrix", "rest", "divergence left",
                     "kinetic energy"], rows))


def programs(records: list[dict]) -> str:
    rows = []
    for record in records:
        for one in record["runs"]:
            r = one["result"]
            if not r or not r["converged"]:
                rows.append([record["title"], one["name"], f"failed: {r['reason'] if r else one['error']}"] + [DASH] * 5)
                continue
            rows.append([record["title"], one["name"], str(r["solves"]), str(r["iterations"]),
                         *(seconds(r[key]) for key in ("setup_seconds", "solve_seconds")),
                         seconds(r["setup_seconds"] + r["solve_seconds"]), seconds(r["total_seconds"])])
    return ("PETSc's tutorials and scripts of petsc4py and dolfinx, unchanged, with solvers by options alone: the linear "
            "solves of a run and\ntheir iterations, seconds of the setups, of the solves and of both, and of the whole "
            "program (PETSc's own log):\n\n"
            + table(["program", "solver", "solves", "iterations", "setup s", "solve s", "both s", "program s"], rows))


def kernels(records: list[dict]) -> str:
    rows = []
    for record in records:
        for one in record["runs"]:
            if not one["result"]:
                rows.append([record["title"], one["name"], f"failed: {one['error']}", DASH])
                continue
            for b in one["result"]["benchmarks"]:
                if b.get("run_type", "iteration") == "iteration" or b.get("aggregate_name") == "median":
                    rows.append([record["title"], b["name"], f"{b['real_time']:.3g} {b['time_unit']}", rates(b)])
    return ("Two threads; times of one run, or medians. Floors and peers stand beside what they bound:\n\n"
            + table(["program", "benchmark", "time", "rate"], rows))


def rates(benchmark: dict) -> str:
    """Google Benchmark's own rates and the counters of ours."""
    known = {"real_time", "cpu_time", "iterations", "repetitions", "repetition_index", "threads", "family_index",
             "per_family_instance_index"}
    texts = []
    for key, value in benchmark.items():
        if key in known or isinstance(value, (str, bool)) or value == 0:
            continue
        if key in ("bytes_per_second", "B/s"):
            texts.append(f"{value / 1e9:.3g} GB/s")
        else:
            texts.append(f"{key} {value:.3g}")
    return ", ".join(texts)


def failures(records: list[dict]) -> str:
    """Every solver and run that failed, with its reason."""
    rows = []
    for record in records:
        if record["group"] in ("pressure", "matrices"):
            for name, of_shape in results.shapes(record).items():
                rows += [[f"`{record['case']}`", name, solver, e.reason]
                         for solver, e in of_shape.items() if not e.converged]
        rows += [[f"`{record['case']}`", one["name"], "all", one["result"]["reason"]] for one in record["runs"]
                 if record["group"] == "programs" and one["result"] and not one["result"]["converged"]]
        rows += [[f"`{record['case']}`", one["name"], "all", one["error"]] for one in record["runs"] if not one["result"]]
    return "## Failures\n\n" + (table(["case", "run", "solver", "reason"], rows) if rows else "None.\n\n")


SECTIONS = (("pressure", "Pressure systems", pressure), ("matrices", "Real matrices", matrices),
            ("sequences", "Sequences of systems", sequences), ("smoke", "Simulations", smoke),
            ("programs", "Programs of others", programs), ("kernels", "Kernels", kernels))


def markdown(records: list[dict], machine: dict, images: list[tuple[str, str]], folder: str) -> str:
    """The whole page; `images` are (file, what it shows), in `folder` relative to the page ("" or "results/")."""
    text = header(machine, records)
    for name, what in images:
        text += f"![{what}]({folder}{name})\n\n"
    for group, title, section in SECTIONS:
        of_group = [r for r in records if r["group"] == group]
        if of_group:
            text += f"## {title}\n\n" + section(of_group)
    return text + failures(records).rstrip("\n") + "\n"
