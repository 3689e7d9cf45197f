"""Into and out of an AnnData: by name, under fixed keys, in a form that h5ad takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression import Backed, ReadOptions, as_expression
from resistype.expression.anndata import is_anndata, safe_names, write_obs
from tests.expression.build import COUNTS, GENES, LOGS, SAMPLES, annotated, dense, write_h5ad

CALLS = pd.DataFrame(
    {"ifng": ["chronic", None, "not_assessable"], "apm": ["intact", "defect_expression", "intact"]},
    index=["P2_post", "P1_pre", "P1_post"],
)
SCORES = pd.DataFrame({"IFN/ISG": [1.5, 2.0], "CYT": [0.25, np.nan]}, index=["P2_pre", "P1_pre"])


def test_only_an_anndata_is_one() -> None:
    assert is_anndata(annotated())
    assert not is_anndata(pd.DataFrame())


def test_reading_a_table_does_not_load_anndata(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("gene,case-1,case-2\nCD8A,1,2\nB2M,3,5\nTAP1,3,4\n")
    code = (
        "import sys; from resistype.expression import read_expression;"
        f" read_expression({str(tmp_path / 'a.csv')!r}); print('anndata' in sys.modules, 'h5py' in"
        " sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split()[0] == "False"


@pytest.mark.parametrize(
    "values", [COUNTS, sp.csr_matrix(COUNTS), sp.csc_matrix(COUNTS), sp.csr_array(COUNTS)]
)
def test_a_matrix_in_any_form(values: Any) -> None:
    data = as_expression(annotated(values))

    assert (data.genes, data.samples, data.unit) == (GENES, SAMPLES, "counts")
    assert np.array_equal(dense(data.values), COUNTS)
    assert data.obs["patient"].tolist() == ["P1", "P1", "P2", "P2"]


def test_layers_and_columns_of_names() -> None:
    adata = annotated(logs=LOGS)
    adata.var_names = [f"ENSG{number:011d}" for number in range(8)]

    data = as_expression(adata, ReadOptions(layer="logs", gene_names="symbol"))

    assert (data.genes, data.unit) == (GENES, "log2")


def test_a_view_is_read_as_it_is_seen() -> None:
    data = as_expression(
        annotated(sp.csr_matrix(COUNTS))[["P2_post", "P1_pre"], ["TAP1", "CD8A", "B2M"]]
    )

    assert (data.samples, data.genes) == (("P2_post", "P1_pre"), ("TAP1", "CD8A", "B2M"))
    assert np.array_equal(dense(data.values), COUNTS[np.ix_([3, 0], [2, 0, 1])])


@pytest.mark.parametrize("values", [COUNTS, sp.csr_matrix(COUNTS)])
def test_a_backed_anndata_stays_on_disk(tmp_path: Path, values: Any) -> None:
    adata = anndata.read_h5ad(write_h5ad(tmp_path / "a.h5ad", values), backed="r")

    data = as_expression(adata)
    seen = as_expression(adata[["P2_post"]])

    assert isinstance(data.values, Backed)
    assert data.log2().tobytes() == as_expression(annotated(values)).log2().tobytes()
    assert np.array_equal(dense(seen.values), COUNTS[[3]])
    adata.file.close()


def test_a_backed_anndata_stored_by_columns_is_loaded(tmp_path: Path) -> None:
    adata = anndata.read_h5ad(write_h5ad(tmp_path / "a.h5ad", sp.csc_matrix(COUNTS)), backed="r")

    assert np.array_equal(dense(as_expression(adata).values), COUNTS)
    adata.file.close()


def test_the_anndata_is_not_touched_by_reading() -> None:
    adata = annotated(sp.csr_matrix(COUNTS.astype("i4")))
    before = adata.copy()

    as_expression(adata).log2()

    assert (adata.X != before.X).nnz == 0
    assert adata.X.dtype == np.int32
    pd.testing.assert_frame_equal(adata.obs, before.obs)


BAD = {
    "layer": (ReadOptions(layer="raw"), "E312 There is no layer 'raw'; the layers are: logs."),
    "names": (
        ReadOptions(gene_names="id"),
        "E311 There is no column 'id' in var; the columns are: symbol.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_there_is_named(case: str) -> None:
    options, message = BAD[case]

    with pytest.raises(ExpressionError) as caught:
        as_expression(annotated(logs=LOGS), options)

    assert str(caught.value) == message


def test_an_anndata_without_a_matrix() -> None:
    adata = anndata.AnnData(
        obs=pd.DataFrame(index=list(SAMPLES)), var=pd.DataFrame(index=list(GENES))
    )

    with pytest.raises(ExpressionError) as caught:
        as_expression(adata)

    assert (
        str(caught.value)
        == "E312 The AnnData has no X. Name a layer with layer=; the layers are: none."
    )


def test_a_transposed_anndata() -> None:
    with pytest.raises(ExpressionError, match="E701 Genes seem to be in rows: 8 of 8 row names"):
        as_expression(annotated(sp.csr_matrix(COUNTS)).T)

    turned = as_expression(
        annotated(sp.csr_matrix(COUNTS)).T, ReadOptions(orientation="genes_x_samples")
    )
    assert np.array_equal(dense(turned.values), COUNTS)


def test_calls_are_joined_by_name() -> None:
    adata = annotated()

    write_obs(adata, CALLS)

    assert adata.obs["resistype_ifng"].astype(object).where(
        adata.obs["resistype_ifng"].notna(), None
    ).tolist() == [
        None,
        "not_assessable",
        None,
        "chronic",
    ]
    assert adata.obs["resistype_apm"].tolist()[0] == "defect_expression"
    assert adata.obs["age"].tolist() == [61, 61, 40, 40], "what was there stays"


def test_scores_are_joined_by_name() -> None:
    adata = annotated()

    write_obs(adata, CALLS, scores=SCORES)

    table = adata.obsm["resistype_scores"]
    assert list(table.columns) == ["IFN_ISG", "CYT"]
    assert table.loc["P2_pre"].tolist() == [1.5, 0.25]
    assert table.loc["P1_post"].isna().all()
    assert adata.uns["resistype"]["scores"].tolist() == ["IFN/ISG", "CYT"], "the names as they were"


RECORD = {
    "scheme": "acquired_resistance@1.0.0",
    "n": 4,
    "share": 0.5,
    "exact": True,
    "a/b": "a name with a slash",
    "inputs": {"digest": "ab12", "nothing": None, "list": ["x", "y"], "numbers": np.arange(3)},
    "mixed": [1, "two", None],
    "empty": [],
    "path": Path("x.csv"),
}


def test_all_that_is_written_survives_a_file(tmp_path: Path) -> None:
    adata = annotated()
    write_obs(adata, CALLS, scores=SCORES, record=RECORD)
    adata.write_h5ad(tmp_path / "a.h5ad")
    again = anndata.read_h5ad(tmp_path / "a.h5ad")

    kept = again.uns["resistype"]
    assert (kept["format"], kept["format_version"], kept["scheme"]) == (
        "resistype",
        1,
        "acquired_resistance@1.0.0",
    )
    assert kept["a_b"] == "a name with a slash"
    assert list(kept["inputs"]["list"]) == ["x", "y"]
    assert (kept["inputs"]["nothing"], kept["mixed"], kept["empty"]) == (
        "null",
        '[1, "two", null]',
        "[]",
    )
    assert kept["path"] == '"x.csv"'
    assert again.obs["resistype_apm"].astype(str).tolist()[3] == "intact"
    assert again.obsm["resistype_scores"].loc["P2_pre", "CYT"] == 0.25


def test_writing_twice_replaces(tmp_path: Path) -> None:
    adata = annotated()
    write_obs(adata, CALLS)
    write_obs(adata, CALLS.replace("intact", "loss"))

    assert adata.obs["resistype_apm"].dropna().tolist() == ["defect_expression", "loss", "loss"]


UNJOINED = {
    "absent": (CALLS.rename(index={"P1_pre": "P9"}), "calls", "are not in the AnnData: P9"),
    "repeated": (pd.concat([CALLS, CALLS.iloc[:1]]), "calls", "occur more than once: P2_post"),
}


@pytest.mark.parametrize("case", UNJOINED)
def test_what_cannot_be_joined_is_refused_and_nothing_written(case: str) -> None:
    calls, what, why = UNJOINED[case]
    adata = annotated()

    with pytest.raises(ExpressionError) as caught:
        write_obs(adata, calls, scores=SCORES)

    assert (
        str(caught.value)
        == f"E315 The {what} cannot be joined by sample name; names that {why}. Nothing was"
        " written."
    )
    assert list(adata.obs.columns) == ["patient", "age"]
    assert not adata.obsm
    assert not adata.uns


def test_scores_that_cannot_be_joined_write_no_calls_either() -> None:
    adata = annotated()

    with pytest.raises(ExpressionError, match="The scores cannot be joined"):
        write_obs(adata, CALLS, scores=SCORES.rename(index={"P1_pre": "P9"}))

    assert list(adata.obs.columns) == ["patient", "age"]


def test_repeated_names_of_cells_are_refused() -> None:
    adata = annotated()
    adata.obs_names = pd.Index(["P1", "P1", "P2", "P3"])

    with pytest.raises(ExpressionError, match="occur more than once in obs_names: P1"):
        write_obs(adata, pd.DataFrame({"apm": ["intact"]}, index=["P2"]))


@given(st.lists(st.text(max_size=8), max_size=12))
def test_safe_names_are_safe_different_and_in_order(names: list[str]) -> None:
    safe = safe_names(names)

    assert len(safe) == len(names)
    assert len(set(safe)) == len(safe)
    assert all(
        set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
        for name in safe
    )
    assert safe_names(safe) == safe


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["a/b", "a b", "a_b"], ("a_b", "a_b_2", "a_b_3")),
        (["a_2", "a", "a"], ("a_2", "a", "a_3")),
        ([""], ("_",)),
        (["Müller"], ("M_ller",)),
    ],
)
def test_examples_of_safe_names(names: list[str], safe: tuple[str, ...]) -> None:
    assert safe_names(names) == safe
