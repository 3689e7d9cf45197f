"""Calls every way in where anndata, h5py and zarr are not installed: `python -m tests.core_only
FOLDER`, one line each.

The three are made to fail as if they were absent, before anything of resistype is imported. Prints
a JSON of what each way in answered: the message of its error, or what it found.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

ABSENT = ("anndata", "h5py", "zarr")
for name in ABSENT:
    # an import of it fails, as Python documents
    sys.modules[name] = None  # type: ignore[assignment]

import numpy as np  # noqa: E402

import resistype as rt  # noqa: E402
from resistype.cli import main as command  # noqa: E402
from resistype.datasets import cell_demo, tissue_demo, write_tissue_demo  # noqa: E402
from resistype.expression import check_file  # noqa: E402
from resistype.expression.anndata import (  # noqa: E402
    new_anndata,
    open_h5ad,
    save_h5ad,
)
from resistype.systems import tissue as spatial  # noqa: E402
from tests.small import small  # noqa: E402

METHODS = ["ssgsea", "singscore", "zscore"]


def written(folder: Path) -> dict[str, Path]:
    """The same matrix as files that the core reads, and three that it does not."""
    table, paths = small().rename_axis("sample"), {}
    for ending in ("csv", "tsv", "csv.gz", "parquet"):
        paths[ending] = folder / f"small.{ending}"
    table.to_csv(paths["csv"])
    table.to_csv(paths["tsv"], sep="\t")
    table.to_csv(paths["csv.gz"])
    table.to_parquet(paths["parquet"])
    for ending in ("h5ad", "h5"):
        paths[ending] = folder / f"cells.{ending}"
        paths[ending].write_bytes(b"\x89HDF\r\n\x1a\n")
    paths["zarr"] = folder / "cells.zarr"
    paths["zarr"].mkdir()
    return paths


def line(*words: str | Path) -> str:
    """The code at the end of a command and its last line on stderr."""
    shown = io.StringIO()
    with contextlib.redirect_stderr(shown), contextlib.redirect_stdout(io.StringIO()):
        try:
            command([str(word) for word in words])
        except SystemExit as end:
            return f"{end.code} {shown.getvalue().strip()}".strip()
    return ""


def ways(paths: dict[str, Path], folder: Path) -> dict[str, Callable[[], object]]:
    """Every way in, by what it is called here."""
    out, genes = folder / "out.tsv", ["mhc1_core"]
    scored: dict[str, Callable[[], object]] = {
        f"score {ending}": lambda path=path: rt.score(path, genes, method=METHODS).digest
        for ending, path in paths.items()
    }
    return scored | {
        "score DataFrame": lambda: rt.score(small(), genes, method=METHODS).digest,
        "score something else": lambda: rt.score(object(), genes),
        "score_genes": lambda: rt.score(small(), genes, method="score_genes"),
        "classify h5ad": lambda: rt.classify(paths["h5ad"]),
        "classify zarr": lambda: rt.classify(paths["zarr"]),
        "check_file h5ad": lambda: check_file(paths["h5ad"]),
        "check_file zarr": lambda: check_file(paths["zarr"]),
        "open_h5ad": lambda: open_h5ad(paths["h5ad"]),
        "save_h5ad": lambda: save_h5ad(None, folder / "new.h5ad"),
        "read_tissue": lambda: spatial.read_tissue(paths["h5ad"], scale_um=1.0),
        "new_anndata": lambda: new_anndata(np.zeros((2, 2)), ["B2M", "TAP1"]),
        "cell_demo": lambda: cell_demo().to_anndata(),
        "tissue_demo": lambda: tissue_demo().to_anndata(),
        "write_tissue_demo": lambda: write_tissue_demo(folder / "tissue"),
        "cli score": lambda: line(
            "score", paths["h5ad"], "--signatures", "mhc1_core", "--out", out
        ),
        "cli score csv": lambda: line(
            "score", paths["csv"], "--signatures", "mhc1_core", "--out", out
        ),
        "cli demo": lambda: line("demo", "--out", folder / "demo"),
        "cli classify": lambda: line("classify", paths["h5ad"], "--out", folder / "results"),
        "cli spatial": lambda: line(
            "spatial",
            paths["h5ad"],
            "--scale-um",
            "1",
            "--tumour",
            "T",
            "--t-cell",
            "C",
            "--out",
            out,
        ),
    }


def main() -> None:
    """One answer a way in."""
    folder = Path(sys.argv[1])
    answers = {}
    for what, call in ways(written(folder), folder).items():
        try:
            answers[what] = str(call())
        except Exception as error:  # noqa: BLE001  whatever it is, the test reads it
            answers[what] = f"{type(error).__name__}: {error}"
    print(json.dumps({"answers": answers, "left": sorted(path.name for path in folder.iterdir())}))


if __name__ == "__main__":
    main()
