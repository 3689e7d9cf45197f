"""Driver genes of a selection: the obvious means, whatever the matrix is made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from resistype.errors import InputError
from resistype.expression import Expression, as_expression
from resistype.library import load_library
from resistype.session.drivers import driver_genes


def matrix(n_genes: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    genes = ["B2M", "STAT1", "CXCL9", *(f"GENE{i}" for i in range(n_genes - 3))]
    frame = pd.DataFrame(
        rng.poisson(20, (60, n_genes)), index=[f"S{i}" for i in range(60)], columns=genes
    )
    frame.loc[frame.index[:20], "STAT1"] *= 30
    frame.loc[frame.index[20:], "CXCL9"] = 0
    return frame


SELECTED = np.arange(60) < 20


def test_the_effects_are_differences_of_the_mean_log2_value() -> None:
    found = driver_genes(matrix(), SELECTED, top=30).set_index("gene")
    log2 = pd.DataFrame(as_expression(matrix()).log2(), columns=matrix().columns)
    expected = log2[SELECTED].mean() - log2[~SELECTED].mean()

    assert found["effect"].to_dict() == pytest.approx(expected.to_dict())
    assert found["effect"].abs().is_monotonic_decreasing
    assert found.loc["CXCL9", ["inside", "outside"]].tolist() == [1.0, 0.0]


def test_a_sparse_matrix_says_the_same() -> None:
    dense = as_expression(matrix())
    thin = Expression(
        values=sparse.csr_matrix(np.asarray(dense.values, dtype=np.float64)),
        genes=dense.genes,
        samples=dense.samples,
        obs=dense.obs,
        unit=dense.unit,
        notes=dense.notes,
    )
    one, two = driver_genes(dense, SELECTED), driver_genes(thin, SELECTED)

    assert one["gene"].tolist() == two["gene"].tolist()
    assert np.allclose(one["effect"], two["effect"])


def test_blocks_of_genes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = driver_genes(matrix(), SELECTED)
    monkeypatch.setattr("resistype.session.drivers.BLOCK", 7)

    assert driver_genes(matrix(), SELECTED).equals(whole)


def test_genes_of_several_signatures_are_marked() -> None:
    found = driver_genes(matrix(), SELECTED, library=load_library(), top=30).set_index("gene")

    assert found.loc["STAT1", "shared"]
    assert "benci_isg_rs" in found.loc["STAT1", "signatures"]
    assert not found.loc["GENE0", "shared"]


@pytest.mark.parametrize("selected", [np.zeros(60, dtype=bool), np.ones(60, dtype=bool)])
def test_nothing_or_everything_is_no_comparison(selected: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"V112 (0|60) of 60 observations are selected"):
        driver_genes(matrix(), selected)
