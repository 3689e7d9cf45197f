"""A study: joined by name; the order of the table says which biopsy is the first, the order of
the matrix nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.systems import classify
from resistype.systems.bulk.measure import Study, read_study
from tests.scheme.build import QUICK, cohort, matrix, paired_calls

KEYS = ("patient", "timepoint", "Pre")
ROWS = [
    ("s00", "P1", "Pre"),
    ("s01", "P1", "Post"),
    ("s02", "P1", "Pre"),
    ("s03", "P2", "Post"),
    ("s04", "P3", "Pre"),
    ("s05", "P3", "On"),
    ("s06", "P3", "Post"),
    ("s07", "P3", "Post"),
]


def table(rows: list[tuple[object, ...]] = ROWS) -> pd.DataFrame:  # type: ignore[assignment]
    return pd.DataFrame(rows, columns=["sample", "patient", "timepoint"])


def study(rows: list[tuple[object, ...]] = ROWS, baseline: str | None = "Pre") -> Study:  # type: ignore[assignment]
    return read_study(matrix(0, len(rows)), table(rows), ("patient", "timepoint", baseline))


def reference_names(found: Study) -> list[str]:
    return [found.expression.samples[row] for row in found.reference_rows]


def baselines(found: Study) -> dict[str, str]:
    return {name: before for name, before in found.design["baseline_sample"].items() if before}


# ---------------------------------------------------------------- who is compared with whom


def test_pairs_and_reference_of_a_small_study() -> None:
    found = study()

    assert baselines(found) == {"s01": "s00", "s05": "s04", "s06": "s04", "s07": "s04"}
    assert reference_names(found) == ["s00", "s04"]
    assert list(found.design.columns) == [
        "patient",
        "timepoint",
        "baseline_sample",
        "n_baseline",
        "n_at_timepoint",
        "counted",
    ]
    assert found.design.loc["s07", ["n_baseline", "n_at_timepoint", "counted"]].tolist() == [
        1,
        2,
        False,
    ]
    assert found.design.loc["s01", "n_baseline"] == 2
    assert found.design.loc["s03"].tolist() == ["P2", "Post", "", 0, 0, True]


def test_rows_point_at_the_baseline() -> None:
    rows = study().rows

    assert rows.index.tolist() == list(range(8))
    assert rows.baseline.tolist() == [-1, 0, -1, -1, -1, 4, 4, 4]
    assert rows.paired.tolist() == [False, True, False, False, False, True, True, True]


def test_the_order_of_the_table_says_which_biopsy_is_the_first() -> None:
    turned = read_study(matrix(0, 8), table(ROWS[::-1]), KEYS)

    assert baselines(turned)["s01"] == "s02"
    assert reference_names(turned) == ["s02", "s04"]
    assert turned.design.loc[["s06", "s07"], "counted"].tolist() == [False, True]


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(8)))
def test_the_order_of_the_matrix_decides_nothing(order: list[int]) -> None:
    expression = matrix(0, 8)
    mixed = read_study(expression.select([expression.samples[row] for row in order]), table(), KEYS)

    assert baselines(mixed) == baselines(study())
    assert reference_names(mixed) == ["s00", "s04"]
    assert mixed.rows.baseline.tolist() == [
        order.index(k) if k >= 0 else -1 for k in study().rows.baseline[order]
    ]
    pd.testing.assert_frame_equal(mixed.design.sort_index(), study().design)


def test_calls_of_a_shuffled_matrix_are_the_same() -> None:
    expression, samples = cohort()
    order = np.random.default_rng(3).permutation(len(expression.samples))
    mixed = expression.select([expression.samples[row] for row in order])
    calls = classify(mixed, samples=samples, baseline="Pre", options=QUICK)
    straight = paired_calls()

    pd.testing.assert_frame_equal(
        calls.to_frame().loc[list(straight.samples)], straight.to_frame(), check_exact=True
    )
    assert calls.reference["sha256"] == straight.reference["sha256"]


# ---------------------------------------------------------------- ids of all kinds


@pytest.mark.parametrize(
    ("patients", "times", "baseline"),
    [
        ([1, 1, 2, 2], [0, 1, 0, 1], 0),
        ([1, 1, 2, 2], [0, 1, 0, 1], "0"),
        ([1.0, 1.0, 2.0, 2.0], [0.0, 12.0, 0.0, 12.0], 0),
        ([1, "1", 2.0, "2"], [0, "1", 0.0, 1.0], "0"),
        (["P1", "P1 ", " P2", "P2"], ["Pre", "On", " Pre", "On"], "Pre"),
        (pd.Categorical(["a", "a", "b", "b"]), pd.Categorical(["x", "y", "x", "y"]), "x"),
    ],
    ids=["whole numbers", "baseline as text", "floats", "mixed", "spaces", "categories"],
)
def test_patients_and_time_points_of_any_kind(
    patients: list[object], times: list[object], baseline: object
) -> None:
    samples = pd.DataFrame(
        {"sample": ["s00", "s01", "s02", "s03"], "patient": patients, "timepoint": times}
    )
    found = read_study(matrix(0, 4), samples, ("patient", "timepoint", baseline))  # type: ignore[arg-type]

    assert baselines(found) == {"s01": "s00", "s03": "s02"}
    assert reference_names(found) == ["s00", "s02"]


@pytest.mark.parametrize(
    "patients", [["P1", "P1 ", "P1"], [1, "1", 1.0]], ids=["spaces", "numbers and text"]
)
def test_one_patient_written_in_two_ways_has_one_reference_biopsy(patients: list[object]) -> None:
    rows = list(zip(["s00", "s01", "s02"], patients, ["Pre", "Pre", "Post"], strict=True))
    found = study(rows)

    assert reference_names(found) == ["s00"]
    assert found.design.loc["s02", "n_baseline"] == 2


def test_other_names_of_the_columns() -> None:
    renamed = (
        table()
        .rename(columns={"patient": "who", "timepoint": "when", "sample": "id"})
        .iloc[:, ::-1]
    )
    found = read_study(matrix(0, 8), renamed, ("who", "when", "Pre"), sample="id")

    assert baselines(found) == baselines(study())
    assert found.design["patient"].tolist() == [row[1] for row in ROWS]


# ---------------------------------------------------------------- without pairs


def test_without_a_baseline_everybody_is_the_reference() -> None:
    found = study(baseline=None)

    assert found.pairing is None
    assert reference_names(found) == [f"s{row:02}" for row in range(8)]
    assert list(found.design.columns) == ["patient", "timepoint", "baseline_sample"]
    assert not found.rows.paired.any()


def test_without_a_table() -> None:
    expression = matrix(0, 4).select(["s02", "s00", "s03", "s01"])
    found = read_study(expression, None, ("patient", "timepoint", None))

    assert found.table is None
    assert list(found.design.columns) == ["baseline_sample"]
    assert reference_names(found) == ["s00", "s01", "s02", "s03"]
    assert found.reference_rows.tolist() == [1, 3, 0, 2]


def test_a_table_without_those_columns_serves_where_no_pairs_are_asked_for() -> None:
    found = read_study(
        matrix(0, 2), pd.DataFrame({"id": ["s00", "s01"], "plate": ["x", "y"]}), ("p", "t", None)
    )

    assert list(found.design.columns) == ["baseline_sample"]
    assert found.table is not None
    assert found.table["plate"].tolist() == ["x", "y"]


def test_rows_of_the_table_without_a_matrix_are_left_out_of_everything() -> None:
    """A baseline that was not measured is no baseline."""
    rows = [("never", "P1", "Pre"), *ROWS]
    found = read_study(matrix(0, 8), table(rows), KEYS)

    assert baselines(found) == baselines(study())
    assert any("never" in note or "1 " in note for note in found.notes)
    with pytest.raises(SamplesError, match=r"^E909 There is no pair"):
        read_study(
            matrix(0, 8),
            table(
                [
                    *(r for r in ROWS if r[2] != "Pre"),
                    ("s00", "P9", "Pre"),
                    ("s02", "P8", "Pre"),
                    ("s04", "P7", "Pre"),
                ]
            ),
            KEYS,
        )


@pytest.mark.parametrize(
    ("samples", "keys", "message"),
    [
        (
            None,
            KEYS,
            (
                r"^E911 baseline='Pre' needs a samples table with the columns 'patient' and"
                r" 'timepoint'\.$"
            ),
        ),
        (
            table(),
            ("who", "timepoint", "Pre"),
            r"^E903 The samples table has no column 'who'; its columns are: ",
        ),
        (
            table(),
            ("patient", "timepoint", "pre"),
            r"^E906 The baseline 'pre' does not occur in column 'timepoint'",
        ),
        (table([*ROWS[:7], ("s07", None, "Post")]), KEYS, r"^E905 Pairs cannot be made: 1 problem"),
        (table(ROWS[:7]), KEYS, r"^E904 1 of 8 samples of the matrix"),
        (
            table([*ROWS, ROWS[0]]),
            KEYS,
            r"^E901 1 sample id occurs more than once in the samples table",
        ),
    ],
    ids=[
        "no table",
        "no column",
        "no baseline",
        "no patient",
        "not in the table",
        "twice in the table",
    ],
)
def test_what_is_no_study(
    samples: pd.DataFrame | None, keys: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(SamplesError, match=message):
        read_study(matrix(0, 8), samples, keys)


def test_the_table_of_the_user_is_left_alone() -> None:
    given_table = table()
    before = given_table.copy(deep=True)
    read_study(matrix(0, 8), given_table, KEYS)

    pd.testing.assert_frame_equal(given_table, before)


def test_notes_of_matrix_table_and_pairs_come_together() -> None:
    notes = " ".join(study().notes)

    assert "4 pairs of 2 patients: each later sample against the patient's 'Pre' sample." in notes
    assert "several baseline samples (P1)" in notes
    assert "P3 at 'Post'" in notes
