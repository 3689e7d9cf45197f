"""Gene pairs: whole numbers, exact on pairs made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.expression import ReadOptions
from resistype.library import Library, Signature, load_library
from resistype.score import IndexedSets, ScoreOptions, score, score_sets

PAIRS = np.array([[0, 1], [2, 3], [0, 3]])
SETS = IndexedSets.build([[0, 1, 2, 3]], 4).with_pairs([PAIRS])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([4, 3, 2, 1], 3),
        ([1, 2, 3, 4], 0),
        ([2, 1, 1, 3], 1),
        ([1, 1, 1, 1], 0),  # a tie is not above
        ([0, 0, 5, 0], 1),
        ([-1, -2, 0, -1], 2),
        ([np.nan, 1, 3, 2], np.nan),  # one pair of three left
        ([3, np.nan, 3, 2], 2),
    ],
)
def test_by_hand(row: list[float], expected: float) -> None:
    found = score_sets(np.array([row], float), SETS, method="gene_pairs")

    np.testing.assert_array_equal(found, [[expected]])


def test_genes_not_found() -> None:
    sets = SETS.with_pairs([[[0, 1], [-1, 3], [0, -1]]])
    half = SETS.with_pairs([[[0, 1], [2, 3], [0, -1], [-1, 2]]])
    row = np.array([[4.0, 3.0, 2.0, 1.0]])

    assert np.isnan(score_sets(row, sets, method="gene_pairs")).all()
    np.testing.assert_array_equal(score_sets(row, half, method="gene_pairs"), [[2.0]])


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_any_scale_that_keeps_order(row: list[int]) -> None:
    values = np.array([row], float)
    expected = sum(values[0, a] > values[0, b] for a, b in PAIRS)

    for scale in (
        values,
        np.log2(values + 1),
        values * 1e6,
        sp.csr_matrix(values),
        values.astype(np.float32),
    ):
        np.testing.assert_array_equal(score_sets(scale, SETS, method="gene_pairs"), [[expected]])


def test_a_signature_without_pairs_is_nan_and_noted() -> None:
    library = Library(
        [
            Signature(id="bag", name="bag", up=("B2M", "TAP1")),
            Signature(id="two", name="two", up=("B2M", "CD8A"), pairs=(("B2M", "CD8A"),)),
        ]
    )
    table = pd.DataFrame([[3.0, 2.0, 1.0]], columns=["B2M", "CD8A", "TAP1"], index=["s"])

    found = score(
        table,
        library,
        method=["gene_pairs", "singscore"],
        options=ScoreOptions(read=ReadOptions(unit="log2")),
    )

    assert found.to_frame("gene_pairs").loc["s"].to_dict() == pytest.approx(
        {"bag": np.nan, "two": 1.0}, nan_ok=True
    )
    assert "1 signatures have no gene pairs and no score from gene_pairs: bag." in found.notes
    assert not np.isnan(found["singscore"]).any()


def test_impres_has_fifteen_pairs_and_reaches_all_of_them() -> None:
    impres = load_library()["impres_pairs"]
    assert impres.pairs is not None
    genes = sorted(impres.genes)
    first = {pair[0] for pair in impres.pairs}
    sets = IndexedSets.build([range(len(genes))], len(genes)).with_pairs(
        [[[genes.index(a), genes.index(b)] for a, b in impres.pairs]]
    )
    rng = np.random.default_rng(0)
    values = rng.random((200, len(genes)))

    found = score_sets(values, sets, method="gene_pairs")[:, 0]

    expected = [
        sum(row[genes.index(a)] > row[genes.index(b)] for a, b in impres.pairs) for row in values
    ]
    assert len(impres.pairs) == 15
    assert first
    np.testing.assert_array_equal(found, expected)
    assert (found == np.round(found)).all()
