"""Second opinions: the published figures, who is refused, who is warned, and what never changes
an answer.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import CohortWarning, ExpressionError, ReferenceDataError, SchemeError
from resistype.expression import Expression, ReadOptions
from resistype.opinions.frame import UNASSIGNED
from resistype.opinions.templates import OpinionOptions, second_opinion

GOLDEN = (
    Path(__file__).resolve().parents[1] / "data" / "ntp"
)  # recipe.R there says how they were made
CLASSES = ("IFN_up", "AP_loss", "Dysf")

HOT = ["CD8A", "GZMA", "PRF1", "CXCL9", "IFNG", "GZMB"]
COLD = ["MYC", "SOX2", "CTNNB1", "AXIN2", "LEF1", "TCF7"]
STROMA = ["COL1A1", "COL1A2", "FAP", "ACTA2", "TGFB1", "LUM"]
THREE = {"hot": HOT, "cold": COLD, "stroma": STROMA}


@pytest.fixture(scope="module")
def golden() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return (
        pd.read_csv(GOLDEN / "expression.csv", index_col=0),
        pd.read_csv(GOLDEN / "templates.csv"),
        pd.read_csv(GOLDEN / "expected.csv", index_col=0),
    )


def quiet(data: Any, templates: Any, **options: Any) -> pd.DataFrame:
    """A second opinion without the warnings about cohorts, which have tests of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CohortWarning)
        return second_opinion(data, templates, **options)


def cohort(
    n: int = 30, *, classes: tuple[str, ...] = ("hot", "cold", "stroma"), seed: int = 0
) -> pd.DataFrame:
    """Samples of the classes in turn: their markers 2 log2 units above those of the others; 60
    further genes.
    """
    rng = np.random.default_rng(seed)
    genes = [*HOT, *COLD, *STROMA, *(f"ZNF{number}" for number in range(700, 760))]
    values = rng.normal(6, 0.8, size=(n, len(genes)))
    for row in range(n):
        mine = THREE[classes[row % len(classes)]]
        values[row, [genes.index(gene) for gene in mine]] += 2
    return pd.DataFrame(np.abs(values), index=[f"P{row}" for row in range(n)], columns=genes)


def test_predictions_and_distances_are_those_of_the_r_package(
    golden: tuple[pd.DataFrame, ...],
) -> None:
    data, templates, expected = golden
    opinion = quiet(data, templates, options=OpinionOptions(n_perm=2000))

    assert opinion["nearest"].tolist() == expected["prediction"].tolist()
    for name in CLASSES:
        np.testing.assert_allclose(
            opinion[f"distance_{name}"], expected[f"d.{name}"], rtol=0, atol=1e-9
        )


def test_p_is_that_of_the_r_package_within_monte_carlo_error(
    golden: tuple[pd.DataFrame, ...],
) -> None:
    data, templates, expected = golden
    opinion = quiet(data, templates, options=OpinionOptions(n_perm=20_000))
    p = opinion["p"].to_numpy()
    error = np.sqrt(p * (1 - p) / 2000 + p * (1 - p) / 20_000)  # both sides were drawn

    assert np.abs(p - expected["p.value"]).max() < 0.02
    assert (np.abs(p - expected["p.value"]) < 4 * error + 2 / 2000).all()
    assert ((opinion["fdr"] < 0.05) == (expected["FDR"] < 0.05)).all()


def test_samples_of_no_class_are_unassigned(golden: tuple[pd.DataFrame, ...]) -> None:
    data, templates, _ = golden
    opinion = quiet(data, templates)

    assert set(opinion["prediction"].iloc[3::4]) == {UNASSIGNED}
    assert {
        name: set(opinion["prediction"].iloc[i::4]) - {UNASSIGNED} for i, name in enumerate(CLASSES)
    } == {name: {name} for name in CLASSES}


