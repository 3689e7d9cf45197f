"""Portraits from a made-up clone: published score and votes, abstention, who is refused and who
is warned.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from resistype.errors import CoverageWarning, ExpressionError, ReferenceDataError, SchemeError
from resistype.expression import Expression, ReadOptions
from resistype.opinions import (
    PortraitFiles,
    PortraitOptions,
    PortraitScaler,
    portrait_scores,
    portraits,
    read_portrait_clone,
)
from tests.opinions.test_subtypes_files import make_clone

HOT = ("CD8A", "GZMA", "PRF1", "CXCL9", "IFNG", "GZMB")
FIBRE = ("COL1A1", "COL1A2", "FAP", "ACTA2", "TGFB1", "LUM")
SETS = {"Hot": HOT, "Fibre": FIBRE}
CORNERS = {"IE": (1, -1), "IE/F": (1, 1), "F": (-1, 1), "D": (-1, -1)}


def files(n: int = 50, *, spread: float = 0.5, seed: int = 0) -> PortraitFiles:
    """A reference of four types at the corners of two signatures."""
    rng = np.random.default_rng(seed)
    names = [f"REF-{label}-{number}" for label in CORNERS for number in range(n)]
    rows = [rng.normal(corner, spread) for corner in CORNERS.values() for _ in range(n)]
    labels = pd.Series([name.split("-")[1] for name in names], index=names)
    return PortraitFiles(dict(SETS), pd.DataFrame(rows, index=names, columns=list(SETS)), labels)


def cohort(n: int = 40, *, seed: int = 1) -> pd.DataFrame:
    """Samples of the four types in turn."""
    rng = np.random.default_rng(seed)
    genes = [*HOT, *FIBRE, *(f"ZNF{number}" for number in range(700, 760))]
    values = rng.normal(6, 1, size=(n, len(genes)))
    for row in range(n):
        hot, fibre = list(CORNERS.values())[row % 4]
        values[row, :6] += 1.2 * hot
        values[row, 6:12] += 1.2 * fibre
    return pd.DataFrame(np.abs(values), index=[f"P{row}" for row in range(n)], columns=genes)


def test_planted_types_are_found() -> None:
    found = portraits(cohort(), files())
    truth = np.array(list(CORNERS) * 10)

    assert (found["nearest"].to_numpy() == truth).mean() > 0.8
    right, called = (
        found["nearest"].to_numpy() == truth,
        (found["prediction"] != "unassigned").to_numpy(),
    )
    assert right[called].mean() >= right.mean()
    assert list(found.columns) == [
        *("prediction", "nearest", "votes_D", "votes_F", "votes_IE", "votes_IE/F"),
        *("fraction_D", "fraction_F", "fraction_IE", "fraction_IE/F"),
    ]
    np.testing.assert_allclose(found.filter(like="fraction_").sum(axis=1), 1.0)
    assert (found.filter(like="votes_").sum(axis=1) == 35).all()
    assert found.attrs["doi"] == "10.1016/j.ccell.2021.04.014"
    assert found.attrs["scale"] == "this cohort (n=40)"
    assert "non-commercial" in found.attrs["licence"]
    assert found.attrs["coverage"] == {"Hot": "6/6", "Fibre": "6/6"}


def slow(data: pd.DataFrame, made: PortraitFiles) -> pd.DataFrame:
    """The published way step by step with pandas, and scikit-learn's neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    ranks = data.rank(axis=1, method="max")
    raw = {}
    for name, genes in SETS.items():
        mine = ranks[list(genes)]
        raw[name] = (mine**1.25).sum(axis=1) / (mine**0.25).sum(axis=1) - (
            data.shape[1] - len(genes) + 1
        ) / 2
    scores = pd.DataFrame(raw)
    scaled = ((scores - scores.median()) / (scores - scores.mean()).abs().mean()).clip(-2, 2)
    model = KNeighborsClassifier(35).fit(made.reference.clip(-2, 2), made.labels)
    return pd.DataFrame(model.predict_proba(scaled), index=data.index, columns=model.classes_)


def test_shares_are_those_of_the_published_way() -> None:
    data, made = cohort(60), files()
    expected = slow(data, made)
    found = portraits(data, made)

    np.testing.assert_allclose(found.filter(like="fraction_"), expected, rtol=0, atol=1e-12)
    assert found["nearest"].tolist() == expected.idxmax(axis=1).tolist()


def test_the_call_is_the_nearest_or_nothing_and_follows_the_votes() -> None:
    found = portraits(cohort(120), files(spread=1.2))
    shares = np.sort(found.filter(like="fraction_").to_numpy(), axis=1)
    firm = (shares[:, -1] >= 0.5) & (shares[:, -1] - shares[:, -2] >= 0.15 - 1e-12)

    assert (found["prediction"] == np.where(firm, found["nearest"], "unassigned")).all()
    assert 0 < firm.sum() < 120


@pytest.mark.parametrize("unit", ["log2", "counts", "tpm"])
def test_the_unit_does_not_matter(unit: Any) -> None:
    counts = (2 ** cohort()).round()
    data = {"counts": counts, "tpm": counts, "log2": np.log2(counts + 1)}[unit]
    found = portrait_scores(data, SETS, read=ReadOptions(unit=unit))

    pd.testing.assert_frame_equal(found, portrait_scores(counts, SETS), check_exact=True)


def test_sparse_and_dense_give_the_same_bits() -> None:
    data = cohort().where(cohort() > 5.5, 0.0)
    names = {
        "genes": tuple(data.columns),
        "samples": tuple(data.index),
        "obs": pd.DataFrame(index=data.index),
    }
    dense = Expression(data.to_numpy(), unit="log2", **names)
    sparse = Expression(sp.csr_matrix(data.to_numpy()), unit="log2", **names)

    pd.testing.assert_frame_equal(
        portrait_scores(sparse, SETS), portrait_scores(dense, SETS), check_exact=True
    )


