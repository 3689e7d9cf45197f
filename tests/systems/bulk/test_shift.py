"""Whether a cohort is shifted against a frozen reference, and what is then withheld; the gene
universe of a reference.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from resistype.errors import ReferenceDataError
from resistype.scheme.apply import Column, apply_rules
from resistype.scheme.profile import Profile, Tumours
from resistype.scheme.reference import Reference, Regression
from resistype.systems.bulk.comparable import (
    Shift,
    cohort_shift,
    join,
    line_shifts,
    withhold,
    withhold_lines,
)
from resistype.systems.bulk.context import Comparability, Context
from tests.scheme.build import MINI_GENES, SETS, context, matrix, scheme, slow_ssgsea

ALL = np.arange(12)
ASIDE = Shift("a_score", "far", 12, "one_sided", 0.92)


def profile(n: int, expressed: np.ndarray | None = None) -> Profile:
    """Of genes that are all expressed, or of those given."""
    none = np.zeros(n, dtype=bool)
    here = np.ones(n, dtype=bool) if expressed is None else expressed
    return Profile(np.zeros(n, dtype=np.float32), none, none, here, 1.0, 0.0)


def anchor(*, seed: int = 1, genes: tuple[str, ...] = MINI_GENES, sd: float = 0.5) -> Reference:
    """A frozen reference of the small scheme made of twelve other biopsies; its line has the robust
    SD given.
    """
    log2 = matrix(seed).values[:, : len(genes)]
    line = Regression(("c_mean",), 0.0, (1.0,), sd)
    kept = Tumours.fit(np.asarray(log2), genes[:60], np.arange(min(len(genes), 60)))
    values = {"a_score": np.zeros(12)}
    return Reference(
        "far", "frozen", "mini@1.0.0", genes, values, {"b_mean ~ c_mean": line},
        profile=profile(len(genes)), tumours=kept,
    )  # fmt: skip


def like(n_like: int = 12, *, stated: bool = True) -> Comparability:
    alike = np.arange(12) < n_like
    unknown = np.full(12, np.nan)
    return Comparability(
        "far", alike, np.full(12, stated), np.full(12, "", dtype=object), unknown, unknown
    )


def shift_of(
    reference: Reference,
    compared: Comparability | None = None,
    *,
    seed: int = 0,
    rows: np.ndarray = ALL,
    limit: float = 0.8,
) -> Shift:
    made = context(matrix(seed), own=False)
    found = cohort_shift(made, reference, compared or like(), rows=rows, limit=limit)
    assert found is not None
    return found


# ---------------------------------------------------------------- to one side


@pytest.mark.parametrize("n_genes", [60, 52])
@pytest.mark.parametrize("seed", range(4))
def test_the_fraction_above_the_median_by_hand(seed: int, n_genes: int) -> None:
    """Both sides in the same genes: eight genes that one of them lacks are left out first."""
    inside = MINI_GENES[:n_genes]
    members = [inside.index(gene) for gene in SETS["set_a"]]
    mine = [slow_ssgsea(row[:n_genes], members) for row in matrix(seed).values]
    theirs = [slow_ssgsea(row[:n_genes], members) for row in matrix(1).values]
    found = shift_of(anchor(genes=inside), seed=seed)

    assert found.above == np.mean(np.array(mine) > np.median(theirs))
    assert (found.n, found.quantity, found.anchor) == (12, "a_score", "far")
    assert found.one_sided is (max(found.above, 1 - found.above) >= 0.8)


def test_the_limit_decides_on_both_sides() -> None:
    reference = anchor()
    assert reference.tumours is not None
    for moved, above in ((-40, 1.0), (40, 0.0)):
        ranks = np.clip(reference.tumours.ranks.astype(int) + moved, 1, 60).astype(np.uint16)
        found = shift_of(replace(reference, tumours=replace(reference.tumours, ranks=ranks)))
        assert (found.above, found.state) == (above, "one_sided")
    assert shift_of(anchor(), limit=1.1).state == "not"


@pytest.mark.parametrize(
    ("reference", "compared", "rows", "reason"),
    [
        (anchor(), like(), np.arange(9), "9 samples are too few (10 are needed)"),
        (anchor(), like(5), ALL, "5 of 12 samples can be compared with far"),
        (anchor(), like(stated=False), ALL, "nobody has said that these data were made like far"),
        (replace(anchor(), tumours=None), like(), ALL, "far keeps figures only"),
    ],
    ids=["few", "unlike", "not stated", "figures only"],
)
def test_what_cannot_be_told_is_said(
    reference: Reference, compared: Comparability, rows: np.ndarray, reason: str
) -> None:
    found = shift_of(reference, compared, rows=rows)

    assert (found.state, found.reason, found.words) == ("cannot_tell", reason, reason)
    assert math.isnan(found.above)
    assert not found.one_sided


def test_a_scheme_without_an_anchor_quantity() -> None:
    made = replace(
        context(matrix(0), own=False), scheme=scheme().model_copy(update={"anchor_quantity": ""})
    )

    assert cohort_shift(made, anchor(), like(), rows=ALL, limit=0.8) is None


def test_words_and_json() -> None:
    assert ASIDE.words == "92% of 12 samples lie above the median of far"
    assert replace(ASIDE, above=0.1).words == "90% of 12 samples lie below the median of far"
    assert ASIDE.to_json() == {
        "quantity": "a_score",
        "anchor": "far",
        "n": 12,
        "state": "one_sided",
        "above": 0.92,
        "reason": "",
    }


# ---------------------------------------------------------------- universes


def test_a_sample_in_the_universe_of_a_reference() -> None:
    genes = (*MINI_GENES[:56], "X1", "X2")
    expressed = np.array([True] * 55 + [False, True, True])
    reference = replace(anchor(), genes=genes, profile=profile(58, expressed))
    joined = join(matrix(0), reference, scheme())

    assert joined.expression.genes == MINI_GENES[:55]
    assert joined.in_data.tolist() == [True] * 55 + [False] * 2
    assert joined.note == "55 of the 57 genes that the reference expresses are in the data (96.5%)"


@pytest.mark.parametrize(
    ("more", "kept", "least", "share"),
    [(61, True, "50.0%", "49.6%"), (1, False, "99.5%", "98.4%")],
    ids=["whole", "figures only"],
)
def test_another_universe_is_refused_with_the_counts(
    more: int, kept: bool, least: str, share: str
) -> None:
    genes = (*MINI_GENES, *(f"X{k}" for k in range(more)))
    reference = replace(anchor(), genes=genes, profile=profile(len(genes)))
    reference = reference if kept else replace(reference, tumours=None)
    with pytest.raises(ReferenceDataError) as caught:
        join(matrix(0), reference, scheme())

    assert (
        str(caught.value)
        == f"R105 Reference 'far' expresses {len(genes)} genes; your data have 60 of them ({share};"
        f" {least} are needed). Leave reference= out to call within this cohort, or fit a reference"
        " on data like yours: resistype references fit."
    )
    enough = replace(reference, genes=genes[:60], profile=profile(60))
    assert join(matrix(0), enough, scheme()).expression.n_genes == 60


@pytest.mark.parametrize("fitted_for", ["mini@1.0.1", "other@1.0.0", ""])
def test_a_reference_of_another_scheme_is_refused(fitted_for: str) -> None:
    with pytest.raises(
        ReferenceDataError,
        match=r"^R104 Reference 'far' was fitted for .*, not for mini@1\.0\.0\. Fit it",
    ):
        join(matrix(0), replace(anchor(), scheme=fitted_for), scheme())


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
    after = withhold(made, before, ASIDE)

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
        == "the cohort is shifted (92% of 12 samples lie above the median of far): high and"
        " low among its own samples mean nothing; give a frozen reference"
    )
    assert after.reasons["course"][1] == ""
    assert after.reasons["course"][3] == "A has no place"


def test_a_later_axis_that_compares_a_level_is_withheld_too() -> None:
    made, columns = called(a_level=[1.0], a_change=[0.9], a_higher=[0.9], b_level=[1.0])
    after = withhold(
        made,
        apply_rules(scheme(), columns),
        ASIDE,
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
