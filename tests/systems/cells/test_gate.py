"""The published gate: its worked cells, its order, and what it says where isoforms are absent."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import ExpressionError, SamplesError
from resistype.expression import Expression
from resistype.systems.cells.gate import CUTS, GENES, NO_ISOFORMS, pseudo_flow, smooth_markers

CD8 = {"CD3D": 1.2, "CD8A": 1.1, "CD4": 0.0, "CD45RA": 0.8, "CCR7": 0.9, "NKG7": 0.0, "FOXP3": 0.0}
CD4 = CD8 | {"CD8A": 0.0, "CD4": 0.6, "FOXP3": 0.9, "NKG7": 0.2}

# the worked cells of the specification, then the boundaries
WORKED = {
    "CD8 Naive": (CD8, "CD8 Naive"),
    "RA 0.2: CM": (CD8 | {"CD45RA": 0.2}, "CD8 CM"),
    "RA 0.2, CCR7 0.1: EM": (CD8 | {"CD45RA": 0.2, "CCR7": 0.1}, "CD8 EM"),
    "RA 0.7, CCR7 0.1: EMRA": (CD8 | {"CD45RA": 0.7, "CCR7": 0.1}, "CD8 EMRA"),
    "T-reg": (CD4, "T-reg"),
    "NKG7 1.5: CD4 CTL, by order": (CD4 | {"NKG7": 1.5}, "CD4 CTL"),
    "both lineages": (CD8 | {"CD8A": 0.9, "CD4": 0.4}, "Unknown"),
    "CD3D 0.6": (CD8 | {"CD3D": 0.6}, None),
    "CD3D exactly at its cut is dropped": (CD8 | {"CD3D": 0.75}, None),
    "CD8A exactly at its cut": (CD8 | {"CD8A": 0.75}, "CD8 Naive"),
    "CD4 exactly at its cut": (CD4 | {"CD4": 0.25}, "T-reg"),
    "CD45RA and CCR7 exactly at their cuts": (CD8 | {"CD45RA": 0.5, "CCR7": 0.5}, "CD8 Naive"),
    "FOXP3 exactly at its cut": (CD4 | {"FOXP3": 0.75}, "T-reg"),
    "NKG7 exactly at its cut": (CD4 | {"NKG7": 1.0}, "CD4 CTL"),
    "neither lineage": (CD8 | {"CD8A": 0.1}, "Unknown"),
    "FOXP3 in a CD8 cell is no T-reg": (CD8 | {"FOXP3": 2.0}, "CD8 Naive"),
    "NKG7 in a CD8 cell is no CD4 CTL": (CD8 | {"NKG7": 3.0, "CCR7": 0.0}, "CD8 EMRA"),
    "CD4 Naive": (CD4 | {"FOXP3": 0.1}, "CD4 Naive"),
}


@pytest.mark.parametrize(("cell", "label"), WORKED.values(), ids=WORKED.keys())
def test_worked_cells(cell: dict[str, float], label: str | None) -> None:
    found = pseudo_flow(pd.DataFrame([cell]))

    assert found.cells["label"].tolist() == [label]
    assert found.message == ""


def test_the_cuts_are_those_of_the_notebook() -> None:
    assert dict(CUTS) == {
        "CD3D": 0.75,
        "CD8A": 0.75,
        "CD4": 0.25,
        "CD45RA": 0.5,
        "CCR7": 0.5,
        "NKG7": 1.0,
        "FOXP3": 0.75,
    }


def test_without_isoforms_the_memory_split_is_not_made() -> None:
    found = pseudo_flow(pd.DataFrame([CD8, CD4, CD4 | {"NKG7": 1.5}]).drop(columns="CD45RA"))

    assert found.cells["label"].tolist() == ["CD8 unresolved", "T-reg", "CD4 CTL"]
    assert found.message == NO_ISOFORMS
    assert "memory split not resolvable; using CCR7/SELL/TCF7/IL7R score instead" in found.message


def one_by_one(cell: dict[str, float]) -> str | None:
    """The notebook's lines, read one after the other for one cell."""
    if not cell["CD3D"] > 0.75:
        return None
    cd8, cd4 = cell["CD8A"] >= 0.75, cell["CD4"] >= 0.25
    subtype = "CD8" if cd8 and not cd4 else "CD4" if cd4 and not cd8 else "Unknown"
    ra, ccr7 = cell["CD45RA"] >= 0.5, cell["CCR7"] >= 0.5
    kind = ""
    if ra:
        kind = "EMRA"
    if ra and ccr7:
        kind = "Naive"
    if not ra and ccr7:
        kind = "CM"
    if not ra and not ccr7:
        kind = "EM"
    if cd4 and cell["FOXP3"] >= 0.75:
        kind = "T-reg"
    if cd4 and cell["NKG7"] >= 1:
        kind = "CD4 CTL"
    if subtype == "Unknown":
        return "Unknown"
    return kind if kind in ("T-reg", "CD4 CTL") else f"{subtype} {kind}"


VALUE = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.8, 1.0, 1.5])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(CD8, VALUE)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_all_cells_at_once_are_one_by_one(cells: list[dict[str, float]]) -> None:
    found = pseudo_flow(pd.DataFrame(cells)).cells["label"]

    assert found.tolist() == [one_by_one(cell) for cell in cells]


