"""The plots, by gnuplot as SVG."""
from __future__ import annotations

import math
import pathlib
import subprocess

from . import profile, results

# Okabe and Ito: colours that stay apart for most eyes. A solver has the same one in every plot.
COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#000000", "#999999", "#7f3c8d")
Curves = dict[str, list[tuple[float, float]]]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def draw(file: pathlib.Path, body: str) -> None:
    """Runs gnuplot; throws subprocess.CalledProcessError with what it said."""
    commands = f"set terminal svg size 720,420 font 'sans,12' background '#ffffff'\nset output {quoted(str(file))}\n{body}"
    subprocess.run(["gnuplot"], input=commands, text=True, check=True, capture_output=True)


def figure(title: str, x: str, y: str, settings: str, curves: Curves, style: str, order: list[str]) -> str:
    """A gnuplot script of one curve a solver."""
    text, parts = "", []
    for number, (solver, points) in enumerate(curves.items()):
        lines = "\n".join(f"{a:.6g} {b:.6g}" for a, b in points)
        text += f"$curve{number} << EOD\n{lines}\nEOD\n"
        colour = COLOURS[order.index(solver) % len(COLOURS)]
        parts.append(f"$curve{number} using 1:2 with {style} linewidth 1.8 linecolor rgb '{colour}' "
                     f"title {quoted(solver)} noenhanced")
    return (f"{text}set title {quoted(title)}\nset xlabel {quoted(x)}\nset ylabel {quoted(y)}\n"
            f"set grid linetype 1 linecolor rgb '#dddddd'\nset key outside right top\n{settings}\n"
            f"plot {', '.join(parts)}\n")


def profile_plot(records: list[dict], order: list[str]) -> str:
    """Performance profile over setup and solve."""
    of_solver = profile.ratios(results.costs(records))
    finite = [r for ratios in of_solver.values() for r in ratios if math.isfinite(r)]
    right = max(finite, default=2) * 1.1
    curves = {}
    for solver in order:
        if of_solver.get(solver) and math.isfinite(of_solver[solver][0]):
            points = profile.steps(of_solver[solver])
            curves[solver] = points + [(right, points[-1][1])]
    return figure(f"{len(records)} pressure systems: share solved within a multiple of the least time",
                  "time over the least time of any solver", "share of the systems",
                  f"set logscale x\nset xrange [1:{right:.4g}]\nset yrange [0:1.02]", curves, "steps", order)


def against_size(chosen: list[dict], order: list[str], iterations: bool) -> str:
    """Iterations or seconds (setup and solve, the better of the shapes) against the cells of the grid."""
    curves: Curves = {}
    for solver in order:
        points = []
        for record in chosen:
            entry = results.fastest(record).get(solver)
            if entry and entry.converged:
                points.append((record["facts"]["cells"], entry.iterations if iterations else entry.total))
        if points:
            curves[solver] = points
    what = "iterations to 1e-6" if iterations else "seconds, setup and solve"
    dimension = chosen[0]["facts"]["dimension"]
    return figure(f"Pressure systems with solid blobs in {dimension} dimensions", "cells of the grid", what,
                  "set logscale xy\nset format x '10^{%T}'", curves, "linespoints pointtype 7 pointsize 0.6", order)


def draw_all(records: list[dict], out: pathlib.Path) -> list[tuple[str, str]]:
    """Draws what the pressure systems give; returns (file name, what it shows)."""
    pressure = [r for r in records if r["group"] == "pressure" and results.costs([r])[r["case"]]]
    order = results.solvers_of(pressure)
    drawn = []

    def add(name: str, what: str, body: str) -> None:
        draw(out / name, body)
        drawn.append((name, what))

    if pressure:
        add("profile.svg", "Performance profile over setup and solve", profile_plot(pressure, order))
    for dimension in (3, 2):
        chosen = results.series(pressure, dimension)
        if len(chosen) > 1:
            add(f"time-{dimension}d.svg", f"Time against size, {dimension}-D", against_size(chosen, order, False))
            add(f"iterations-{dimension}d.svg", f"Iterations against size, {dimension}-D",
                against_size(chosen, order, True))
    for record in pressure:
        file = out / f"history-{record['case']}.svg"
        if any(one["name"] == "history" for one in record["runs"]) and file.exists():
            drawn.append((file.name, f"Residual by iteration, {record['title']}"))
    return drawn
