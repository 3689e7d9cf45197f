"""DNA events: counted where they mean loss, refused where they are not understood."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.systems.bulk.quantities import count_events, events_column

AP = ("B2M", "TAP1", "HLA-A")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("B2M:frameshift", 1),
        ("B2M:frameshift;TAP1:nonsense", 2),
        (" B2M : Stop_Gained ; ", 1),
        ("B2M:stop gained", 1),
        ("B2M:stop-gained", 1),
        ("B2M:missense", 0),
        ("JAK1:frameshift", 0),
        ("HLA-A:LOH", 1),
        ("B2M:LOH", 0),
        ("none", 0),
        ("WT", 0),
    ],
)
def test_counts(cell: str, expected: float) -> None:
    assert count_events(cell, AP) == expected


@pytest.mark.parametrize("cell", ["", "  ", "nan"])
def test_an_empty_cell_is_not_known(cell: str) -> None:
    assert math.isnan(count_events(cell, AP))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("B2M", "'B2M' is not 'gene:event'"),
        ("B2M:", "'B2M:' is not 'gene:event'"),
        (":frameshift", "':frameshift' is not 'gene:event'"),
        (
            "B2M:frameshfit",
            "event 'frameshfit' of 'B2M' is not known; known: amplification, biallelic, ",
        ),
    ],
)
def test_what_is_not_understood_is_refused(cell: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        count_events(cell, AP)


def test_all_bad_cells_are_named_at_once() -> None:
    table = pd.DataFrame(
        {"genomic": ["B2M:frameshift", "B2M", None, "TAP1:oops"]}, index=["a", "b", "c", "d"]
    )
    with pytest.raises(SamplesError) as caught:
        events_column(table, "genomic", AP)

    assert str(caught.value).startswith(
        "E921 Column 'genomic' of the samples table: 2 problems\n  - sample 'b': 'B2M' is"
    )
    assert "sample 'd': event 'oops' of 'TAP1' is not known" in str(caught.value)


def test_a_column() -> None:
    table = pd.DataFrame({"genomic": ["B2M:frameshift", "none", None]}, index=["a", "b", "c"])
    counts = events_column(table, "genomic", AP)

    assert counts[:2].tolist() == [1.0, 0.0]
    assert math.isnan(counts[2])
