"""Coordinates and a design beside the observations: joined by name, never silently by position."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import InputError
from resistype.session import SessionData
from resistype.session.data import coordinates, in_order
from tests.scheme.build import scheme

SAMPLES = ("a", "b", "c")
POINTS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def named(*rows: str) -> pd.DataFrame:
    """Coordinates of the observations, the rows in this order."""
    return pd.DataFrame(POINTS[[SAMPLES.index(row) for row in rows]], index=list(rows))


@given(st.permutations(SAMPLES))
def test_rows_come_into_the_order_of_the_observations(order: list[str]) -> None:
    found = coordinates({"UMAP": named(*order)}, SAMPLES)["UMAP"]

    np.testing.assert_array_equal(found, POINTS.astype(np.float32))


def test_rows_of_others_are_left_out() -> None:
    table = pd.DataFrame({"x": [9, 1, 2]}, index=["z", "b", "a"])

    assert in_order(table, ["a", "b"])["x"].tolist() == [2, 1]


@pytest.mark.parametrize("given_as", [POINTS, POINTS.tolist(), pd.DataFrame(POINTS)])
def test_without_names_the_position_counts(given_as: object) -> None:
    np.testing.assert_array_equal(
        coordinates({"UMAP": given_as}, SAMPLES)["UMAP"], POINTS.astype(np.float32)
    )


NAMES = "its rows need the names of the observations, or give them in their order without names"
WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "a name is absent": (
        lambda: named("a", "b").reindex(["a", "b", "d"]),
        f"embedding 'UMAP': 1 observations are not among its rows; {NAMES}",
    ),
    "a name stands twice": (
        lambda: pd.DataFrame(POINTS[[0, 1, 2, 2]], index=["a", "b", "c", "c"]),
        f"embedding 'UMAP': a name of its rows occurs twice; {NAMES}",
    ),
    "too few": (lambda: POINTS[:2], "embedding 'UMAP' has shape (2, 2); (3, 2) is needed"),
    "text": (
        lambda: [["x", "y"]] * 3,
        (
            "embedding 'UMAP' cannot be read as numbers: could not convert string to float: 'x';"
            " give numbers"
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_coordinates_that_do_not_fit(case: str) -> None:
    make, words = WRONG[case]

    with pytest.raises(InputError) as caught:
        coordinates({"UMAP": make()}, SAMPLES)

    assert str(caught.value) == f"V124 Embeddings: 1 problem\n  - {words}"


def test_a_session_joins_coordinates_and_design_by_name() -> None:
    quantities = pd.DataFrame({"a_score": [0.1, 0.2, 0.3]}, index=list(SAMPLES))
    design = pd.DataFrame({"patient": ["P3", "P1", "P2"]}, index=["c", "a", "b"])

    found = SessionData.from_quantities(
        scheme(), quantities, design=design, embeddings={"UMAP": named("c", "b", "a")}
    )

    assert found.design["patient"].tolist() == ["P1", "P2", "P3"]
    np.testing.assert_array_equal(found.embeddings["UMAP"], POINTS.astype(np.float32))


def test_a_design_of_other_observations_is_refused() -> None:
    quantities = pd.DataFrame({"a_score": [0.1, 0.2]}, index=["a", "b"])
    design = pd.DataFrame({"patient": ["P1", "P2"]}, index=["a", "x"])

    with pytest.raises(InputError) as caught:
        SessionData.from_quantities(scheme(), quantities, design=design)

    assert (
        str(caught.value)
        == "V121 The design: 1 observations are not among its rows; its rows need the names of the"
        " observations, or give them in their order without names."
    )
