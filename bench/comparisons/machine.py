"""The machine and the versions that results belong to."""
from __future__ import annotations

import os
import pathlib
import re
import subprocess

PACKAGES = {"PETSc": "libpetsc-real3.18-dev", "hypre": "libhypre-dev", "oneDNN": "libdnnl-dev",
            "SuiteSparse": "libsuitesparse-dev", "OpenBLAS": "libopenblas-openmp-dev", "Open MPI": "openmpi-bin"}


def output_of(*command: str, cwd: pathlib.Path | None = None) -> str:
    """Standard output, stripped; empty where the command fails or is missing."""
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit(here: pathlib.Path) -> str:
    """The short name of the commit, with + where files differ from it."""
    name = output_of("git", "rev-parse", "--short", "HEAD", cwd=here)
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no", "--", "lib", "preconditioners", "learned",
                        "bandits", "bench/*.cpp", cwd=here)
    return (name or "unknown") + ("+" if changed else "")


def processor() -> str:
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*:\s*(.*)$", text, re.MULTILINE)
    have = set(flags.group(1).split()) if flags else set()
    names = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX512-BF16", "amx_bf16": "AMX"}
    extensions = [name for flag, name in names.items() if flag in have]
    return (model.group(1).strip() if model else "unknown") + (f" ({', '.join(extensions)})" if extensions else "")


def memory_gib() -> int:
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)


def name() -> str:
    return f"{processor()}, {os.cpu_count()} cores, {memory_gib()} GiB"


def compiler(build: pathlib.Path) -> str:
    try:
        cache = (build / "CMakeCache.txt").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.MULTILINE)
    kind = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache, re.MULTILINE)
    version = output_of(found.group(1), "--version").splitlines() if found else []
    return (version[0] if version else "unknown") + (f", {kind.group(1)}" if kind and kind.group(1) else "")


def describe(here: pathlib.Path, build: pathlib.Path) -> dict:
    """What the header of the summary says."""
    versions = {name: output_of("dpkg-query", "-W", "-f", "${Version}", package) or "unknown"
                for name, package in PACKAGES.items()}
    return {"compiler": compiler(build), "versions": versions}
