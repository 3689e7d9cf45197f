"""Pseudobulk through scanpy: the sums, whatever the blocks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError, SamplesError
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.systems.cells.pseudobulk import pseudobulk

GENES = ("CD8A", "B2M", "TAP1", "GZMB", "STAT1", "IFNG")


def counts(n: int = 90, *, sparse: bool = False) -> Expression:
    rng = np.random.default_rng(2)
    values = rng.poisson(1.5, size=(n, len(GENES))).astype(float)
    values[:, 0] += values[:, 1] + 1  # no cell with one value in all genes
    samples = tuple(f"c{i}" for i in range(n))
    return Expression(
        values=sp.csr_matrix(values) if sparse else values,
        genes=GENES,
        samples=samples,
        obs=pd.DataFrame(index=pd.Index(samples)),
        unit="counts",
    )


NAMES = ["A"] * 40 + ["B"] * 30 + ["C"] * 20


def by_hand(expression: Expression, name: str) -> np.ndarray:
    values = expression.values.toarray() if sp.issparse(expression.values) else expression.values
    return np.array([row for row, one in zip(values, NAMES, strict=True) if one == name]).sum(
        axis=0
    )


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("memory", ["200", "1KB", "64MB"])
def test_the_sums_are_those_by_hand_whatever_the_blocks(sparse: bool, memory: str) -> None:
    expression = counts(sparse=sparse)
    found = pseudobulk(expression, NAMES, memory=memory)

    assert found.expression.samples == ("A", "B")
    for row, name in enumerate("AB"):
        assert found.expression.values[row].tolist() == by_hand(expression, name).tolist()
    assert found.n_cells.to_dict() == {"A": 40, "B": 30}
    assert found.left_out == {"C": "20 cells, 25 are needed"}


def test_it_can_be_scored_like_any_matrix() -> None:
    found = pseudobulk(counts(), NAMES).expression

    assert found.unit == "counts"
    assert found.log2().shape == (2, len(GENES))
    assert found.obs["n_cells"].tolist() == [40, 30]


def test_a_backed_file_gives_the_same(tmp_path: Path) -> None:
    expression = counts(sparse=True)
    adata = ad.AnnData(expression.values, obs=pd.DataFrame(index=list(expression.samples)))
    adata.var_names = list(GENES)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    backed = as_expression(tmp_path / "cells.h5ad", ReadOptions(backed=True, unit="counts"))

    assert np.array_equal(
        pseudobulk(backed, NAMES, memory="1KB").expression.values,
        pseudobulk(expression, NAMES).expression.values,
    )


def test_cells_without_a_sample_are_left_out() -> None:
    names = [None if i % 2 else name for i, name in enumerate(NAMES)]
    found = pseudobulk(counts(), names, min_cells=10)

    assert found.n_cells.to_dict() == {"A": 20, "B": 15, "C": 10}


def test_order_of_the_cells_does_not_matter() -> None:
    expression = counts()
    order = np.random.default_rng(0).permutation(90)
    mixed = expression.select([expression.samples[i] for i in order])

    assert np.array_equal(
        pseudobulk(expression, NAMES).expression.values,
        pseudobulk(mixed, [NAMES[i] for i in order]).expression.values,
    )


def test_logarithms_are_not_added() -> None:
    log = Expression(np.ones((2, 6)), GENES, ("a", "b"), pd.DataFrame(index=["a", "b"]), "log2")
    with pytest.raises(
        ExpressionError, match="E404 Pseudobulk adds up counts; these values are of unit 'log2'"
    ):
        pseudobulk(log, ["A", "A"])


def test_too_few_cells_everywhere() -> None:
    with pytest.raises(SamplesError, match="E963 No sample has 100 cells; the largest has 40"):
        pseudobulk(counts(), NAMES, min_cells=100)


def test_names_must_go_with_the_cells() -> None:
    with pytest.raises(SamplesError, match="E962 3 sample names for 90 cells"):
        pseudobulk(counts(), ["A", "B", "C"])
