"""Situations that users of other tools reported: names, units, features and columns of a matrix."""

from __future__ import annotations

import warnings
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, as_expression

FILL = tuple(f"FILL{i}" for i in range(200))
RNG = np.random.default_rng(0)


def genes_of(signature: str = "mhc1_core") -> list[str]:
    return [*rt.load_library()[signature].genes, *FILL]


@pytest.mark.parametrize("copy", ["B2M-1", "B2M.1"])
def test_b1_a_renamed_copy_is_told_and_joined_when_asked_for(copy: str) -> None:
    genes = genes_of()
    table = pd.DataFrame(RNG.poisson(50.0, (4, len(genes))), index=list("abcd"), columns=genes)
    table[copy], table["B2M"] = table["B2M"], 0

    kept = as_expression(table)
    joined = as_expression(table, ReadOptions(duplicates="sum"))

    assert any(f"{copy} of B2M" in note and 'duplicates="sum"' in note for note in kept.notes)
    assert joined.n_genes == kept.n_genes - 1
    assert joined.values[:, joined.genes.index("B2M")].tolist() == table[copy].tolist()


def test_b1_names_that_end_like_a_copy_are_not_taken_for_one() -> None:
    genes = ["NKX2-1", "NKX2-5", "HLA-DRB1", "B2M", "TAP1", "AC000.1"]
    table = pd.DataFrame(RNG.poisson(50.0, (2, 6)), index=["a", "b"], columns=genes)

    assert as_expression(table, ReadOptions(duplicates="sum")).genes == tuple(genes)


@pytest.mark.parametrize("duplicates", ["error", "sum"])
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_c8_missing_symbols_are_no_gene_of_one_name(missing: Any, duplicates: Any) -> None:
    names = ["B2M", "TAP1", "CD8A", missing, missing, missing]
    var = pd.DataFrame({"symbol": names}, index=list("uvwxyz"))
    data = ad.AnnData(np.arange(12.0).reshape(2, 6) + 1, pd.DataFrame(index=["a", "b"]), var)
    options = ReadOptions(gene_names="symbol", duplicates=duplicates, unit="counts")

    genes = as_expression(data, options).genes

    assert genes == ("B2M", "TAP1", "CD8A", "unnamed_1", "unnamed_2", "unnamed_3")


def test_c9_antibodies_do_not_move_library_sizes() -> None:
    genes = genes_of()
    rna = RNG.poisson(5.0, (4, len(genes))).astype(np.float32)
    both = np.hstack([rna, np.full((4, 2), 5000, np.float32)])
    kind = ["Gene Expression"] * len(genes) + ["Antibody Capture"] * 2
    var = pd.DataFrame({"feature_types": kind}, index=[*genes, "CD3_TotalSeqB", "Hashtag1"])
    cite = ad.AnnData(both, pd.DataFrame(index=list("abcd")), var)

    data = as_expression(cite)

    assert np.array_equal(data.library_size, rna.sum(axis=1))
    assert any("2 features are not of the type" in note for note in data.notes)


@pytest.mark.parametrize(("base", "unit"), [(None, "ln"), (2, "log2"), (10, "log2")])
def test_c12_the_base_of_logs_is_read_from_uns(base: int | None, unit: str) -> None:
    counts = RNG.poisson(RNG.gamma(0.5, 4.0, 600), (80, 600)).astype(np.float32)
    obs = pd.DataFrame(index=[f"c{i}" for i in range(80)])
    logs = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    logs = logs / np.log(base or np.e)
    cells = ad.AnnData(logs, obs, pd.DataFrame(index=[f"G{i}" for i in range(600)]))
    cells.uns["log1p"] = {"base": base}

    part = as_expression(cells[:, :200].copy())

    assert part.unit == unit
    assert "uns['log1p']" in part.read_as
    share = np.log2(counts[:, 0] / counts.sum(axis=1) * 1e4 + 1)
    assert np.allclose(part.log2(np.array([0]))[:, 0], share, atol=1e-4)


def test_c12_logs_that_uns_names_and_the_values_are_not() -> None:
    """Counts put back into X leave the word of log1p behind."""
    cells = ad.AnnData(RNG.poisson(2.0, (5, 50)).astype(float))
    cells.uns["log1p"] = {"base": None}

    with pytest.raises(ExpressionError, match=r"E405 uns\['log1p'\] says natural logs.* unit="):
        as_expression(cells)
    assert as_expression(cells, ReadOptions(unit="counts")).unit == "counts"


@pytest.mark.parametrize("kind", ["Int64", "float64[pyarrow]", pd.SparseDtype(float, 0.0)])
def test_s2_the_kind_of_a_column_changes_no_value(kind: Any) -> None:
    """What it costs is held by tests/bench/reading.py."""
    values = RNG.poisson(2.0, (10, 400)).astype(float)
    plain = pd.DataFrame(values, [f"s{i}" for i in range(10)], [f"G{i}" for i in range(400)])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(as_expression(plain.astype(kind)).values, values)