def test_the_smallest_p_is_not_that_of_the_r_package(golden: tuple[pd.DataFrame, ...]) -> None:
    data, templates, expected = golden
    opinion = quiet(data, templates, options=OpinionOptions(n_perm=2000))

    assert expected["p.value"].min() == 1 / 2000
    assert opinion["p"].min() == 1 / 2001


def test_planted_classes_are_found() -> None:
    opinion = quiet(cohort(), THREE)

    assert (
        opinion["prediction"].to_numpy() == np.array(["hot", "cold", "stroma"] * 10)
    ).mean() >= 0.9
    assert list(opinion.columns) == [
        *("prediction", "nearest", "p", "fdr"),
        *("distance_hot", "distance_cold", "distance_stroma"),
    ]
    assert opinion.index.name == "sample"
    assert opinion.attrs["doi"] == "10.1371/journal.pone.0015543"
    assert opinion.attrs["coverage"] == {"hot": "6/6", "cold": "6/6", "stroma": "6/6"}


def test_two_classes_have_mirrored_distances() -> None:
    opinion = quiet(cohort(classes=("hot", "cold")), {"hot": HOT, "cold": COLD})
    hot, cold = opinion["distance_hot"], opinion["distance_cold"]

    np.testing.assert_allclose(hot**2 + cold**2, 1.0)
    assert (opinion["nearest"].to_numpy() == np.array(["hot", "cold"] * 15)).all()


def slow_distance(data: pd.DataFrame, row: int, markers: list[str], every: list[str]) -> float:
    z = (data - data.mean()) / data.std(ddof=1)
    x, template = z.iloc[row][every], np.array([float(gene in markers) for gene in every])
    return float(np.sqrt((1 - x @ template / (np.linalg.norm(x) * np.linalg.norm(template))) / 2))


def test_distances_are_the_definition() -> None:
    data = cohort(12)
    opinion = quiet(data, THREE)
    slow = [
        [slow_distance(data, row, THREE[name], [*HOT, *COLD, *STROMA]) for name in THREE]
        for row in range(12)
    ]

    np.testing.assert_allclose(
        opinion[[f"distance_{name}" for name in THREE]], slow, rtol=0, atol=1e-12
    )


def test_without_scaling_genes_keep_their_spread() -> None:
    data = cohort(12).assign(CD8A=lambda frame: frame["CD8A"] * 3)
    plain = quiet(data, THREE, options=OpinionOptions(scale=False))
    x = (data - data.mean()).iloc[0]
    cosine = x[HOT].sum() / np.sqrt(6) / np.linalg.norm(x[[*HOT, *COLD, *STROMA]])

    assert plain["distance_hot"].iloc[0] == pytest.approx(np.sqrt((1 - cosine) / 2), abs=1e-12)
    assert (plain["distance_hot"] != quiet(data, THREE)["distance_hot"]).any()


def test_a_gene_that_never_varies_changes_nothing_and_breaks_nothing() -> None:
    data = cohort(12).assign(CD8A=5.0)
    for scale in (True, False):
        opinion = quiet(data, THREE, options=OpinionOptions(scale=scale))
        assert np.isfinite(opinion.drop(columns=["prediction", "nearest"]).to_numpy()).all()


SAME = {
    "two jobs": {"n_jobs": 2},
    "all jobs": {"n_jobs": -1},
}


@pytest.mark.parametrize("how", SAME.values(), ids=SAME.keys())
def test_jobs_do_not_change_a_bit(how: dict[str, int]) -> None:
    data = cohort(40)
    one, other = quiet(data, THREE, n_jobs=1), quiet(data, THREE, **how)

    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 7), (1000, 1000)])
def test_blocks_do_not_change_a_bit(
    monkeypatch: pytest.MonkeyPatch, rows: int, columns: int
) -> None:
    data = cohort(20)
    whole = quiet(data, THREE)
    module = sys.modules[
        "resistype.opinions.templates"
    ]  # the room gives the function the same name
    monkeypatch.setattr(module, "_ROWS", rows)
    monkeypatch.setattr(module, "_COLUMNS", columns)

    pd.testing.assert_frame_equal(quiet(data, THREE), whole, check_exact=True)


