"""Ratios against peers, each pair in the same run: `python -m tests.bench.peers [--cells N] [--out
FILE]`.

Needs the dependency group `bench`. Times are the shortest of several runs for us, of one for the
slow peers (on fewer cells, and said so). Threads: two, for everybody.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from resistype.expression import ReadOptions, as_expression
from resistype.score import RunOptions, ScoreOptions, score
from tests.bench.data import frame, seconds, signatures, symbols, tumours, write_cells

JOBS = 2
QUIET = ScoreOptions(read=ReadOptions(unit="log2"), run=RunOptions(progress=None))
Row = tuple[str, float, float, float, str]


def ours(
    data: object, sets: dict[str, list[str]], method: str | list[str], *, times: int = 3
) -> float:
    """Seconds of one of our methods; the first run, which may compile, does not count."""
    score(data, sets, method=method, n_jobs=JOBS, options=QUIET)
    return seconds(
        lambda: score(data, sets, method=method, n_jobs=JOBS, options=QUIET), times=times
    )


def sparse_rows(n_obs: int, folder: Path) -> list[Row]:
    """The sparse half: cells."""
    genes, path = symbols(20_000), folder / "cells.h5ad"
    sets = signatures(genes)
    write_cells(path, n_obs)
    read_once = seconds(lambda: anndata.read_h5ad(path), times=3)
    adata = anndata.read_h5ad(path)
    data = as_expression(adata, QUIET.read)
    each = {name: ours(data, sets, name) / n_obs for name in ("ssgsea", "ucell", "aucell")}
    together = ours(data, sets, ["ssgsea", "ucell", "aucell"]) / n_obs
    rows = [
        peer(
            "gseapy ssGSEA",
            each["ssgsea"],
            gseapy_cells(adata[:200].copy(), sets),
            400,
            "200 cells",
        ),
        peer("pyUCell", each["ucell"], pyucell(adata[:2000].copy(), sets), 10, "2,000 cells"),
        peer(
            "decoupler AUCell",
            each["aucell"],
            decoupler_aucell(adata[:1000].copy(), sets),
            20,
            "1,000 cells",
        ),
    ]
    rows.append(
        (
            "three methods together / dearest alone (≤ 1.3)",
            together,
            max(each.values()),
            together / max(each.values()),
            "",
        )
    )
    rows.append(
        (
            "three methods / read_h5ad of the file (≤ 0.6)",
            together,
            read_once / n_obs,
            together * n_obs / read_once,
            "uncompressed",
        )
    )
    packed = folder / "packed.h5ad"
    adata[:5000].copy().write_h5ad(packed, compression="gzip")
    unpack = seconds(lambda: anndata.read_h5ad(packed), times=2) / 5000
    rows.append(
        (
            "three methods / read_h5ad, gzip (≤ 0.6)",
            together,
            unpack,
            together / unpack,
            "5,000 cells",
        )
    )
    return rows


def peer(name: str, mine: float, theirs: float, wanted: float, note: str) -> Row:
    """One pair."""
    return (f"{name} (≥ {wanted:g}×)", mine, theirs, theirs / mine, note)


def gseapy_cells(adata: anndata.AnnData, sets: dict[str, list[str]]) -> float:
    """Seconds a cell."""
    import gseapy

    table = pd.DataFrame(adata.X.toarray().T, index=adata.var_names, columns=adata.obs_names)
    return seconds(lambda: gseapy_ssgsea(gseapy, table, sets)) / adata.n_obs


def gseapy_ssgsea(gseapy: object, table: pd.DataFrame, sets: dict[str, list[str]]) -> object:
    """Its ssGSEA, with nothing left out by size."""
    return gseapy.ssgsea(  # type: ignore[attr-defined]
        table,
        sets,
        outdir=None,
        min_size=1,
        max_size=100_000,
        no_plot=True,
        threads=JOBS,
        sample_norm_method="rank",
    )


def pyucell(adata: anndata.AnnData, sets: dict[str, list[str]]) -> float:
    """Seconds a cell."""
    import pyucell as package

    return (
        seconds(lambda: package.compute_ucell_scores(adata, signatures=sets, n_jobs=JOBS), times=2)
        / adata.n_obs
    )


def decoupler_aucell(adata: anndata.AnnData, sets: dict[str, list[str]]) -> float:
    """Seconds a cell, compiled."""
    import decoupler

    net = pd.DataFrame(
        [(name, gene) for name, genes in sets.items() for gene in genes],
        columns=["source", "target"],
    )
    decoupler.mt.aucell(adata[:20].copy(), net, tmin=0, verbose=False)
    return seconds(lambda: decoupler.mt.aucell(adata, net, tmin=0, verbose=False)) / adata.n_obs


def dense_rows(n_obs: int) -> list[Row]:
    """The dense half: tumours; and the same numbers."""
    import gseapy

    genes = symbols(20_000)
    values = tumours(n_obs)
    sets, data = signatures(genes), as_expression(frame(values, genes), QUIET.read)
    table = frame(values, genes).T
    found: list[Row] = []
    theirs = seconds(lambda: gseapy_ssgsea(gseapy, table, sets)) / n_obs
    found.append(
        peer(
            "dense: gseapy ssGSEA",
            ours(data, sets, "ssgsea") / n_obs,
            theirs,
            25,
            f"{n_obs} tumours",
        )
    )
    part = table.iloc[:, :200]
    result = gseapy_ssgsea(gseapy, part, sets).res2d.pivot_table(
        index="Name", columns="Term", values="ES"
    )  # type: ignore[attr-defined]
    mine = score(data.select(part.columns.tolist()), sets, options=QUIET).to_frame()
    found.append(
        ("dense: ES/N, largest difference (1e-9)", 0, 0, difference(mine, result / 20_000), "")
    )

    def run() -> object:
        return gseapy.gsva(
            table, sets, kcdf="Gaussian", outdir=None, min_size=1, max_size=100_000, threads=JOBS
        )

    kept: list[object] = []
    theirs = seconds(lambda: kept.append(run())) / n_obs
    found.append(
        peer(
            "dense: gseapy.gsva",
            ours(data, sets, "gsva", times=2) / n_obs,
            theirs,
            20,
            f"{n_obs} tumours",
        )
    )
    gsva = score(data, sets, method="gsva", n_jobs=JOBS, options=QUIET).to_frame()
    other = kept[0].res2d.pivot_table(index="Name", columns="Term", values="ES")  # type: ignore[attr-defined]
    found.append(("dense: GSVA, largest difference (1e-6)", 0, 0, difference(gsva, other), ""))
    return found


def difference(mine: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Largest difference of two tables with the same names."""
    return float(np.abs(mine - theirs.astype(float).loc[mine.index, mine.columns]).to_numpy().max())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=50_000)
    parser.add_argument("--tumours", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: list[Row] = []
    if chosen.cells:
        with tempfile.TemporaryDirectory() as folder:
            rows += sparse_rows(chosen.cells, Path(folder))
    if chosen.tumours:
        rows += dense_rows(chosen.tumours)
    names = ["numpy", "numba", "anndata", "gseapy", "decoupler", "pyucell"]
    lines = [
        f"{platform.processor() or platform.machine()}, Python {sys.version.split()[0]}, {JOBS}"
        " threads; " + ", ".join(f"{name} {version(name)}" for name in names),
        "",
        "| what | ours, ms an observation | theirs | ratio or value | note |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {n} | {a * 1e3:.4f} | {b * 1e3:.4f} | {c:.3g} | {note} |" for n, a, b, c, note in rows
    ]
    text = "\n".join(lines)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
