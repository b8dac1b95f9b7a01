"""The records of all cases in one file."""
from __future__ import annotations

import json
import lzma
import pathlib
import sys

from . import run


def write(records: list[dict], path: pathlib.Path) -> None:
    """The same bytes for the same records."""
    text = json.dumps(records, separators=(",", ":")) + "\n"
    part = path.with_name(path.name + ".part")
    part.write_bytes(lzma.compress(text.encode("utf-8"), preset=9))
    part.replace(path)


def read(path: pathlib.Path) -> list[dict]:
    """Ends the program with one line where the file is no archive of records."""
    try:
        records = json.loads(lzma.decompress(path.read_bytes()))
        if any(record["schema"] != run.SCHEMA or not record["case"] for record in records):
            raise ValueError(f"expected records of {run.SCHEMA}")
    except (OSError, lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"suite: {path}: expected an archive of records as --publish writes it: {error}")
    return records


def unpack(path: pathlib.Path, out: pathlib.Path) -> int:
    """One file a case, where there is none. Returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for record in read(path):
        to = out / pathlib.PurePath(f"{record['case']}.json").name
        if not to.exists():
            run.write_atomically(to, json.dumps(record, indent=1) + "\n")
            count += 1
    return count
