"""Shift from a frozen reference: median, spread and distance of distributions by hand; what is
then withheld.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import ReferenceDataError
from resistype.scheme.apply import Column, apply_rules
from resistype.scheme.reference import Reference, Regression
from resistype.systems.bulk.context import Context
from resistype.systems.bulk.reference import (
    Shift,
    in_universe,
    line_shifts,
    measure_shift,
    restrict,
    withhold,
    withhold_lines,
)
from tests.scheme.build import MHC1, MINI_GENES, PLAIN, SETS, context, matrix, scheme, slow_ssgsea

ALL = np.arange(12)


def anchor(
    values: list[float] | None = None, *, genes: tuple[str, ...] = MINI_GENES, sd: float = 0.5
) -> Reference:
    """A frozen reference of the small scheme; its line has the robust SD given."""
    known = np.array([-0.1, 0.0, 0.05, 0.2, math.nan] if values is None else values)
    line = Regression(("c_mean",), 0.0, (1.0,), sd)
    return Reference(
        "far", "frozen", "mini@1.0.0", genes, {"a_score": known}, {"b_mean ~ c_mean": line}
    )


def shift_of(
    reference: Reference, *, seed: int = 0, rows: np.ndarray = ALL, limit: float = 0.5
) -> Shift:
    found = measure_shift(context(matrix(seed), own=False), reference, rows, limit=limit)
    assert found is not None
    return found


# ---------------------------------------------------------------- how far


def slow_ks(one: list[float], other: list[float]) -> float:
    """Largest distance between the shares at or below any value."""
    return max(
        abs(np.mean([a <= v for a in one]) - np.mean([b <= v for b in other]))
        for v in [*one, *other]
    )


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 500),
    st.lists(st.integers(-5, 5), min_size=3, max_size=9).filter(lambda v: len(set(v)) > 1),
)
def test_median_spread_and_ks_by_hand(seed: int, known: list[int]) -> None:
    theirs = [k / 20 for k in known]
    members = [MINI_GENES.index(gene) for gene in SETS["set_a"]]
    mine = [slow_ssgsea(row, members) for row in matrix(seed).values]
    found = shift_of(anchor([*theirs, math.nan]), seed=seed)
    sd = statistics.stdev(theirs)

    assert found.median == pytest.approx((statistics.median(mine) - statistics.median(theirs)) / sd)
    assert found.spread == pytest.approx(statistics.stdev(mine) / sd)
    assert found.ks == pytest.approx(slow_ks(mine, theirs))
    assert (found.n, found.quantity, found.anchor) == (12, "a_score", "far")
    assert found.cohort_shift is (abs(found.median) >= 0.5)


def test_the_score_is_computed_in_the_universe_of_the_anchor() -> None:
    """Eight genes outside it are left out before anything is ranked."""
    inside = MINI_GENES[:52]
    members = [inside.index(gene) for gene in SETS["set_a"]]
    mine = [slow_ssgsea(row[:52], members) for row in matrix(0).values]
    found = shift_of(anchor([0.0, 0.1], genes=inside))

    assert found.median == pytest.approx(
        (statistics.median(mine) - 0.05) / statistics.stdev([0.0, 0.1])
    )


def test_only_the_rows_asked_about() -> None:
    some = np.array([3, 4, 8])

    assert shift_of(anchor(), rows=some).n == 3
    assert shift_of(anchor(), rows=some).median != shift_of(anchor()).median


def test_the_limit_decides_on_both_sides() -> None:
    centre = shift_of(anchor()).median * anchor().scale("a_score")
    for side in (-1.0, 1.0):
        moved = [v + centre - side for v in (-0.1, 0.0, 0.05, 0.2)]
        assert shift_of(anchor(moved), limit=3.0).cohort_shift
        assert math.copysign(1.0, shift_of(anchor(moved)).median) == side
    level = [v + centre for v in (-0.1, 0.0, 0.05, 0.2)]
    assert abs(shift_of(anchor(level)).median) < 1e-9
    assert not shift_of(anchor(level)).cohort_shift


@pytest.mark.parametrize(
    ("reference", "rows"),
    [
        (anchor(), np.array([4])),
        (anchor(genes=(*MINI_GENES, *(f"OTHER{k}" for k in range(16)))), ALL),
        (anchor(genes=(*MHC1, *PLAIN[7:])), ALL),
        (replace(anchor(), values={"b_mean": np.arange(5.0)}), ALL),
    ],
    ids=["one sample", "universe below 80 %", "half of the set is outside", "quantity unknown"],
)
def test_what_cannot_be_compared_has_no_shift(reference: Reference, rows: np.ndarray) -> None:
    assert measure_shift(context(matrix(0), own=False), reference, rows, limit=0.5) is None


def test_a_scheme_without_an_anchor_quantity() -> None:
    made = replace(
        context(matrix(0), own=False), scheme=scheme().model_copy(update={"anchor_quantity": ""})
    )

    assert measure_shift(made, anchor(), ALL, limit=0.5) is None


def test_words_and_json() -> None:
    shift = Shift("a_score", "far", 12, 0.756, 1.2, 0.4, cohort_shift=True)

    assert shift.words == "median of a_score +0.76 SD from far, spread 1.20 of its SD, n = 12"
    assert shift.to_json() == {
        "quantity": "a_score",
        "anchor": "far",
        "n": 12,
        "median": 0.756,
        "spread": 1.2,
        "ks": 0.4,
        "cohort_shift": True,
    }


# ---------------------------------------------------------------- universes


def test_restricting_keeps_order_of_the_universe_and_counts_what_is_missing() -> None:
    inside, share = restrict(matrix(0), ("GENE05", "ABSENT", "B2M", "GENE01"))

    assert inside.genes == ("GENE05", "B2M", "GENE01")
    assert share == 0.75
    np.testing.assert_array_equal(inside.values[:, 1], matrix(0).values[:, MINI_GENES.index("B2M")])


def test_a_sample_in_the_universe_of_a_reference() -> None:
    inside, words = in_universe(matrix(0), anchor(genes=(*MINI_GENES[:56], "X1", "X2")), scheme())

    assert inside.genes == MINI_GENES[:56]
    assert words == "56 of the 58 genes of the reference are in the data (96.6%)"


def test_another_universe_is_refused_with_the_counts() -> None:
    genes = (*MINI_GENES, *(f"X{k}" for k in range(16)))
    with pytest.raises(ReferenceDataError) as caught:
        in_universe(matrix(0), anchor(genes=genes), scheme())

    assert (
        str(caught.value)
        == "R105 Reference 'far' was fitted on 76 genes; your data have 60 of them (79%; 80% are"
        " needed). Scores from so different gene universes cannot be compared; fit a reference"
        " on data like yours (resistype.fit_reference)."
    )
    assert in_universe(matrix(0), anchor(genes=genes[:75]), scheme())[0].n_genes == 60


@pytest.mark.parametrize("fitted_for", ["mini@1.0.1", "other@1.0.0", ""])
def test_a_reference_of_another_scheme_is_refused(fitted_for: str) -> None:
    with pytest.raises(
        ReferenceDataError,
        match=r"^R104 Reference 'far' was fitted for .*, not for mini@1\.0\.0\. Fit it",
    ):
        in_universe(matrix(0), replace(anchor(), scheme=fitted_for), scheme())


# ---------------------------------------------------------------- lines


def lines_of(
    n: int, left: float, *, sd: float = 0.5, left_sd: float | None = None
) -> dict[str, float]:
    """Shifts of a cohort whose residuals have this median."""
    made = context(matrix(0, n), own=False)
    made.reference = anchor(sd=sd)
    spread = np.linspace(-0.2, 0.2, n)
    columns = {
        "b_left": Column.of(spread + left),
        "b_left_sd": Column.of(spread + (left / sd if left_sd is None else left_sd)),
    }
    return line_shifts(made, columns, np.arange(n))


@pytest.mark.parametrize(
    ("n", "limit"),
    [(10, 3 * 1.2533 / math.sqrt(10)), (40, 3 * 1.2533 / math.sqrt(40)), (57, 0.5), (100, 0.5)],
)
def test_the_median_must_pass_half_an_sd_and_three_standard_errors(n: int, limit: float) -> None:
    assert limit == pytest.approx(max(0.5, 3 * 1.2533 / math.sqrt(n)))
    for side in (-1.0, 1.0):
        assert lines_of(n, side * (limit - 0.01) * 0.5) == {}
        found = lines_of(n, side * (limit + 0.01) * 0.5)
        assert found == {
            "b_left": pytest.approx(side * (limit + 0.01)),
            "b_left_sd": found["b_left"],
        }


def test_a_residual_is_turned_into_robust_sd() -> None:
    assert lines_of(100, 0.3, sd=0.1, left_sd=0.0) == {"b_left": pytest.approx(3.0)}
    assert lines_of(100, 0.3, sd=2.0, left_sd=0.0) == {}


def test_below_ten_samples_nothing_is_said_of_lines() -> None:
    assert lines_of(9, 50.0) == {}


def test_an_own_cohort_lies_on_its_own_lines() -> None:
    made = context(matrix(0))
    columns = {name: Column.of(np.full(12, 9.0)) for name in ("b_left", "b_left_sd")}

    assert line_shifts(made, columns, ALL) == {}
    made.reference = None
    assert line_shifts(made, columns, ALL) == {}


def test_missing_residuals_are_passed_over() -> None:
    made = context(matrix(0, 100), own=False)
    made.reference = anchor()
    values = np.where(np.arange(100) < 60, 2.0, np.nan)
    columns = {"b_left": Column.missing(100, "no line"), "b_left_sd": Column.of(values)}

    assert line_shifts(made, columns, np.arange(100)) == {"b_left_sd": 2.0}


# ---------------------------------------------------------------- what is withheld


def called(**values: list[float]) -> tuple[Context, dict[str, Column]]:
    n = len(next(iter(values.values())))
    columns = {
        name: Column.of(np.array(values.get(name, [np.nan] * n))) for name in scheme().quantities
    }
    return context(matrix(0), own=False), columns


def test_levels_are_withheld_and_changes_are_not() -> None:
    made, columns = called(
        a_level=[1.0, 1.0, -1.0, np.nan],
        a_change=[np.nan, 0.9, np.nan, np.nan],
        a_higher=[np.nan, 0.9, np.nan, np.nan],
        b_left_sd=[1.0, -1.0, 0.0, 1.0],
    )
    before = apply_rules(scheme(), columns)
    after = withhold(made, before, Shift("a_score", "far", 12, 0.7, 1.0, 0.5, cohort_shift=True))

    assert before.calls["course"].tolist() == ["high", "up", "low", "not_assessable"]
    assert after.calls["course"].tolist() == [
        "not_assessable",
        "up",
        "not_assessable",
        "not_assessable",
    ]
    assert after.calls["loss"].tolist() == before.calls["loss"].tolist()
    assert after.rule_calls["course"].tolist() == before.calls["course"].tolist()
    assert (
        after.reasons["course"][0]
        == "the cohort is shifted (median of a_score +0.70 SD from far, spread 1.00 of its"
        " SD, n = 12): high and low among its own samples mean nothing; give a frozen reference"
    )
    assert after.reasons["course"][1] == ""
    assert after.reasons["course"][3] == "A has no place"


def test_a_later_axis_that_compares_a_level_is_withheld_too() -> None:
    made, columns = called(a_level=[1.0], a_change=[0.9], a_higher=[0.9], b_level=[1.0])
    after = withhold(
        made,
        apply_rules(scheme(), columns),
        Shift("a_score", "far", 12, 0.7, 1.0, 0.5, cohort_shift=True),
    )

    assert after.calls["course"].tolist() == ["up"]
    assert after.calls["later"].tolist() == ["not_assessable"]


def test_what_rests_on_a_line_is_withheld_and_abstentions_keep_their_reason() -> None:
    made, columns = called(
        b_left_sd=[1.0, -1.0, 0.0, 1.0], b_floor=[0.0, 0.0, 0.0, 1.0], a_level=[1.0] * 4
    )
    before = apply_rules(scheme(), columns)
    after = withhold_lines(made, before, {"b_left_sd": 1.26})

    assert before.calls["loss"].tolist() == ["kept", "lost", "indeterminate", "not_assessable"]
    assert after.calls["loss"].tolist() == [
        "not_assessable",
        "not_assessable",
        "indeterminate",
        "not_assessable",
    ]
    assert (
        after.reasons["loss"][1]
        == "the whole cohort lies +1.3 robust SD off the reference in 'title of b_left_sd': another"
        " platform or pipeline; fit a reference on data like these"
    )
    assert after.reasons["loss"].tolist()[2:] == ["B lies between", "B at the floor"]
    assert after.calls["course"].tolist() == ["high"] * 4


def test_nothing_is_withheld_without_a_shift_and_the_old_verdicts_stay() -> None:
    made, columns = called(b_left_sd=[1.0], a_level=[1.0])
    before = apply_rules(scheme(), columns)

    assert withhold_lines(made, before, {}) is before
    withhold_lines(made, before, {"b_left_sd": 2.0})
    assert before.calls["loss"].tolist() == ["kept"]
