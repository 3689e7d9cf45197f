"""Two labelings: counts, samples without a partner, axes that cannot be compared, tables, files."""

from __future__ import annotations

import csv
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype import datasets
from resistype.agreement import Agreement, as_call_set, compare_calls
from resistype.errors import OutputError, SamplesError
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from tests.widgets.hostile import HOSTILE

WORDS = ("up", "stable", "down", "indeterminate", "not_assessable", None)
COLUMN = st.dictionaries(st.sampled_from("abcdefghijkl"), st.sampled_from(WORDS), min_size=1)


def series(given_: dict[str, str | None], name: str = "ifng") -> pd.Series:
    return pd.Series(given_, name=name, dtype=object)


def comparable(first: dict[str, str | None], second: dict[str, str | None]) -> Agreement | None:
    """The comparison; None where it must be refused, and then it is."""
    common = [key for key in first if key in second]
    words = [{label for label in one.values() if label} for one in (first, second)]
    seen = [{one[key] for key in common if one[key]} for one in (first, second)]
    called = [group - {"indeterminate", "not_assessable"} for group in (*words, *seen)]
    strange = not called[0] & called[1] and bool(called[2]) and bool(called[3])
    if common and all(seen) and not strange:
        return compare_calls(series(first), series(second))
    with pytest.raises(SamplesError) as caught:
        compare_calls(series(first), series(second))
    assert caught.value.code == ("E992" if common else "E991")
    return None


@given(COLUMN, COLUMN)
def test_every_sample_is_counted_once_or_named(
    first: dict[str, str | None], second: dict[str, str | None]
) -> None:
    found = comparable(first, second)
    if found is None:
        return
    [one] = found.axes
    pairs = [
        (first[key], second[key]) for key in first if key in second and first[key] and second[key]
    ]

    assert sorted(found.samples) == sorted(set(first) & set(second))
    assert sorted(found.only_first) == sorted(set(first) - set(second))
    assert sorted(found.only_second) == sorted(set(second) - set(first))
    assert one.table.to_numpy().sum() == one.kappa.n == len(pairs)
    assert all(one.table.loc[a, b] == pairs.count((a, b)) for a, b in set(pairs))
    assert [(c.first, c.second) for c in found.changes] == [
        pair for pair in pairs if pair[0] != pair[1]
    ]
    assert list(one.table.index) == list(one.table.columns)


@given(COLUMN, COLUMN, st.randoms())
def test_sides_can_change_places_and_samples_their_order(
    first: dict[str, str | None], second: dict[str, str | None], random: object
) -> None:
    here = comparable(first, second)
    if here is None:
        return
    keys = list(second)
    random.shuffle(keys)  # type: ignore[attr-defined]
    there = compare_calls(series({key: second[key] for key in keys}), series(first))
    a, b = here.axes[0], there.axes[0]

    np.testing.assert_allclose(
        [a.kappa.value, a.kappa.low], [b.kappa.value, b.kappa.low], atol=1e-12
    )
    assert {(c.sample, c.first, c.second) for c in here.changes} == {
        (c.sample, c.second, c.first) for c in there.changes
    }
    assert a.table.equals(
        b.table.T.reindex(index=a.table.index, columns=a.table.columns).rename_axis(
            index="first", columns="second"
        )
    )


def test_abstentions_are_labels_in_the_first_kappa_and_left_out_of_the_second() -> None:
    first = series(
        dict(zip("abcdef", ["up", "up", "down", "down", "indeterminate", "up"], strict=True))
    )
    second = series(
        dict(
            zip(
                "abcdef",
                ["up", "down", "down", "down", "indeterminate", "not_assessable"],
                strict=True,
            )
        )
    )
    one = compare_calls(first, second).axis("ifng")

    assert (one.kappa.n, one.kappa.same, one.kappa_called.n, one.kappa_called.same) == (6, 4, 4, 3)
    assert list(one.table.index) == ["down", "up", "indeterminate", "not_assessable"]
    assert one.kappa.value == pytest.approx((4 / 6 - 10 / 36) / (1 - 10 / 36))
    assert one.kappa_called.value == pytest.approx(0.5)


def test_plain_labels_say_that_no_numbers_are_known() -> None:
    [change] = compare_calls(
        series({"a": "up", "b": "up"}), series({"a": "down", "b": "up"})
    ).changes

    assert change.kinds == ("labels",)
    assert change.reason == "labels only: no numbers are known behind them"


REFUSED = {
    "no common sample": (
        series({"a": "up"}),
        series({"z": "up"}),
        "E991",
        "no sample in common: 1 samples such as 'a', 1 such as 'z'",
    ),
    "other axes": (
        series({"a": "up"}),
        series({"a": "up"}, "other"),
        "E992",
        "ifng: there is no such axis in second",
    ),
    "other labels": (
        series({"a": "up"}),
        series({"a": "hot"}),
        "E992",
        "the two sides use other labels (up | hot)",
    ),
    "no labels": (
        series({"a": None, "b": "up"}),
        series({"a": "up", "c": None}),
        "E992",
        "no sample has a label on both",
    ),
    "twice": (
        pd.Series(["up", "up"], index=["a", "a"]),
        series({"a": "up"}),
        "E994",
        "Sample 'a' occurs twice in 'first'",
    ),
    "nothing": (pd.DataFrame(), series({"a": "up"}), "E993", "has no labels"),
    "a list": (["up"], series({"a": "up"}), "E993", "Got list; wanted Calls, a folder"),
}


