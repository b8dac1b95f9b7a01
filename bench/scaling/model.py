#!/usr/bin/env python3
"""Time of one iteration of dcd + latticemg on n^3 cells, 1 to 4,096 ranks: where it stops scaling, and why.

Assumptions; each is an option (--help), the defaults are stated in bench/scaling/README.md:
  * A rank is a core. A visit of a level takes `cell` seconds a cell of the finest grid, all cores of the node busy, and
    `coarse` times as much a cell and sweep of the others, which store their couplings. The outer iteration adds `outer`
    times a visit of the finest grid.
  * A message takes latency + bytes / bandwidth; messages of the two neighbours overlap, those of an exchange follow each
    other. A reduction or a gather over P ranks takes ceil(log2 P) latencies, a gather also its bytes / bandwidth.
  * Messages and bytes are those of the surface formula (surface.hpp), which tests/latticemg/halo_test.cpp counts.
  * Two decompositions: `slabs` is what latticemg does: planes across one axis, at least 8 of them on each grid that is
    shared (a halo is of the nearest slab), coarser grids gathered and visited by every rank. `boxes` is what it does not
    do: P^(1/3) boxes an axis down to 8 cells a box, then gathered in the same way.
  * No overlap of messages with work, no noise, no imbalance but that of the thickest slab.
"""
import argparse
import math

HALO = 8  # planes of a slab at least: reach 2 * 3 sweeps of the finest grid, one more, in multiples of 4
COARSEST = 128  # cells solved directly


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[256, 512, 1024], metavar="N", help="n of n^3")
    parser.add_argument("--most-ranks", type=int, default=4096)
    parser.add_argument("--cell", type=float, default=7.5e-9, help="seconds a cell of the finest grid")
    parser.add_argument("--coarse", type=float, default=2.0, help="a cell of the others, in terms of that")
    parser.add_argument("--outer", type=float, default=1.0, help="vectors and A p, in terms of a visit")
    parser.add_argument("--latency", type=float, default=2e-6, help="seconds a message")
    parser.add_argument("--bandwidth", type=float, default=10e9, help="bytes a second a rank")
    parser.add_argument("--v", action="store_true", help="V in place of W cycles")
    chosen = parser.parse_args()
    for name in ("cell", "coarse", "latency", "bandwidth"):
        if not getattr(chosen, name) > 0:
            parser.error(f"--{name}: expected a positive number, found {getattr(chosen, name)}")
    if min(chosen.cells) < 16 or chosen.most_ranks < 1:
        parser.error("--cells, --most-ranks: expected at least 16 cells an axis and one rank")
    return chosen


