"""Fitting: values and lines of the rows given, base rates by counting every pair, the same
reference from any order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import CohortWarning, ReferenceDataError
from resistype.expression import Expression
from resistype.scheme import Reference, load_scheme
from resistype.scheme.apply import apply_rules
from resistype.scheme.reference import find_reference, fit_robust
from resistype.scheme.scheme import ABSTENTIONS
from resistype.score import score
from resistype.systems import classify
from resistype.systems.bulk.context import Rows
from resistype.systems.bulk.quantities import measure
from resistype.systems.bulk.reference import (
    _unrelated,
    fit_own,
    fit_reference,
    reference_of,
    with_base_rates,
)
from tests.scheme.build import MINI_GENES, QUICK, context, matrix, scheme, wide_cohort


def table_of(n: int, known: int) -> pd.DataFrame:
    """Purity is known for the first samples only."""
    purity = np.random.default_rng(0).random(n).round(3)
    return pd.DataFrame({"purity": np.where(np.arange(n) < known, purity, np.nan)}, index=range(n))


# ---------------------------------------------------------------- values and lines


def test_values_are_those_of_the_rows() -> None:
    made = context(matrix(1), own=False)
    rows = np.array([7, 2, 2, 9])
    fitted = reference_of(made, rows, name="four")

    assert (fitted.name, fitted.mode, fitted.scheme, fitted.n) == (
        "four",
        "own cohort",
        "mini@1.0.0",
        4,
    )
    assert fitted.genes == MINI_GENES
    for name in ("a_score", "a_z", "b_mean", "b_measured"):
        np.testing.assert_array_equal(fitted.values[name], made.basic[name].values[rows])


def test_what_nobody_has_is_not_kept() -> None:
    fitted = reference_of(context(matrix(1), own=False), np.arange(12), name="r")

    assert not {"thin_score", "thin_mean", "purity", "events", "nlr"} & set(fitted.values)


@pytest.mark.parametrize(("known", "lines"), [(12, 2), (10, 2), (9, 1), (0, 1)])
def test_a_line_needs_ten_samples_with_all_its_terms(known: int, lines: int) -> None:
    fitted = reference_of(
        context(matrix(2), table_of(12, known), own=False), np.arange(12), name="r"
    )

    assert sorted(fitted.regressions) == ["b_mean ~ c_mean", "b_mean ~ c_mean + purity"][:lines]


def test_lines_are_robust_fits_over_the_samples_that_have_all_terms() -> None:
    made = context(matrix(3, 20), table_of(20, 15), own=False)
    fitted = reference_of(made, np.arange(20), name="r")
    b, c, purity = (made.basic[name].values for name in ("b_mean", "c_mean", "purity"))
    plain = fit_robust(b, c[:, None], ("c_mean",))
    full = fit_robust(b[:15], np.column_stack([c, purity])[:15], ("c_mean", "purity"))

    assert fitted.regressions == {"b_mean ~ c_mean": plain, "b_mean ~ c_mean + purity": full}


def test_nine_rows_are_refused_and_ten_warned_about() -> None:
    made = context(matrix(4, 30), own=False)
    made.reference_rows = np.arange(9)
    with pytest.raises(
        ReferenceDataError, match=r"^R101 9 samples cannot be called relative to this cohort"
    ):
        fit_own(made, name="r")
    made.reference_rows = np.arange(10)
    with pytest.warns(
        CohortWarning, match=r"^W301 The reference has 10 samples; below 30 about one call in ten"
    ):
        assert fit_own(made, name="r").n == 10
    made.reference_rows = None
    assert fit_own(made, name="r").n == 30


# ---------------------------------------------------------------- base rates


@cache
def rates(pairs: bool) -> pd.DataFrame:
    made = context(matrix(5), own=False)
    return with_base_rates(
        made, reference_of(made, np.arange(12), name="r"), pairs=pairs
    ).base_rates


def shares(table: pd.DataFrame, axis: str, label: str) -> dict[str, tuple[float, int]]:
    """Proportion and n of a label for each basis, that of the first row first."""
    rows = table[(table["axis"] == axis) & (table["label"] == label)]
    assert rows["basis"].is_unique
    numbers = zip(rows["proportion"].tolist(), rows["n"].tolist(), strict=True)
    return dict(zip(rows["basis"], numbers, strict=True))


def test_base_rates_against_counting_every_pair() -> None:
    """One pair at a time, each sample in turn as the baseline of each other."""
    made = context(matrix(5))
    alone: dict[str, Counter[str]] = {axis.id: Counter() for axis in scheme().axes}
    paired: dict[str, Counter[str]] = {axis.id: Counter() for axis in scheme().axes}
    for now in range(12):
        for before in (-1, *range(12)):
            if before == now:
                continue
            calls = apply_rules(
                scheme(), measure(made, Rows(np.array([now]), np.array([before])))
            ).calls
            for axis, call in calls.items():
                (alone if before < 0 else paired)[axis][str(call[0])] += 1
    for axis in scheme().axes:
        changes = [name for name, label in axis.labels.items() if label.needs_baseline]
        for label in (*axis.labels, *ABSTENTIONS):
            of_pairs = {"unrelated reference pairs": (paired, 132)}
            of_samples = {"reference samples": (alone, 12)}
            both = of_pairs | of_samples if label in ABSTENTIONS else of_pairs
            ways = both if changes and label in (*changes, *ABSTENTIONS) else of_samples
            found = shares(rates(True), axis.id, label)
            assert list(found) == list(ways)
            for basis, (counted, total) in ways.items():
                assessed = total - counted[axis.id]["not_assessable"]
                n = total if label == "not_assessable" else assessed
                wanted = counted[axis.id][label] / n
                assert found[basis] == (pytest.approx(wanted), n), (axis.id, label)


def test_without_pairs_changes_are_not_counted() -> None:
    table = rates(False)

    assert set(table["basis"]) == {"reference samples"}
    assert not table["label"].isin(["up", "stable", "both"]).any()
    assert shares(table, "course", "high")["reference samples"][1] == 12


def test_shares_of_an_axis_add_up() -> None:
    """Over pairs: every change, every level (counted alone) aside, each pair has one call."""
    for pairs in (True, False):
        table = rates(pairs)
        assert table["proportion"].between(0, 1).all()
        without = table[table["axis"] == "loss"]
        assessed = without[without["label"] != "not_assessable"]
        assert assessed["proportion"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("n", "expected"), [(2, 2), (12, 132), (45, 1980), (46, 2000), (100, 2000)]
)
def test_pairs_of_different_samples_at_most_2000(n: int, expected: int) -> None:
    rows = np.random.default_rng(0).permutation(1000)[:n]
    found = _unrelated(rows, 3)
    seen = set(zip(found.index.tolist(), found.baseline.tolist(), strict=True))

    assert len(seen) == len(found.index) == expected
    assert all(now != before for now, before in seen)
    assert {now for now, _ in seen} <= set(rows.tolist())
    if expected == n * (n - 1):
        assert seen == {(a, b) for a in rows.tolist() for b in rows.tolist() if a != b}


def test_the_draw_of_pairs_hangs_on_the_seed_alone() -> None:
    first, again, other = (_unrelated(np.arange(60), seed) for seed in (3, 3, 4))

    assert first.index.tolist() == again.index.tolist()
    assert first.baseline.tolist() == again.baseline.tolist()
    assert first.baseline.tolist() != other.baseline.tolist()


def test_a_draw_of_pairs_is_near_the_count_over_all() -> None:
    """2000 of 3540 pairs: within three standard errors of the share over all of them."""
    made = context(matrix(6, 60))
    calls = apply_rules(scheme(), measure(made, _all(60))).calls["course"]
    whole = float(np.mean(calls == "up"))
    drawn = with_base_rates(
        made, reference_of(made, np.arange(60), name="r"), pairs=True
    ).base_rates
    found, n = shares(drawn, "course", "up")["unrelated reference pairs"]

    assert n == 2000
    assert found == pytest.approx(whole, abs=3 * (whole * (1 - whole) / 2000) ** 0.5)


def _all(n: int) -> Rows:
    now, before = np.nonzero(~np.eye(n, dtype=bool))
    return Rows(now, before)


# ---------------------------------------------------------------- a frozen reference


@cache
def before() -> Expression:
    expression, table = wide_cohort()
    return expression.select(list(table.loc[table["timepoint"] == "Pre", "sample"]))


LIKE = replace(QUICK, same_as="before")


@cache
def frozen() -> Reference:
    return fit_reference(
        before(), name="before", about={"tumour_type": "none", "library": "made up"}, n_jobs=1
    )


def test_frozen_and_own_agree_where_the_cohort_is_the_same() -> None:
    own, by_frozen = (
        classify(before(), options=QUICK),
        classify(before(), reference=frozen(), options=LIKE),
    )

    # values of the reference are kept in hundredths, and its scores in the genes it expresses
    compared = by_frozen.design["comparable"].to_numpy() == "yes"
    assert compared.mean() > 0.9
    numbers = [
        "ifng_level",
        "isg_rs_level",
        "mhc1_residual",
        "b2m_residual",
        "dysfunction_residual",
    ]
    np.testing.assert_allclose(
        own.quantities.loc[compared, numbers],
        by_frozen.quantities.loc[compared, numbers],
        atol=0.05,
    )
    for axis in own.scheme.axes:
        one, other = (c.verdicts.calls[axis.id][compared] for c in (own, by_frozen))
        assert np.mean(one == other) > 0.9
    assert (own.reference["mode"], by_frozen.reference["mode"]) == ("own cohort", "frozen")


def test_the_order_of_samples_and_the_number_of_jobs_decide_nothing() -> None:
    turned = before().select(list(before().samples[::-1]))

    assert (
        fit_reference(turned, name="before", about=frozen().about, n_jobs=2).digest
        == frozen().digest
    )


def test_a_frozen_reference_says_where_it_comes_from() -> None:
    assert frozen().about == {"unit": "log2", "tumour_type": "none", "library": "made up"}
    assert (frozen().mode, frozen().is_own, frozen().n) == ("frozen", False, 32)
    assert frozen().scheme == "acquired_resistance@1.1.0"
    assert set(frozen().genes_of) == set(load_scheme("acquired_resistance").signatures)


def test_scores_by_other_methods_are_stored_for_stability() -> None:
    expression = before().select(sorted(before().samples))
    stored = {name for name in frozen().values if "@" in name}
    scored = ("ifng_score", "isg_rs_score", "isg_unshared_score", "ifng_gs_score", "oxphos_score")

    assert stored == {f"{name}@{method}" for name in scored for method in ("singscore", "zscore")}
    for method in ("singscore", "zscore"):  # in the order of the other values
        table = score(expression, ["hallmark_ifng_without_ap"], method=method, n_jobs=1).to_frame()
        np.testing.assert_allclose(
            frozen().values[f"ifng_score@{method}"], table.iloc[:, 0], rtol=1e-12
        )


def test_a_saved_reference_gives_the_same_calls(tmp_path: Path) -> None:
    frozen().save(tmp_path / "before.json")
    some = before().select(["P03-Pre", "P20-Pre"])
    direct = classify(some, reference=frozen(), options=LIKE)
    saved = classify(some, reference=tmp_path / "before.json", options=LIKE)

    pd.testing.assert_frame_equal(saved.quantities, direct.quantities, check_exact=True)
    pd.testing.assert_frame_equal(saved.to_frame(), direct.to_frame(), rtol=1e-11)


def test_too_few_for_a_frozen_reference() -> None:
    with pytest.raises(ReferenceDataError, match=r"^R101 One sample cannot be called"):
        fit_reference(before().select(["P00-Pre"]), name="one")


def test_finding_a_reference(tmp_path: Path) -> None:
    frozen().save(tmp_path / "mine.json")

    assert find_reference(frozen()) is frozen()
    assert find_reference(tmp_path / "mine.json").digest == frozen().digest
    assert find_reference(str(tmp_path / "mine.json")).name == "before"
    assert find_reference("riaz_pre").mode == "frozen"


@pytest.mark.parametrize("name", ["mine", "tcga_skcm.toml", "", "../references/tcga_skcm"])
def test_a_reference_that_is_not_there(name: str) -> None:
    with pytest.raises(
        ReferenceDataError,
        match=r"^R102 There is no reference '.*'\. Shipped: riaz_pre, tcga_skcm\.",
    ):
        find_reference(name)
