"""Cohorts on the editor: scores are those of `score` to the bit, changes are those of the pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from resistype.curation.cohort import CohortData
from resistype.errors import SamplesError
from resistype.expression import ReadOptions, as_expression
from resistype.library import Library, Signature
from resistype.score import ScoreOptions, score

GENES = ["B2M", "TAP1", "TAP2", "STAT1", "IRF1", "CXCL9", "GZMB", "TOX", "LAG3", "CD8A"]
MINE = Signature(id="mine", name="Mine", up=("B2M", "TAP1", "STAT1"), down=("TOX",))
ROWS = [f"P{i // 2}-{'Pre' if i % 2 == 0 else 'On'}" for i in range(8)]


def matrix(seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).integers(0, 6, (8, 10)).astype(float) + 0.25
    return pd.DataFrame(values, index=ROWS, columns=GENES)


def table() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"patient": [name[:2] for name in ROWS], "time": [name[3:] for name in ROWS]}, index=ROWS
    )
    return frame.assign(response=["R", "R", "NR", "NR", "R", "R", None, None], age=np.arange(8.0))


def cohort(**given: str) -> CohortData:
    return CohortData(matrix(), table(), by="response", **given)


@given(
    st.integers(0, 10_000),
    st.sets(st.sampled_from(GENES), min_size=1, max_size=6),
    st.integers(0, 6),
)
@settings(deadline=None, max_examples=40)
def test_scores_are_those_of_score(seed: int, genes: set[str], cut: int) -> None:
    names = sorted(genes)
    made = Signature(id="mine", name="Mine", up=tuple(names[cut:]), down=tuple(names[:cut]))
    found, why = CohortData(matrix(seed), table()).score(made)
    wanted = score(
        matrix(seed), Library([made]), options=ScoreOptions(warn_below=0.0), n_jobs=1
    ).to_frame()

    assert why == ""
    np.testing.assert_array_equal(found, wanted["mine"].to_numpy())


def test_sparse_rows_give_the_same() -> None:
    plain = as_expression(matrix().round())
    thin = replace(plain, values=sparse.csr_array(np.asarray(plain.values)))
    np.testing.assert_array_equal(CohortData(thin).score(MINE)[0], CohortData(plain).score(MINE)[0])


def test_genes_that_were_not_measured_in_a_sample_are_left_out_of_it() -> None:
    holed = matrix()
    holed.iloc[2, 1] = np.nan
    data = as_expression(holed, ReadOptions(nan="drop"))
    assert np.isnan(np.asarray(data.values)).any()
    wanted = score(
        data, Library([MINE]), options=ScoreOptions(warn_below=0.0), n_jobs=1
    ).to_frame()["mine"]

    np.testing.assert_array_equal(CohortData(data).score(MINE)[0], wanted.to_numpy())


def test_too_few_genes_is_no_score_and_says_why() -> None:
    far = Signature(id="far", name="Far", up=("B2M", "ACTB", "GAPDH"))
    values, why = cohort().score(far)

    assert np.isnan(values).all()
    assert why == "far: 1 of 3 genes are in the data; under half there is no score"
    assert cohort().score(None)[1] == ""


def test_groups_hold_every_sample_once() -> None:
    data = cohort()
    found = data.spread(None, MINE)
    values, _ = data.score(MINE)

    assert [(group.name, len(group.after)) for group in found.groups] == [("NR", 2), ("R", 4)]
    assert found.groups[0].after == tuple(values[2:4].tolist())
    assert found.notes == ("2 without a value in 'response' are not shown",)
    assert all(np.isnan(one) for group in found.groups for one in group.before)


def test_changes_are_later_minus_baseline_of_the_same_patient() -> None:
    data = cohort(patient="patient", timepoint="time", baseline="Pre")
    values, _ = data.score(MINE)
    found = data.spread(None, MINE, by="time", change=True)

    assert found.title == "change of the score from Pre (ssGSEA, ES / N)"
    assert [(group.name, group.after) for group in found.groups] == [
        ("On", tuple((values[1::2] - values[::2]).tolist()))
    ]


def test_order_of_the_samples_table_does_not_matter() -> None:
    mixed = table().iloc[::-1]
    one = CohortData(
        matrix(), mixed, by="response", patient="patient", timepoint="time", baseline="Pre"
    )
    two = cohort(patient="patient", timepoint="time", baseline="Pre")

    assert one.spread(MINE, MINE, change=True) == two.spread(MINE, MINE, change=True)


def test_columns_are_those_that_split_into_few_groups() -> None:
    assert cohort().columns == ("patient", "time", "response")


def test_a_table_that_knows_fewer_samples_is_told(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    table().iloc[:6].rename_axis("sample").to_csv(path, sep="\t")
    data = CohortData(
        matrix(), path, by="response", patient="patient", timepoint="time", baseline="Pre"
    )

    assert data.notes == ("2 samples of the matrix are not in the samples table.",)
    assert data.pairs is not None
    assert data.pairs.tolist() == [[1, 0], [3, 2], [5, 4]]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: CohortData(matrix(), table(), by="age"),
            "E903 There is no column 'age' with 2 to 12 values",
        ),
        (lambda: cohort().spread(None, MINE, by="nope"), "E903 There is no column 'nope'"),
        (lambda: cohort().spread(None, MINE, change=True), "E911 Changes need columns of patients"),
        (lambda: cohort(patient="patient", timepoint="time", baseline="Week"), "E906"),
    ],
)
def test_what_is_not_there_is_told(act: object, message: str) -> None:
    with pytest.raises(SamplesError, match=message):
        act()  # type: ignore[operator]


def test_of_many_samples_so_many_are_drawn_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.curation.cohort.MOST", 5)
    data = cohort()

    assert data.notes[0] == "5 of 8 samples were drawn at random (seed 0)."
    assert (data.expression.n_obs, data.whole.n_obs) == (5, 8)
    assert data.score(MINE)[0].shape == (5,)


def test_real_cohorts_give_the_figures_of_score(shared: Path) -> None:
    folder = shared / "data" / "riaz_pairs"
    data = CohortData(
        folder / "counts.symbols.parquet", folder / "samples.tsv", by="response",
        patient="patient", timepoint="timepoint", baseline="Pre",
    )  # fmt: skip
    found = data.spread(None, MINE, change=True)

    assert data.pairs is not None
    assert len(data.pairs) == 43
    assert {group.name: len(group.after) for group in found.groups} == {"NR": 18, "R": 9, "SD": 15}
    wanted = score(
        data.whole, Library([MINE]), options=ScoreOptions(warn_below=0.0), n_jobs=1
    ).to_frame()["mine"]
    np.testing.assert_array_equal(data.score(MINE)[0], wanted.to_numpy())
