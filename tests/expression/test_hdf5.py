"""h5ad, 10x h5 and zarr: names, layers, tables of cells, old formats."""

from __future__ import annotations

from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import Backed, ReadOptions, read_expression
from resistype.expression import hdf5 as module
from resistype.expression import hdf5 as stored
from tests.expression.build import (
    COUNTS,
    GENES,
    LOGS,
    SAMPLES,
    annotated,
    dense,
    write_10x,
    write_h5ad,
    write_zarr,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_h5ad(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS), logs=LOGS)


def test_names_values_and_cells(path: Path) -> None:
    data = read_expression(path)

    assert (data.genes, data.samples, data.unit) == (GENES, SAMPLES, "counts")
    assert np.array_equal(dense(data.values), COUNTS)
    assert data.obs["patient"].tolist() == ["P1", "P1", "P2", "P2"]
    assert data.obs["age"].tolist() == [61, 61, 40, 40]
    assert data.obs.index.tolist() == list(SAMPLES)


def test_a_layer(path: Path) -> None:
    data = read_expression(path, ReadOptions(layer="logs"))

    assert data.unit == "log2"
    assert np.array_equal(dense(data.values), LOGS)


def test_a_layer_that_is_not_there(path: Path) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression(path, ReadOptions(layer="raw"))

    assert (
        str(caught.value)
        == f"E312 {path} has no layers/raw; the layers are: logs. Name one with layer=."
    )


def test_another_column_of_gene_names(tmp_path: Path) -> None:
    adata = annotated()
    adata.var_names = [f"ENSG{number:011d}" for number in range(8)]
    adata.write_h5ad(tmp_path / "a.h5ad")

    assert read_expression(tmp_path / "a.h5ad", ReadOptions(gene_names="symbol")).genes == GENES


def test_a_column_of_gene_names_that_is_not_there(path: Path) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression(path, ReadOptions(gene_names="gene_symbol"))

    assert (
        str(caught.value)
        == "E311 There is no column 'gene_symbol' in /var; the columns are: symbol."
    )


def test_large_files_stay_on_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 100)

    assert isinstance(read_expression(path).values, Backed)
    assert not isinstance(read_expression(path, ReadOptions(backed=False)).values, Backed)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (ReadOptions(backed=True, orientation="genes_x_samples"), "it had to be turned"),
        (
            ReadOptions(backed=True, duplicates="sum"),
            "genes that occur more than once had to be merged",
        ),
    ],
)
def test_what_must_change_is_read_into_memory(
    tmp_path: Path, options: ReadOptions, why: str
) -> None:
    genes = (*GENES[:-1], "CD8A") if options.duplicates == "sum" else GENES
    adata = annotated()
    adata.var_names = pd.Index(genes)
    adata.write_h5ad(tmp_path / "a.h5ad")

    data = read_expression(tmp_path / "a.h5ad", options)

    assert isinstance(data.values, np.ndarray)
    assert data.notes[0] == f"The matrix was read into memory: {why}."


def test_repeated_genes_of_a_backed_matrix_are_refused_with_their_values(tmp_path: Path) -> None:
    adata = annotated(sp.csr_matrix(COUNTS))
    adata.var_names = pd.Index((*GENES[:-1], "CD8A"))
    adata.write_h5ad(tmp_path / "a.h5ad")

    with pytest.raises(ExpressionError, match=r"CD8A x2\); values differ in 1 of them"):
        read_expression(tmp_path / "a.h5ad", ReadOptions(backed=True))


@pytest.mark.parametrize("absent", ["obs", "var"])
def test_an_h5_file_that_is_no_h5ad(path: Path, absent: str) -> None:
    with h5py.File(path, "r+") as file:
        del file[absent]

    with pytest.raises(ExpressionError) as caught:
        read_expression(path)

    assert str(caught.value).startswith(
        f"E317 {path} is not an h5ad file: it has no {absent}. Its top level holds: X, "
    )