def sizes(n):
    """n of each grid, from the finest to the one that is solved directly."""
    grids = [n]
    while grids[-1] ** 3 > COARSEST:
        grids.append((grids[-1] + 1) // 2)
    return grids


def reach(level, a):
    """Half sweeps before the coarser grid and after it."""
    return 2 * (2 if a.v else max(1, 3 - level))


def work_of(level, a):
    """Seconds a cell of a visit."""
    return a.cell * (a.coarse * reach(level, a) / reach(0, a) if level else 1)


def visits(level, levels, a):
    return 1 if a.v else 2 ** min(level, levels - 2)


def add(parts, name, seconds):
    parts[name] = parts.get(name, 0.0) + seconds


def exchanges(level, levels, a):
    """(colour fields, colour planes) that a grid sends to a neighbour in an application."""
    if level == 0:
        return 3, 3 * reach(0, a)
    parent = visits(level - 1, levels, a)
    r = reach(level, a)
    again = 0 if a.v or level + 1 >= levels else parent
    return 5 * parent + 2 * again, parent * (3 * r + 2 * ((reach(level - 1, a) + 1) // 2)) + again * (2 * r + 1)


def gathered(parts, grids, shared, ranks, a):
    """The grids from `shared` on, on each rank."""
    for level in range(shared, len(grids)):
        seconds = visits(level, len(grids), a) * grids[level] ** 3 * work_of(level, a)
        add(parts, "coarse grids, on every rank" if level else "finest grid", seconds)
    if 0 < shared < len(grids):
        each = 2 * math.ceil(math.log2(ranks)) * a.latency + 4 * grids[shared] ** 3 / a.bandwidth
        add(parts, "gathering", visits(shared - 1, len(grids), a) * each)


def reductions(parts, ranks, a):
    add(parts, "reductions", 3 * 2 * math.ceil(math.log2(ranks)) * a.latency if ranks > 1 else 0.0)


def slabs(n, ranks, shared, a):
    """Seconds by what they are spent on, or None where the slabs would be too thin."""
    grids, parts = sizes(n), {}
    for level in range(shared):
        thick = math.ceil(n / ranks / 2**level)
        if n / ranks / 2**level < HALO:
            return None
        count, cell = visits(level, len(grids), a), work_of(level, a)
        outer = 0 if level else a.cell * a.outer
        add(parts, "coarse grids" if level else "finest grid", (count * cell + outer) * grids[level] ** 2 * thick)
        add(parts, "sweeps of the halo", count * cell * grids[level] ** 2 * reach(level, a))
        fields, planes = exchanges(level, len(grids), a)
        add(parts, "latency of halos", fields * a.latency)
        add(parts, "bytes of halos", planes * grids[level] ** 2 / 2 * 4 / a.bandwidth)
    gathered(parts, grids, shared, ranks, a)
    reductions(parts, ranks, a)
    if not shared:
        add(parts, "finest grid", a.outer * a.cell * n**3)
    return parts


def boxes(n, ranks, shared, a):
    """The same for boxes: faces of three axes, one after the other."""
    grids, parts = sizes(n), {}
    split = [1, 1, 1]
    for _ in range(round(math.log2(ranks))):
        split[split.index(min(split))] *= 2
    for level in range(shared):
        box = [grids[level] / s for s in split]
        if min(box) < HALO:
            return None
        count, cell = visits(level, len(grids), a), work_of(level, a)
        outer = 0 if level else a.cell * a.outer
        volume, fields_planes = math.prod(box), exchanges(level, len(grids), a)
        add(parts, "coarse grids" if level else "finest grid", (count * cell + outer) * volume)
        cut = [axis for axis in range(3) if split[axis] > 1]
        halo = math.prod(b + (reach(level, a) if axis in cut else 0) for axis, b in enumerate(box)) - volume
        add(parts, "sweeps of the halo", count * cell * halo)
        for axis in cut:
            add(parts, "latency of halos", fields_planes[0] * a.latency)
            add(parts, "bytes of halos", fields_planes[1] * volume / box[axis] / 2 * 4 / a.bandwidth)
    gathered(parts, grids, shared, ranks, a)
    reductions(parts, ranks, a)
    return parts


def best(model, n, ranks, a):
    """(seconds, ranks that work, grids shared, parts) of the fastest choice with at most so many ranks."""
    choices = []
    used = 1
    while used <= ranks:
        for shared in range(1 if used > 1 else 0, len(sizes(n)) if used > 1 else 1):
            parts = model(n, used, shared, a) if used > 1 else slabs(n, 1, 0, a)
            if parts:
                choices.append((sum(parts.values()), used, shared, parts))
        used *= 2
    return min(choices, key=lambda choice: choice[:3])


def gathering(n, a):
    """Milliseconds by the number of grids that are shared, of as many ranks as were asked for."""
    print(f"\n{n}^3 cells: ms an iteration by the grids that are shared, the others gathered; -: under {HALO} planes or cells")
    for name, model in (("slabs", slabs), ("boxes", boxes)):
        ranks = 2
        while ranks <= a.most_ranks:
            row = [model(n, ranks, shared, a) for shared in range(1, len(sizes(n)))]
            if any(row):
                print(f"{name:>6} {ranks:>5} " + " ".join(f"{1e3 * sum(p.values()):>10.3f}" if p else f"{'-':>10}" for p in row))
            ranks *= 8


def main():
    a = arguments()
    print(f"cell {a.cell * 1e9:g} ns, coarser {a.coarse:g} times, outer {a.outer:g} times, latency {a.latency * 1e6:g} us, "
          f"bandwidth {a.bandwidth / 1e9:g} GB/s, {'V' if a.v else 'W'} cycle")
    for n in a.cells:
        print(f"\n{n}^3 cells, {len(sizes(n))} grids")
        print(f"{'ranks':>6}  {'slabs: work':>11} {'shared':>6} {'ms':>9} {'speedup':>8}   largest part but for the finest grid"
              f"{'':10}boxes: shared {'ms':>9} {'speedup':>8}")
        alone = best(slabs, n, 1, a)[0]
        ranks = 1
        while ranks <= a.most_ranks:
            seconds, used, shared, parts = best(slabs, n, ranks, a)
            rest = max(((s, p) for p, s in parts.items() if p != "finest grid"), default=(0, ""))
            why = f"{rest[1]} {100 * rest[0] / seconds:.0f} %" if rest[0] > 0 else ""
            if used < ranks:
                why += f"; {ranks - used} ranks idle"
            other = best(boxes, n, ranks, a)
            print(f"{ranks:>6}  {used:>11} {shared:>6} {1e3 * seconds:>9.3f} {alone / seconds:>8.1f}   {why:<58}"
                  f"{other[2]:>3} {1e3 * other[0]:>9.3f} {alone / other[0]:>8.1f}")
            ranks *= 2
    for n in a.cells:
        gathering(n, a)


if __name__ == "__main__":
    main()
