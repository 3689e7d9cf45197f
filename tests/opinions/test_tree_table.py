"""From table and labels to numbers: kinds, levels, missing values, and every bad input in its
words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.opinions.tree_fit import Column
from resistype.opinions.tree_rows import as_frame, encode, prepare

LABELS = ["a", "b", "a", "b"]


def columns_of(table: pd.DataFrame, labels: object = LABELS) -> tuple[Column, ...]:
    return prepare(table, labels, missing="refuse").data.columns  # type: ignore[arg-type]


KINDS = {
    "float": ([1.0, 2.5, 3.0, 1.0], "numeric", (), [1.0, 2.5, 3.0, 1.0]),
    "whole": ([3, 1, 2, 2], "numeric", (), [3.0, 1.0, 2.0, 2.0]),
    "nullable": (pd.array([3, 1, 2, 2], dtype="Int64"), "numeric", (), [3.0, 1.0, 2.0, 2.0]),
    "numbers as objects": (
        pd.Series([3, 1.5, 2, 2], dtype=object),
        "numeric",
        (),
        [3.0, 1.5, 2.0, 2.0],
    ),
    "text": (
        ["liver", "colon", "liver", "skin"],
        "categorical",
        ("colon", "liver", "skin"),
        [1.0, 0.0, 1.0, 2.0],
    ),
    "string": (
        pd.array(["no", "yes", "no", "no"], dtype="string"),
        "categorical",
        ("no", "yes"),
        [0.0, 1.0, 0.0, 0.0],
    ),
    "true and false": (
        [True, False, True, True],
        "categorical",
        (False, True),
        [1.0, 0.0, 1.0, 1.0],
    ),
    "category": (
        pd.Categorical(["b", "a", "b", "b"], ["b", "x", "a"]),
        "categorical",
        ("b", "a"),
        [0.0, 1.0, 0.0, 0.0],
    ),
    "ordered": (
        pd.Categorical(["III", "I", "I", "IV"], ["I", "II", "III", "IV"], ordered=True),
        "ordered",
        ("I", "III", "IV"),
        [1.0, 0.0, 0.0, 2.0],
    ),
}


@pytest.mark.parametrize(("values", "kind", "levels", "numbers"), KINDS.values(), ids=KINDS.keys())
def test_kinds(values: object, kind: str, levels: tuple[object, ...], numbers: list[float]) -> None:
    ready = prepare(pd.DataFrame({"x": values}), LABELS, missing="refuse")

    assert ready.data.columns == (Column("x", kind, levels),)  # type: ignore[arg-type]
    assert ready.data.x[:, 0].tolist() == numbers


def test_intervals_of_pandas_are_ordered_levels() -> None:
    (column,) = columns_of(pd.DataFrame({"age": pd.cut([40, 50, 60, 70], [0, 45, 65, 99])}))

    assert (column.kind, column.words(1.0)) == ("ordered", "(45, 65]")


@pytest.mark.parametrize(
    ("labels", "classes", "positions"),
    [
        (["b", "a", "b", "b"], ["a", "b"], [1, 0, 1, 1]),
        (np.array([2, 0, 2, 7]), [0, 2, 7], [1, 0, 1, 2]),
        ([True, False, False, True], [False, True], [1, 0, 0, 1]),
        (pd.Categorical(["pd", "cr", "pd", "pd"], ["pd", "sd", "cr"]), ["pd", "cr"], [0, 1, 0, 0]),
        (pd.DataFrame({"pref": ["b", "a", "b", "b"]}), ["a", "b"], [1, 0, 1, 1]),
        (np.array([["b"], ["a"], ["b"], ["b"]]), ["a", "b"], [1, 0, 1, 1]),
    ],
    ids=["text", "numbers", "bool", "category", "frame", "column"],
)
def test_labels(labels: Any, classes: list[object], positions: list[int]) -> None:
    ready = prepare(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}), labels, missing="refuse")

    assert ready.classes.tolist() == classes
    assert ready.data.y.tolist() == positions
    assert ready.data.n_classes == len(classes)


def test_the_label_keeps_its_name() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0]})

    assert prepare(table, pd.Series(["a", "b"], name="pref"), missing="refuse").label == "pref"
    assert prepare(table, pd.Series(["a", "b"]), missing="refuse").label == "label"
    assert prepare(table, ["a", "b"], missing="refuse").label == "label"


def test_arrays_and_lists_get_names() -> None:
    assert as_frame([[1.0, 2.0], [3.0, 4.0]]).columns.tolist() == ["x0", "x1"]
    assert as_frame(np.ones((2, 2)), names=["nlr", "afp"]).columns.tolist() == ["nlr", "afp"]
    assert as_frame(pd.DataFrame({1: [2.0]})).columns.tolist() == ["1"]


def test_a_table_is_not_changed() -> None:
    table = pd.DataFrame({"x": [1.0, None, 3.0, 4.0], 5: ["a", "b", "a", "a"]})
    before = table.copy(deep=True)
    prepare(table, ["a", "b", "a", "b"], missing="leave_out")

    pd.testing.assert_frame_equal(table, before)


# --- missing values -------------------------------------------------------------------------------

HOLES = pd.DataFrame(
    {
        "nlr": [1.0, None, 3.0, 4.0, 2.0],
        "site": ["x", "y", None, "x", "y"],
        "afp": [1.0] * 4 + [2.0],
    }
)
HOLED = ["a", "b", "a", None, "b"]


def test_rows_that_lack_something_are_refused_with_their_number() -> None:
    with pytest.raises(SamplesError) as caught:
        prepare(HOLES, HOLED, missing="refuse")

    assert (
        str(caught.value) == "E941 The tree cannot be fitted: 4 problems\n"
        "  - nlr: 1 of 5 values missing\n"
        "  - site: 1 of 5 values missing\n"
        "  - the label: 1 of 5 missing\n"
        '  - 3 rows are concerned; missing="leave_out" leaves them out and says so'
    )


def test_rows_that_lack_something_are_left_out_when_asked_for_and_counted() -> None:
    ready = prepare(HOLES, HOLED, missing="leave_out")

    assert ready.left_out == 3
    assert ready.data.x.tolist() == [[1.0, 0.0, 1.0], [2.0, 1.0, 2.0]]
    assert ready.data.y.tolist() == [0, 1]


def test_levels_of_rows_that_are_left_out_do_not_count() -> None:
    table = pd.DataFrame({"site": ["x", "y", "z", "x"], "nlr": [1.0, 2.0, None, 4.0]})

    assert prepare(table, LABELS, missing="leave_out").data.columns[0].levels == ("x", "y")


def test_an_empty_covariate_leaves_no_row() -> None:
    with pytest.raises(SamplesError) as caught:
        prepare(
            pd.DataFrame({"nlr": [None] * 4, "afp": [1.0, 2.0, 3.0, 4.0]}),
            LABELS,
            missing="leave_out",
        )

    assert (
        str(caught.value)
        == "E941 The tree cannot be fitted: 1 problem\n  - every one of the 4 rows lacks a"
        " covariate or the label"
    )


# --- bad input ------------------------------------------------------------------------------------

FOUR = pd.DataFrame({"nlr": [1.0, 2.0, 3.0, 4.0]})
LEAST = "while a minimum of 1 is required of each"
MANY = [f"s{number}" for number in range(13)]
BAD: dict[str, tuple[Any, Any, str]] = {
    "no rows": (FOUR.head(0), [], f"0 sample(s) and 1 feature(s) (shape=(0, 1)) {LEAST}"),
    "no covariates": (FOUR[[]], LABELS, f"4 sample(s) and 0 feature(s) (shape=(4, 0)) {LEAST}"),
    "lengths": (FOUR, ["a", "b"], "4 rows of covariates but 2 labels"),
    "names twice": (
        pd.DataFrame(np.ones((4, 3)), columns=["nlr", "afp", "nlr"]),
        LABELS,
        "covariates that occur more than once: nlr",
    ),
    "other rows": (
        FOUR.set_axis(["P1", "P2", "P3", "P4"], axis=0),
        pd.Series(LABELS, index=["P1", "P3", "P2", "P4"]),
        "rows and labels are indexed differently (first: 'P2' and 'P3'); give y.loc[X.index]",
    ),
    "one class": (FOUR, ["a"] * 4, "every label is a (1 class); two classes or more were wanted"),
    "a number as label": (
        pd.DataFrame({"nlr": np.arange(30.0)}),
        np.arange(30.0) / 7,
        (
            "Unknown label type: continuous numbers, 30 different labels; 2 to 10 classes were"
            " wanted (group them first)"
        ),
    ),
    "mixed labels": (
        FOUR,
        pd.Series(["a", 1, "a", 1], dtype=object),
        "labels of several types; give all as text, or all as whole numbers",
    ),
    "infinite": (
        pd.DataFrame({"nlr": [1.0, np.inf, 2.0, -np.inf]}),
        LABELS,
        "nlr: 2 infinite values (a ratio with 0 below?)",
    ),
    "dates": (
        pd.DataFrame({"day": pd.to_datetime(["2024-01-01"] * 4).as_unit("ns")}),
        LABELS,
        "day: datetime64[ns] values; numbers, text, True/False or a Categorical were wanted",
    ),
    "complex": (
        pd.DataFrame({"z": [1j, 2j, 3j, 4j]}),
        LABELS,
        "z: Complex data not supported; numbers, text, True/False or a Categorical were wanted",
    ),
    "text and numbers": (
        pd.DataFrame({"nlr": pd.Series([1.0, "high", 2.0, 3.0], dtype=object)}),
        LABELS,
        "nlr: object values; numbers, text, True/False or a Categorical were wanted",
    ),
    "many levels": (
        pd.DataFrame({"centre": MANY}),
        ["a", "b"] * 6 + ["a"],
        "centre: 13 levels, at most 12 can be grouped; join rare ones, or leave it out",
    ),
    "numbers as text": (
        pd.DataFrame({"nlr": [f"{number}.5" for number in range(13)]}),
        ["a", "b"] * 6 + ["a"],
        (
            "nlr: 13 levels, at most 12 can be grouped; they look like numbers: convert with"
            " pandas.to_numeric"
        ),
    ),
}


@pytest.mark.parametrize(("table", "labels", "complaint"), BAD.values(), ids=BAD.keys())
def test_bad_input(table: Any, labels: Any, complaint: str) -> None:
    with pytest.raises(SamplesError) as caught:
        prepare(table, labels, missing="refuse")

    assert str(caught.value) == f"E941 The tree cannot be fitted: 1 problem\n  - {complaint}"


@pytest.mark.parametrize(
    ("table", "labels", "message"),
    [
        (
            [1.0, 2.0],
            ["a", "b"],
            (
                "E941 Covariates of shape (2,); a table (n_obs, n_covariates) was wanted. Reshape"
                " your data."
            ),
        ),
        (
            [[1.0], [2.0]],
            np.ones((2, 2)),
            "E941 Labels of shape (2, 2); one label an observation was wanted.",
        ),
    ],
)
def test_wrong_shapes(table: Any, labels: Any, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        prepare(table, labels, missing="refuse")

    assert str(caught.value) == message


def test_all_complaints_come_at_once() -> None:
    table = pd.DataFrame(
        {"nlr": [1.0, np.inf, 2.0, None], "day": pd.to_datetime(["2024-01-01"] * 4)}
    )
    with pytest.raises(SamplesError) as caught:
        prepare(table, ["a", "a", "a", "a"], missing="refuse")

    text = str(caught.value)
    assert text.startswith("E941 The tree cannot be fitted: 5 problems\n")
    for part in ("nlr: 1 of 4", "1 rows", "nlr: 1 infinite", "day: ", "every label is a"):
        assert part in text


def test_labels_with_another_index_are_taken_in_order_only_where_one_of_both_is_plain() -> None:
    """0, 1, 2 … is no name of a row."""
    named = FOUR.set_axis(["P1", "P2", "P3", "P4"], axis=0)

    assert prepare(named, pd.Series(LABELS), missing="refuse").data.y.tolist() == [0, 1, 0, 1]


# --- new rows -------------------------------------------------------------------------------------

FITTED = (Column("nlr", "numeric"), Column("site", "categorical", ("liver", "skin")))


def test_new_rows_go_by_name() -> None:
    table = pd.DataFrame({"more": [0, 0, 0], "site": ["skin", "brain", None], "nlr": [1, 2, 3]})
    found = encode(table, FITTED)

    np.testing.assert_array_equal(found, [[1.0, 1.0], [2.0, np.nan], [3.0, np.nan]])


def test_a_covariate_that_is_not_needed_may_be_absent_or_of_any_kind() -> None:
    for table in (pd.DataFrame({"nlr": [1.0]}), pd.DataFrame({"nlr": [1.0], "site": [3]})):
        np.testing.assert_array_equal(encode(table, FITTED, frozenset({"nlr"})), [[1.0, np.nan]])


def test_a_number_that_is_missing_everywhere_is_missing() -> None:
    table = pd.DataFrame({"nlr": [None, None], "site": ["skin", "skin"]})

    assert np.isnan(encode(table, FITTED)[:, 0]).all()


BAD_ROWS = {
    "absent": (pd.DataFrame({"x": [1.0]}), "absent: nlr, site"),
    "twice": (
        pd.DataFrame([[1.0, 2.0, "skin"]], columns=["nlr", "nlr", "site"]),
        "more than once: nlr",
    ),
    "text": (pd.DataFrame({"nlr": ["high"], "site": ["skin"]}), "nlr: not numbers"),
    "infinite": (pd.DataFrame({"nlr": [np.inf], "site": ["skin"]}), "nlr: infinite values"),
}


@pytest.mark.parametrize(("table", "complaint"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_bad_new_rows(table: pd.DataFrame, complaint: str) -> None:
    with pytest.raises(SamplesError) as caught:
        encode(table, FITTED)

    assert str(caught.value) == f"E942 The covariates cannot be used: 1 problem\n  - {complaint}"


def test_an_array_of_another_width_is_refused() -> None:
    with pytest.raises(SamplesError) as caught:
        as_frame(np.ones((2, 3)), names=["nlr", "afp"])

    assert (
        str(caught.value)
        == "E942 X has 3 features, but ConditionalInferenceTree is expecting 2 features as input:"
        " nlr, afp."
    )