def test_the_order_of_genes_does_not_matter() -> None:
    data = cohort(20)
    turned = data.iloc[:, np.random.default_rng(1).permutation(data.shape[1])]

    pd.testing.assert_frame_equal(quiet(turned, THREE), quiet(data, THREE), check_exact=True)


def test_the_order_of_samples_does_not_matter() -> None:
    data = cohort(20)
    opinion, turned = quiet(data, THREE), quiet(data[::-1], THREE)

    pd.testing.assert_frame_equal(turned.loc[opinion.index], opinion, rtol=0, atol=1e-12)
    assert turned.index[0] == "P19"


def test_the_seed_decides_the_draws_and_nothing_else() -> None:
    data = cohort(20)
    first = quiet(data, THREE, options=OpinionOptions(seed=1))
    second = quiet(data, THREE, options=OpinionOptions(seed=2))

    pd.testing.assert_frame_equal(
        quiet(data, THREE, options=OpinionOptions(seed=1)), first, check_exact=True
    )
    assert (first["p"] != second["p"]).any()
    pd.testing.assert_series_equal(first["distance_hot"], second["distance_hot"], check_exact=True)


def test_an_old_name_of_a_gene_gives_the_same_answer() -> None:
    data = cohort(20)
    old = {**THREE, "hot": [*HOT[:-1], "GZMB"], "stroma": [*STROMA[:-1], "LUM"]}
    renamed = data.rename(columns={"GZMB": "ENSG00000100453"})

    left, right = quiet(renamed, old), quiet(data, THREE)
    pd.testing.assert_series_equal(left["nearest"], right["nearest"])
    np.testing.assert_allclose(left["distance_hot"], right["distance_hot"], rtol=0, atol=1e-12)


def test_counts_and_their_log_agree() -> None:
    counts = (2 ** cohort(20)).round().astype(int)
    per_million = counts.div(counts.sum(axis=1), axis=0) * 1e6
    left = quiet(counts, THREE)
    right = quiet(
        np.log2(per_million + 1), THREE, options=OpinionOptions(read=ReadOptions(unit="log2"))
    )

    np.testing.assert_allclose(left["distance_hot"], right["distance_hot"], rtol=0, atol=1e-12)


# who is refused and who is warned


def test_one_sample_is_refused_with_the_way_out() -> None:
    with pytest.raises(ReferenceDataError) as caught:
        second_opinion(cohort(30).iloc[:1], THREE)

    assert (
        str(caught.value)
        == "R101 Nearest template prediction needs a cohort of at least 10 samples, got 1 sample;"
        " centred on itself it is all zeros. Give the whole cohort, or use method='centroid',"
        " which works on one sample."
    )


@pytest.mark.parametrize("n", [2, 9])
def test_few_samples_are_refused(n: int) -> None:
    with pytest.raises(ReferenceDataError, match=f"R101 .* got {n} samples. Give the whole cohort"):
        second_opinion(cohort(30).iloc[:n], THREE)


@pytest.mark.parametrize(
    ("n", "codes"), [(10, ["W303", "W301"]), (29, ["W303", "W301"]), (30, ["W303"])]
)
def test_cohorts_are_warned(n: int, codes: list[str]) -> None:
    with pytest.warns(CohortWarning) as caught:
        second_opinion(cohort(n), THREE, options=OpinionOptions(n_perm=99))

    assert [str(one.message)[:4] for one in caught] == codes
    assert all(one.filename == __file__ for one in caught)


def test_a_cohort_of_one_class_is_split_and_the_opinion_says_so() -> None:
    data = cohort(30, classes=("hot",))
    with pytest.warns(
        CohortWarning, match="W303 .* a cohort that holds one class only is split into all classes"
    ):
        opinion = second_opinion(data, THREE)

    assert opinion["nearest"].nunique() == 3
    assert (opinion["prediction"] == UNASSIGNED).mean() > 0.8
    assert "split into all classes all the same" in opinion.attrs["caveats"][0]