def test_a_matrix_of_text(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["X"]
        file["X"] = np.full((4, 8), b"x")

    with pytest.raises(ExpressionError) as caught:
        read_expression(path)

    assert str(caught.value) == f"E503 {path}: X holds |S1, not numbers. Write numbers into it."


def test_a_transposed_h5ad_gets_the_remedy(tmp_path: Path) -> None:
    annotated(sp.csr_matrix(COUNTS)).T.write_h5ad(tmp_path / "a.h5ad")

    with pytest.raises(
        ExpressionError,
        match=r'E701 Genes seem to be in rows: .*pass orientation="genes_x_samples"',
    ):
        read_expression(tmp_path / "a.h5ad")

    data = read_expression(tmp_path / "a.h5ad", ReadOptions(orientation="genes_x_samples"))
    assert data.samples == SAMPLES
    assert np.array_equal(dense(data.values), COUNTS)


def test_columns_of_cells_of_every_kind(tmp_path: Path) -> None:
    adata = annotated()
    adata.obs["gap"] = pd.Categorical(["a", None, "b", "a"])
    adata.obs["nullable"] = pd.array([1, None, 3, 4], dtype="Int64")
    adata.obs["flag"] = pd.array([True, None, False, True], dtype="boolean")
    adata.obs["text"] = ["ä", "b", "c", "d"]
    adata.obs["number"] = [0.5, np.nan, 2.0, 3.0]
    adata.write_h5ad(tmp_path / "a.h5ad")

    obs = read_expression(tmp_path / "a.h5ad").obs

    assert obs["gap"].astype(object).where(obs["gap"].notna(), None).tolist() == [
        "a",
        None,
        "b",
        "a",
    ]
    assert obs["nullable"].tolist()[0] == 1
    assert obs["nullable"].isna().tolist() == [False, True, False, False]
    assert obs["flag"].tolist() == [True, None, False, True]
    assert obs["text"].tolist() == ["ä", "b", "c", "d"]
    assert obs["number"].isna().tolist() == [False, True, False, False]


def test_columns_of_unknown_kind_are_left_out(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["obs/strange/deep"] = 1
        file["obs/square"] = np.zeros((4, 4))

    assert list(read_expression(path).obs.columns) == ["age", "patient"]


def test_a_table_of_records_of_anndata_0_6(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5ad", "w") as file:
        file["X"] = COUNTS
        file["obs"] = np.array(
            [(name.encode(), 1.0) for name in SAMPLES], dtype=[("index", "S20"), ("age", "f8")]
        )
        file["var"] = np.array([(name.encode(),) for name in GENES], dtype=[("index", "S20")])

    data = read_expression(tmp_path / "a.h5ad")

    assert (data.genes, data.samples) == (GENES, SAMPLES)


def test_a_sparse_matrix_of_anndata_0_6(tmp_path: Path) -> None:
    matrix = sp.csr_matrix(COUNTS)
    path = write_h5ad(tmp_path / "a.h5ad")
    with h5py.File(path, "r+") as file:
        del file["X"]
        group = file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", COUNTS.shape
        group["data"], group["indices"], group["indptr"] = (
            matrix.data,
            matrix.indices,
            matrix.indptr,
        )

    assert np.array_equal(dense(read_expression(path).values), COUNTS)


def test_old_categories_are_decoded(shared: Path) -> None:
    """Written by anndata 0.7: codes in the column, names in ``__categories``."""
    data = read_expression(shared / "data/scirpy_tcr/wu2020_200_v0_6.h5ad")

    assert set(data.obs["source"]) == {"Blood", "NAT", "Tumor"}


def test_10x_names_and_cells(tmp_path: Path) -> None:
    data = read_expression(write_10x(tmp_path / "a.h5"))

    assert (data.genes, data.samples) == (GENES, SAMPLES)
    assert np.array_equal(dense(data.values), COUNTS)
    assert data.notes[0] == "10x: genes are named by the column 'name'."


def test_10x_with_repeated_symbols_uses_the_ids(tmp_path: Path) -> None:
    data = read_expression(write_10x(tmp_path / "a.h5", names=(*GENES[:-1], "CD8A")))

    assert data.genes[0] == "ENSG00000000001"
    assert (
        data.notes[0]
        == "10x: genes are named by the column 'id'; some symbols occur more than once, so the"
        " ids are used."
    )


def test_10x_keeps_genes_only(tmp_path: Path) -> None:
    kinds = ("Gene Expression",) * 6 + ("Antibody Capture",) * 2

    data = read_expression(write_10x(tmp_path / "a.h5", kinds=kinds), ReadOptions(backed=True))

    assert data.genes == GENES[:6]
    assert np.array_equal(dense(data.values), COUNTS[:, :6])
    assert (
        "2 features are not of the type 'Gene Expression' (Antibody Capture) and were left out."
        in data.notes
    )


def test_10x_without_the_column_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_expression(write_10x(tmp_path / "a.h5"), ReadOptions(gene_names="symbol"))

    assert (
        str(caught.value)
        == "E311 There is no column 'symbol' in the features; the columns are: feature_type, id,"
        " name."
    )


def test_10x_with_names_missing(tmp_path: Path) -> None:
    path = write_10x(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["matrix/barcodes"]
        file["matrix/barcodes"] = np.array(["x"], dtype="S")

    with pytest.raises(
        ExpressionError, match=r"E313 .* the matrix is 4 × 8, with 1 barcodes, 8 genes"
    ):
        read_expression(path)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("values", [COUNTS, sp.csr_matrix(COUNTS)], ids=["dense", "csr"])
def test_zarr_of_both_formats(tmp_path: Path, version: int, values: object) -> None:
    data = read_expression(write_zarr(tmp_path / "a.zarr", values, version=version))

    assert (data.genes, data.samples) == (GENES, SAMPLES)
    assert np.array_equal(dense(data.values), COUNTS)
    assert data.obs["patient"].tolist() == ["P1", "P1", "P2", "P2"]
    assert len(data.digest) == 64


def test_a_folder_that_is_no_zarr(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()

    with pytest.raises(
        ExpressionError, match=r"E313 .*a\.zarr cannot be read as an h5ad, 10x h5 or zarr file"
    ):
        read_expression(tmp_path / "a.zarr")


def test_the_file_is_closed_after_reading(path: Path) -> None:
    read_expression(path)

    anndata.read_h5ad(path).write_h5ad(path)


def test_a_group_is_told_from_an_array(path: Path) -> None:
    with h5py.File(path) as file:
        assert stored.is_group(file["obs"])
        assert not stored.is_group(file["obs/age"])