def test_counts_name_the_dropped() -> None:
    found = pseudo_flow(pd.DataFrame([CD8, CD8 | {"CD3D": 0.1}, CD8]))

    assert found.counts().to_dict() == {"CD8 Naive": 2, "dropped": 1}


def test_a_marker_that_is_missing_is_named() -> None:
    with pytest.raises(ExpressionError) as caught:
        pseudo_flow(pd.DataFrame([CD8]).drop(columns=["FOXP3", "NKG7"]))

    assert (
        str(caught.value)
        == "E985 The gate needs CD3D, CD8A, CD4, CCR7, NKG7, FOXP3; missing: NKG7, FOXP3."
    )


# --- from a matrix --------------------------------------------------------------------------------


def matrix(n: int = 120, *, sparse: bool = True) -> tuple[Expression, pd.Series, np.ndarray]:
    """Two planted populations, CD8 and T-reg, in two samples and a third that is too small."""
    rng = np.random.default_rng(4)
    genes = (*GENES, *(f"GENE{i}" for i in range(60)))
    cd8 = rng.random(n) < 0.5
    rate = np.full((n, len(genes)), 1.0)
    rate[:, 6:36][cd8] = 6.0
    rate[:, 36:][~cd8] = 6.0
    levels = np.where(cd8[:, None], [3, 3, 0.01, 0.01, 3, 0.01], [3, 0.01, 2, 0.01, 0.01, 3])
    rate[:, :6] = levels
    values = rng.poisson(rate).astype(float)
    names = tuple(f"c{i}" for i in range(n))
    data = sp.csr_matrix(values) if sparse else values
    sample = pd.Series(["s1"] * 55 + ["s2"] * 55 + ["s3"] * (n - 110), index=names)
    return Expression(data, genes, names, pd.DataFrame(index=list(names)), "counts"), sample, cd8


@pytest.fixture(scope="module")
def smoothed() -> tuple[pd.DataFrame, np.ndarray]:
    expression, sample, cd8 = matrix()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return smooth_markers(expression, sample), cd8


def test_planted_cells_come_out_of_the_matrix(smoothed: tuple[pd.DataFrame, np.ndarray]) -> None:
    markers, cd8 = smoothed
    gated = pseudo_flow(markers)
    truth = np.where(cd8[:110], "CD8 unresolved", "T-reg")

    assert (gated.cells["label"].to_numpy() == truth).mean() > 0.95
    assert gated.message == NO_ISOFORMS


def test_small_samples_are_left_out_with_the_reason(
    smoothed: tuple[pd.DataFrame, np.ndarray],
) -> None:
    markers, _ = smoothed

    assert len(markers) == 110
    assert markers.attrs["left_out"] == {"s3": "10 cells, 50 are needed"}


def test_a_marker_is_the_mean_over_twenty_cells_of_the_own_sample(
    smoothed: tuple[pd.DataFrame, np.ndarray],
) -> None:
    markers, cd8 = smoothed
    expression, sample, _ = matrix()
    counts = expression.values.toarray()
    logs = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    own = logs[(sample == "s1").to_numpy()][:, 0]

    assert markers.loc["c0":"c54", "CD3D"].between(own.min(), own.max()).all()
    assert markers["CD8A"].iloc[:55][cd8[:55]].std() < 0.5 * logs[:55, 1][cd8[:55]].std()


def test_dense_and_sparse_give_the_same(smoothed: tuple[pd.DataFrame, np.ndarray]) -> None:
    expression, sample, _ = matrix(sparse=False)

    pd.testing.assert_frame_equal(smooth_markers(expression, sample), smoothed[0])


def test_a_sample_alone_gives_the_same_as_with_others(
    smoothed: tuple[pd.DataFrame, np.ndarray],
) -> None:
    expression, sample, _ = matrix()
    alone = smooth_markers(expression.select(sample.index[:55].tolist()), sample.iloc[:55])

    np.testing.assert_allclose(alone.to_numpy(), smoothed[0].iloc[:55].to_numpy(), atol=1e-9)


def test_isoforms_are_smoothed_too() -> None:
    expression, sample, cd8 = matrix()
    isoform = pd.Series(np.where(cd8, 1.0, 0.0), index=sample.index)
    labels = pseudo_flow(smooth_markers(expression, sample, isoforms=isoform)).cells["label"]

    assert (labels[cd8[:110]] == "CD8 EMRA").mean() > 0.95


def test_no_sample_is_large_enough() -> None:
    expression, sample, _ = matrix()
    with pytest.raises(SamplesError, match="E986 No sample has 500 T cells; the largest has 55"):
        smooth_markers(expression, sample, min_cells=500)


def test_logs_are_refused() -> None:
    expression, sample, _ = matrix()
    log = Expression(
        expression.values, expression.genes, expression.samples, expression.obs, "log2"
    )
    with pytest.raises(ExpressionError, match="E404 The gate starts from counts"):
        smooth_markers(log, sample)


def test_a_matrix_without_a_marker_is_refused() -> None:
    expression, sample, _ = matrix()
    genes = ("OTHER", *expression.genes[1:])
    other = Expression(expression.values, genes, expression.samples, expression.obs, "counts")
    with pytest.raises(ExpressionError, match="not in the matrix: CD3D"):
        smooth_markers(other, sample)