def test_samples_without_counts_are_named() -> None:
    counts = (2 ** cohort(20)).round().astype(int)
    counts.iloc[3] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ExpressionError) as caught:
            second_opinion(counts, THREE)

    assert (
        str(caught.value)
        == "E501 1 of 20 samples have missing values or no counts at all (P3); whole samples are"
        " compared. Leave these samples out."
    )


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(
        SchemeError, match=r"S123 There is no classifier 'pam50'; there are 'ntp' and 'centroid'\."
    ):
        second_opinion(cohort(30), THREE, method="pam50")  # type: ignore[arg-type]


def test_options_out_of_range_are_told_at_once() -> None:
    with pytest.raises(SchemeError) as caught:
        OpinionOptions(n_perm=10, fdr=0, min_cor=2)

    assert (
        str(caught.value) == "S123 Options of the nearest class: 3 problems\n"
        "  - n_perm=10: wanted a whole number from 99\n"
        "  - fdr=0: wanted a number above 0 to 1\n"
        "  - min_cor=2: wanted a number from -1 to 1"
    )


def test_values_that_were_centred_before_are_refused() -> None:
    data = cohort(12)
    centred = Expression(
        (data - data.mean()).to_numpy(),
        tuple(data.columns),
        tuple(data.index),
        pd.DataFrame(index=data.index),
        "scaled",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CohortWarning)
        with pytest.raises(ExpressionError, match="E404"):
            second_opinion(centred, THREE)


# centroids


def centroids() -> pd.DataFrame:
    data = cohort(90, seed=5)
    profiles = {name: data.iloc[number::3].mean() for number, name in enumerate(THREE)}
    return pd.DataFrame({**profiles, "mean": data.mean()})


def test_the_nearest_centroid_is_found_in_one_sample_as_in_many() -> None:
    data = cohort(30)
    opinion = second_opinion(data, centroids(), method="centroid")
    alone = second_opinion(data.iloc[[4]], centroids(), method="centroid")

    assert (opinion["nearest"].to_numpy() == np.array(["hot", "cold", "stroma"] * 10)).mean() >= 0.9
    pd.testing.assert_frame_equal(alone, opinion.iloc[[4]], check_exact=True)
    assert list(opinion.columns) == [
        *("prediction", "nearest", "margin", "separation"),
        *("r_hot", "r_cold", "r_stroma", "r_mean"),
    ]


def test_correlations_are_those_of_pandas() -> None:
    data, table = cohort(12), centroids()
    opinion = second_opinion(data, table, method="centroid")

    for name in table:
        np.testing.assert_allclose(
            opinion[f"r_{name}"], data.T.corrwith(table[name]), rtol=0, atol=1e-12
        )


def test_a_weak_correlation_is_unassigned_and_has_no_separation() -> None:
    opinion = second_opinion(
        cohort(12), centroids(), method="centroid", options=OpinionOptions(min_cor=0.999)
    )

    assert set(opinion["prediction"]) == {UNASSIGNED}
    assert opinion["separation"].isna().all()
    assert opinion["margin"].notna().all()


def test_the_threshold_itself_is_enough() -> None:
    best = second_opinion(cohort(12), centroids(), method="centroid").filter(like="r_").max(axis=1)
    options = OpinionOptions(min_cor=float(best.iloc[0]))

    opinion = second_opinion(cohort(12), centroids(), method="centroid", options=options)
    assert opinion["prediction"].iloc[0] == "hot"


def test_a_flat_sample_is_unassigned() -> None:
    data = cohort(12)
    data.iloc[2] = 4.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opinion = second_opinion(data, centroids(), method="centroid")

    assert opinion["prediction"].iloc[2] == UNASSIGNED
    assert opinion.filter(like="r_").iloc[2].isna().all()
