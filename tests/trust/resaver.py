"""Saves the same file again and again and is killed: `python -m tests.trust.resaver FOLDER KILLS
SEED`.

For each kind of file a child saves two versions in turn, without end, until it is killed at a
random moment; then the file is read. Prints, a line a kill, the kind and whether what was read is
one of the two versions, whole.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from resistype.library import Signature, read_toml, write_toml
from resistype.opinions.model import read_model, write_model
from resistype.report.write import table_text
from resistype.resources import signatures_dir
from resistype.scheme import Reference

ROOT = Path(__file__).resolve().parents[2]


def reference(folder: Path) -> tuple[list[Callable[[], Any]], Callable[[], object]]:
    """Savers of two references and a reader that tells which one is there."""
    first = Reference.load(signatures_dir() / "references" / "riaz_pre.json")
    values = {name: array + 1.0 for name, array in first.values.items()}
    both = [first, replace(first, values=values)]
    path = folder / "reference.json"
    return [lambda one=one: one.save(path) for one in both], lambda: Reference.load(path).digest


def model(folder: Path) -> tuple[list[Callable[[], Any]], Callable[[], object]]:
    head, arrays = read_model(ROOT / "tests" / "data" / "models" / "logistic-1.json")
    head = {key: value for key, value in head.items() if key not in ("format", "format_version")}
    other = {name: array + 1 for name, array in arrays.items()}
    path = folder / "model.json"
    savers = [lambda one=one: write_model(path, head, one) for one in (arrays, other)]
    return savers, lambda: repr(
        sorted((name, array.tolist()) for name, array in read_model(path)[1].items())
    )


def signature(folder: Path) -> tuple[list[Callable[[], Any]], Callable[[], object]]:
    both = [Signature(id="mine", name=name, up=("B2M", "TAP1")) for name in ("One", "Two")]
    path = folder / "mine.toml"
    return [lambda one=one: write_toml(one, path) for one in both], lambda: read_toml(path).name


def table(folder: Path) -> tuple[list[Callable[[], Any]], Callable[[], object]]:
    import pandas as pd

    from resistype.report import write_text

    texts = [table_text(pd.DataFrame({"a": [float(k)] * 20_000})) for k in (1, 2)]
    path = folder / "table.tsv"
    return [lambda one=one: write_text(path, one) for one in texts], path.read_text


KINDS = {"reference": reference, "model": model, "signature": signature, "table": table}


def killed(savers: list[Callable[[], Any]], seconds: float) -> None:
    """Save in a child until it is killed."""
    pid = os.fork()
    if not pid:
        for save in cycle(savers):
            save()
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def main() -> None:
    """Kill, read, tell."""
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    moments = random.Random(seed)
    made = {name: make(folder) for name, make in KINDS.items()}
    known: dict[str, set[object]] = {}
    for name, (savers, read) in made.items():
        known[name] = set()
        for save in savers:
            save()
            known[name].add(read())
    for number in range(kills):
        name = list(KINDS)[number % len(KINDS)]
        savers, read = made[name]
        killed(savers, moments.uniform(0.0, 0.12))
        try:
            whole = read() in known[name]
        except Exception as error:  # noqa: BLE001  whatever it is, the file is lost
            whole = False
            print("lost", name, error, flush=True)
        print("kill", name, "whole" if whole else "lost", flush=True)


if __name__ == "__main__":
    main()
