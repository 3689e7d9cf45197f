"""One matrix through every way in: the same values, genes, samples and unit, and so the same
scores.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp

import resistype as rt
from resistype.cli import main
from resistype.expression import ReadOptions
from resistype.score import ScoreOptions
from resistype.widgets import Runner
from tests.expression.build import COUNTS, GENES, SAMPLES, frame

SETS = {"mhc": ["B2M", "TAP1"], "t cells": ["CD8A", "GZMA"]}
Way = tuple[Any, ReadOptions]


def adata() -> ad.AnnData:
    data = ad.AnnData(COUNTS.copy(), pd.DataFrame(index=SAMPLES), pd.DataFrame(index=GENES))
    data.raw = data.copy()
    data.layers["counts"] = sp.csr_matrix(COUNTS)
    return data


def text(ending: str, **words: Any) -> Callable[[Path], Way]:
    def way(folder: Path) -> Way:
        frame(COUNTS).T.to_csv(folder / f"a{ending}", **words)
        return folder / f"a{ending}", ReadOptions()

    return way


def gct(folder: Path) -> Way:
    body = frame(COUNTS).T.to_csv(sep="\t").partition("\n")[2]
    rows = [line.replace("\t", "\tna\t", 1) for line in body.splitlines()]
    head = ["#1.2", f"{len(GENES)}\t{len(SAMPLES)}", "\t".join(["Name", "Description", *SAMPLES])]
    (folder / "a.gct").write_text("\n".join([*head, *rows]) + "\n")
    return folder / "a.gct", ReadOptions()


def tenx(folder: Path) -> Way:
    place = folder / "filtered"
    place.mkdir()
    scipy.io.mmwrite(place / "matrix.mtx", sp.coo_matrix(COUNTS.T.astype(int)))
    (place / "genes.tsv").write_text("".join(f"ENSG{k}\t{g}\n" for k, g in enumerate(GENES)))
    (place / "barcodes.tsv").write_text("".join(f"{name}\n" for name in SAMPLES))
    return place, ReadOptions()


def tenx_h5(folder: Path) -> Way:
    """As Cell Ranger writes it: a column per cell, features with id, name and kind."""
    values = sp.csc_matrix(COUNTS.T.astype(int))
    words = {
        "barcodes": SAMPLES,
        "features/id": [f"ENSG{k}" for k in range(len(GENES))],
        "features/name": GENES,
        "features/feature_type": ["Gene Expression"] * len(GENES),
        "features/genome": ["GRCh38"] * len(GENES),
    }
    with h5py.File(folder / "a.h5", "w") as file:
        group = file.create_group("matrix")
        for name in ("data", "indices", "indptr", "shape"):
            group[name] = getattr(values, name)
        for name, texts in words.items():
            group[name] = np.array(texts, dtype="S")
    return folder / "a.h5", ReadOptions()


def workbook(folder: Path) -> Way:
    pytest.importorskip("openpyxl", reason="the extra tables is not installed")
    frame(COUNTS).T.to_excel(folder / "a.xlsx")
    return folder / "a.xlsx", ReadOptions()


def h5ad(**options: Any) -> Callable[[Path], Way]:
    def way(folder: Path) -> Way:
        adata().write_h5ad(folder / "a.h5ad")
        return folder / "a.h5ad", ReadOptions(**options)

    return way


def parquet(folder: Path) -> Way:
    frame(COUNTS).to_parquet(folder / "a.parquet")
    return folder / "a.parquet", ReadOptions()


def zarr(folder: Path) -> Way:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata tells of a later default
        adata().write_zarr(folder / "a.zarr")
    return folder / "a.zarr", ReadOptions()


WAYS: dict[str, Callable[[Path], Way]] = {
    "Int64": lambda _: (frame(COUNTS).astype("Int64"), ReadOptions()),
    "Arrow": lambda _: (frame(COUNTS).astype("double[pyarrow]"), ReadOptions()),
    "sparse": lambda _: (frame(COUNTS).astype(pd.SparseDtype(float, 0.0)), ReadOptions()),
    "sparse round 3": lambda _: (frame(COUNTS).astype(pd.SparseDtype(float, 3.0)), ReadOptions()),
    "sparse round NaN": lambda _: (frame(COUNTS).astype(pd.SparseDtype(float)), ReadOptions()),
    "numbers as text": lambda _: (frame(COUNTS).astype(str), ReadOptions()),
    "turned": lambda _: (frame(COUNTS).T, ReadOptions(orientation="genes_x_samples")),
    "AnnData": lambda _: (adata(), ReadOptions()),
    "AnnData layer": lambda _: (adata(), ReadOptions(layer="counts")),
    "AnnData raw": lambda _: (adata(), ReadOptions(raw=True)),
    "csv": text(".csv"),
    "tsv": text(".tsv", sep="\t"),
    "tsv.gz": text(".tsv.gz", sep="\t"),
    "spaces": text(".txt", sep=" "),
    "semicolons": text(".csv", sep=";"),
    "parquet": parquet,
    "gct": gct,
    "10x folder": tenx,
    "10x h5": tenx_h5,
    "xlsx": workbook,
    "h5ad": h5ad(),
    "h5ad layer": h5ad(layer="counts"),
    "h5ad raw": h5ad(raw=True),
    "h5ad on disk": h5ad(backed=True),
    "zarr": zarr,
}


@pytest.fixture(scope="module")
def wanted() -> pd.DataFrame:
    return rt.score(frame(COUNTS), SETS, method="weighted").to_frame()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_scores(way: str, tmp_path: Path, wanted: pd.DataFrame) -> None:
    data, read = WAYS[way](tmp_path)

    scores = rt.score(data, SETS, method="weighted", options=ScoreOptions(read=read))

    assert scores.unit == "counts"
    pd.testing.assert_frame_equal(scores.to_frame(), wanted, check_exact=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_runner_gives_the_same_scores(way: str, tmp_path: Path, wanted: pd.DataFrame) -> None:
    data, read = WAYS[way](tmp_path)

    runner = Runner.score(data, SETS, method="weighted", options=ScoreOptions(read=read))
    runner.start()
    runner.wait(300)

    assert runner.state["phase"] == "done"
    pd.testing.assert_frame_equal(runner.outcome.to_frame(), wanted, check_exact=True)


# The same words at the command line: the options that a file needs there.
FILES = {
    "csv": [],
    "tsv.gz": [],
    "semicolons": [],
    "parquet": [],
    "gct": [],
    "10x folder": [],
    "10x h5": [],
    "xlsx": [],
    "h5ad": [],
    "h5ad layer": ["--layer", "counts"],
    "h5ad raw": ["--raw"],
    "zarr": [],
}


@pytest.mark.parametrize("way", FILES)
def test_the_command_line_gives_the_same_scores(
    way: str, tmp_path: Path, wanted: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    data, _ = WAYS[way](tmp_path)
    lines = ["\t".join([name.replace(" ", "_"), "x", *genes]) for name, genes in SETS.items()]
    (tmp_path / "a.gmt").write_text("\n".join(lines) + "\n")
    words = ["--signatures", str(tmp_path / "a.gmt"), "--method", "weighted", "--no-progress"]

    with pytest.raises(SystemExit) as end:
        main(["score", str(data), *words, *FILES[way], "--out", str(tmp_path / "s.tsv")])

    assert end.value.code == 0
    scores = pd.read_csv(tmp_path / "s.tsv", sep="\t", index_col=0)
    assert np.allclose(scores.to_numpy(), wanted.to_numpy())
    assert "read as raw counts (recognised by whole numbers" in capsys.readouterr().out