def test_a_sample_has_the_same_score_whoever_is_beside_it() -> None:
    data = cohort()

    pd.testing.assert_frame_equal(
        portrait_scores(data.iloc[[7]], SETS),
        portrait_scores(data, SETS).iloc[[7]],
        check_exact=True,
    )


def test_old_names_of_genes_are_found() -> None:
    renamed = cohort().rename(columns={"CD8A": "ENSG00000153563"})

    pd.testing.assert_frame_equal(
        portrait_scores(renamed, SETS), portrait_scores(cohort(), SETS), check_exact=True
    )


# cohorts


def test_one_sample_is_refused_with_both_ways_out() -> None:
    with pytest.raises(ReferenceDataError) as caught:
        portraits(cohort().iloc[:1], files())

    assert (
        str(caught.value)
        == "R101 Subtypes of 1 sample cannot be scaled: scores mean something only among other"
        " samples. Give the whole cohort, or scaler=PortraitScaler.load(…) that was fitted on a"
        " cohort of the same kind."
    )


def test_one_sample_is_called_on_a_kept_scale_as_in_its_cohort(tmp_path: Path) -> None:
    data = cohort()
    scaler = PortraitScaler.fit(portrait_scores(data, SETS), name="melanoma")
    kept = PortraitScaler.load(scaler.save(tmp_path / "scale.json"))
    alone = portraits(data.iloc[[5]], files(), scaler=kept)

    pd.testing.assert_frame_equal(alone, portraits(data, files()).iloc[[5]], check_exact=True)
    assert alone.attrs["scale"] == "frozen: melanoma (n=40)"


@pytest.mark.parametrize(("n", "warned"), [(29, True), (30, False)])
def test_small_cohorts_are_warned(n: int, warned: bool) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        portraits(cohort(n), files())

    said = [str(one.message) for one in caught]
    assert said == (
        ["W301 Subtypes are scaled among 29 samples; below 30 they move with the other samples."]
        if warned
        else []
    )
    assert all(one.filename == __file__ for one in caught)


def test_a_small_cohort_on_a_kept_scale_is_not_warned() -> None:
    scaler = PortraitScaler.fit(portrait_scores(cohort(), SETS), name="melanoma")

    assert len(portraits(cohort(5), files(), scaler=scaler)) == 5


def test_a_scaler_of_other_signatures_is_refused() -> None:
    scaler = PortraitScaler.fit(portrait_scores(cohort(), {"Other": HOT}), name="other")
    with pytest.raises(
        SchemeError, match="S133 Scaler 'other': 1 signatures are not in the scores: Other"
    ):
        portraits(cohort(), files(), scaler=scaler)


# genes and values


def test_few_genes_are_refused_for_all_signatures_at_once() -> None:
    with pytest.raises(SchemeError) as caught:
        portrait_scores(cohort().drop(columns=[*HOT[:4], *FIBRE[:4]]), SETS)

    assert (
        str(caught.value) == "S133 Too few genes for this classifier: 2 problems\n"
        "  - Hot: 2 of 6 genes are in the data; at least half are needed\n"
        "  - Fibre: 2 of 6 genes are in the data; at least half are needed"
    )


def test_reduced_coverage_is_warned() -> None:
    with pytest.warns(CoverageWarning) as caught:
        found = portrait_scores(cohort().drop(columns=list(HOT[:2])), SETS)

    (message,) = [str(one.message) for one in caught]
    assert (
        message
        == "W201 Reduced coverage of 1 of 2 gene sets: Hot 4/6. The labels rest on the genes found."
    )
    assert found.attrs["coverage"] == {"Hot": "4/6", "Fibre": "6/6"}


def test_missing_values_are_refused() -> None:
    data = cohort()
    data.iloc[3, 20] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            ExpressionError, match=r"E501 1 of 40 samples have missing values .* \(P3\); whole"
        ):
            portrait_scores(data, SETS, read=ReadOptions(nan="drop"))


def test_options_out_of_range_are_told_at_once() -> None:
    with pytest.raises(SchemeError) as caught:
        PortraitOptions(k=0, clip=0, min_fraction=1.5, min_margin=-1)

    assert (
        str(caught.value)
        == "S134 Options of the subtypes: 4 problems\n  - k=0: wanted a whole number from 1\n"
        "  - clip=0: wanted a number above 0\n  - min_fraction=1.5: wanted a number from 0 to 1\n"
        "  - min_margin=-1: wanted a number from 0 to 1"
    )


def test_more_neighbours_than_reference_samples_are_refused() -> None:
    with pytest.raises(
        SchemeError,
        match="S134 k=35 neighbours of 32 reference samples cannot vote; give a smaller k",
    ):
        portraits(cohort(), files(8))


def test_from_a_folder_to_calls(tmp_path: Path) -> None:
    made = read_portrait_clone(make_clone(tmp_path / "clone"))
    data = cohort().rename(columns={"ZNF700": "MYC", "ZNF701": "SOX2"})
    found = portraits(data, made, options=PortraitOptions(k=9))

    assert set(found["nearest"]) <= {"IE", "IE/F", "F", "D"}


def test_nothing_of_the_authors_is_in_the_package() -> None:
    package = Path(portraits.__code__.co_filename).parents[1]
    names = [path.name.lower() for path in package.rglob("*") if path.suffix in {".gmt", ".tsv"}]

    assert not [name for name in names if "mfp" in name or "bagaev" in name or "portrait" in name]
