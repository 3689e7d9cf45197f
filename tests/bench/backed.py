"""Memory and speed from disk: `python -m tests.bench.backed [--cells 300000] [--stored 1000]
[--keep FILE]`.

Scores an h5ad that stays on disk in a fresh process and prints the peak of its memory over that of
a bare interpreter with the same imports, non-zeros a second, how memory grows with the cells, and
the times to the first word ("reading"), to the plan of the run and to the first block, all counted
from the call with a path.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.data import write_cells

CHILD = """
import json, resource, sys, threading, time
import psutil
from resistype.expression import ReadOptions
from resistype.score import RunOptions, ScoreOptions, score
import numba, anndata, joblib
from resistype.score import kernels as rank, run
from tests.bench.data import signatures, symbols
path, jobs, warm = sys.argv[1], int(sys.argv[2]), sys.argv[3]
process = psutil.Process()
read = ReadOptions(unit="log2", backed=True)
sets = signatures(symbols(20_000))
def go(file, heard=None):
    options = ScoreOptions(read=read, run=RunOptions(progress=heard))
    return score(file, sets, n_jobs=jobs, options=options)
base = process.memory_info().rss
go(warm)  # loads the compiled kernels, as any first call does
warmed = process.memory_info().rss
peak, stop = [0], []
def look():
    while not stop:
        peak[0] = max(peak[0], process.memory_info().rss)
        time.sleep(0.01)
watcher = threading.Thread(target=look, daemon=True)
watcher.start()
ticks = []
start = time.perf_counter()
def heard(progress):
    ticks.append((time.perf_counter() - start, progress.rows, progress.total_rows))
found = go(path, heard)
wall = time.perf_counter() - start
stop.append(1)
plan = next(at for at, rows, total in ticks if total)
first = next(at for at, rows, total in ticks if rows)
print(json.dumps(dict(base=base, warmed=warmed, peak=peak[0], wall=wall, told=ticks[0][0],
                      plan=plan, first=first, values=found["ssgsea"].nbytes,
                      digest=found.digest[:16],
                      names=sum(map(sys.getsizeof, found.samples)) + 8 * len(found.samples))))
"""


def measure(path: Path, warm: Path, jobs: int = 2) -> dict[str, float]:
    """One fresh process."""
    command = [sys.executable, "-c", CHILD, str(path), str(jobs), str(warm)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=300_000)
    parser.add_argument("--stored", type=int, default=1000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.folder or Path(made)
        sizes = [chosen.cells // 12, chosen.cells // 3, chosen.cells]
        paths = [folder / f"cells{size}.h5ad" for size in (200, *sizes)]
        for size, path in zip((200, *sizes), paths, strict=True):
            if not path.exists():
                write_cells(path, size, stored=chosen.stored)
        mib = 1 / 2**20
        peaks = []
        heads = (
            "cells|M values|wall, s|M values/s|first word, s|plan, s|first block, s|peak over base,"
            " MiB|result, MiB"
        )
        heads += "|of it names"
        print(f"|{heads}|")
        print("|" + "---|" * 10)
        for size, path in zip(sizes, paths[1:], strict=True):
            one = measure(path, paths[0])
            values = size * chosen.stored / 1e6
            result = one["values"] + one["names"]  # a result holds the names of the cells too
            peaks.append((one["peak"], result))
            print(
                f"| {size:,} | {values:,.0f} | {one['wall']:.1f} | {values / one['wall']:.1f} |"
                f" {one['told']:.2f} | {one['plan']:.2f} | {one['first']:.2f} |"
                f" {(one['peak'] - one['base']) * mib:.0f} | {result * mib:.0f} |"
                f" {one['names'] * mib:.0f} |",
                flush=True,
            )
        slope = (peaks[-1][0] - peaks[0][0]) / (peaks[-1][1] - peaks[0][1])
        print(f"\nslope of memory in cells: {slope:.2f} times the result (≤ 1.1)")


if __name__ == "__main__":
    main()