@pytest.mark.parametrize(("first", "second", "code", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_comparison_without_meaning_is_refused_with_the_reason(
    first: object, second: object, code: str, text: str
) -> None:
    with pytest.raises(SamplesError) as caught:
        compare_calls(first, second)

    assert caught.value.code == code
    assert text in str(caught.value)


def test_one_axis_that_cannot_be_compared_does_not_stop_the_others() -> None:
    first = pd.DataFrame(
        {"ifng": ["up", "up"], "mine": ["x", "y"], "only": ["p", "p"]}, index=["a", "b"]
    )
    second = pd.DataFrame({"ifng": ["up", "down"], "mine": ["q", "r"]}, index=["a", "b"])
    found = compare_calls(first, second)

    assert [one.axis for one in found.axes] == ["ifng"]
    assert found.refused == {
        "mine": "the two sides use other labels (x, y | q, r)",
        "only": "there is no such axis in second",
    }
    with pytest.raises(
        SamplesError, match="E992 Axis 'mine' was not compared: the two sides use other labels"
    ):
        found.axis("mine")


@pytest.fixture(scope="module")
def calls() -> Calls:
    data = datasets.demo()
    options = CallOptions(n_jobs=1, stability=False)
    return classify(data.expression, samples=data.samples, baseline="Pre", options=options)


def test_calls_agree_with_themselves_and_nothing_differs(calls: Calls) -> None:
    found = compare_calls(calls, calls)

    assert found.changes == ()
    assert len(found.differences) == 0
    assert set(found.summary()["changed"]) == {0}
    assert all(one.kappa.value == 1.0 or math.isnan(one.kappa.value) for one in found.axes)
    assert (found.shift()["shift"] == 0).all()


def test_a_pathologist_is_compared_with_calls(calls: Calls) -> None:
    theirs = calls.to_frame()["ifng"].replace({"up": "stable"})
    found = compare_calls(calls, theirs, names=("resistype", "pathologist"))

    assert [one.axis for one in found.axes] == ["ifng"]
    assert {change.first for change in found.changes} == {"up"}
    assert found.refused["dysfunction"] == "there is no such axis in pathologist"
    with pytest.raises(
        SamplesError, match=r"E995 There are no numbers for .*: only labels are known"
    ):
        found.numbers(found.changes[0].sample, "ifng")


def test_numbers_of_an_unknown_sample_are_refused(calls: Calls) -> None:
    with pytest.raises(
        SamplesError, match="E995 There are no numbers for 'nobody': it is not among"
    ):
        compare_calls(calls, calls).numbers("nobody", "ifng")


def test_the_shift_is_second_minus_first(calls: Calls) -> None:
    one = as_call_set(calls, "A")
    moved = as_call_set(calls, "B")
    values = moved.values.copy()
    values["dysfunction_residual"] += 0.25
    object.__setattr__(moved, "values", values)
    table = compare_calls(one, moved).axis("dysfunction").shift.set_index("quantity")

    assert table.loc[
        "dysfunction_residual", ["shift", "shift_low", "shift_high"]
    ].tolist() == pytest.approx([0.25] * 3)
    assert table.loc["dysfunction_residual", "spearman"] == pytest.approx(1.0)
    assert table.loc["tcell_percentile", "shift"] == 0


def test_scores_on_two_scales_have_no_shift(calls: Calls) -> None:
    data = datasets.demo()
    options = CallOptions(n_jobs=1, stability=False, method="singscore")
    other = classify(data.expression, samples=data.samples, baseline="Pre", options=options)
    table = compare_calls(calls, other).axis("ifng").shift.set_index("quantity")

    assert table.loc["ifng_score", "note"] == "other scale: ssgsea | singscore"
    assert math.isnan(table.loc["ifng_score", "shift"])
    assert table.loc["ifng_score", "spearman"] > 0.9
    assert not math.isnan(table.loc["ifng_level", "shift"])
    found = compare_calls(calls, other).differences.set_index("what")
    assert found.loc["scores by"].tolist() == ["ssgsea", "singscore"]


def test_the_table_of_changes_runs_no_formula(tmp_path: object) -> None:
    first = series(
        {
            f"{text}#{k}".replace("\0", ""): "up"
            for k, text in enumerate(("=1+1", "+x", "@SUM(A1)", *HOSTILE))
        }
    )
    second = first.where(first.index == first.index[-1], "down")
    path = compare_calls(first, second).to_csv(tmp_path / "changed.csv")  # type: ignore[operator]
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))

    assert rows[0][:4] == ["sample", "axis", "first", "second"]
    assert [row[0] for row in rows[1:4]] == ["'=1+1#0", "'+x#1", "'@SUM(A1)#2"]
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row if cell)


def test_a_file_that_cannot_be_written_is_named(tmp_path: object) -> None:
    found = compare_calls(series({"a": "up"}), series({"a": "up"}))
    with pytest.raises(OutputError, match=r"O101 .*changed\.csv' cannot be written"):
        found.to_csv(tmp_path / "no" / "changed.csv")  # type: ignore[operator]


def test_the_long_table_of_counts_is_the_square_one(calls: Calls) -> None:
    found: Agreement = compare_calls(calls, calls.to_frame()["ifng"].replace({"up": "stable"}))
    long = found.confusion()
    square = found.axis("ifng").table

    assert long["n"].sum() == square.to_numpy().sum()
    for row in long.itertuples():
        assert square.loc[row.first, row.second] == row.n
        assert row.fraction_of_first == pytest.approx(row.n / square.loc[row.first].sum())
