"""A tissue is a partition of its cells by image, and its kinds and keys are those of the table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.text import listed
from tests.strategies import CELL_KINDS, cells_with_places
from tests.systems.tissue.made import Row, frame, tissue


@given(cells_with_places())
def test_images_part_the_cells(rows: list[Row]) -> None:
    made = tissue(rows)
    parts = dict(made.each())

    assert sorted(number for part in parts.values() for number in part) == list(range(len(rows)))
    for name, part in parts.items():
        assert part.tolist() == [number for number, row in enumerate(rows) if row[0] == name]
        assert made.rows(name).tolist() == part.tolist()
    assert list(parts) == list(dict.fromkeys(row[0] for row in rows))


@given(cells_with_places(), st.sets(st.sampled_from(CELL_KINDS), min_size=1))
def test_cells_of_kinds(rows: list[Row], kinds: set[str]) -> None:
    made = tissue(rows)

    assert made.of(sorted(kinds)).tolist() == [row[4] in kinds for row in rows]
    one = min(kinds)
    assert made.of(one).tolist() == made.of([one]).tolist()


@given(cells_with_places(), st.sampled_from([0.25, 1.0, 3.0]))
def test_coordinates_and_keys(rows: list[Row], scale: float) -> None:
    made = tissue(rows, scale_um=scale)

    assert made.um.tolist() == [[x * scale, y * scale] for _, _, x, y, _ in rows]
    assert made.yx.tolist() == [[y, x] for _, _, x, y, _ in rows]
    assert made.keys.tolist() == [row[:2] for row in rows]
    assert made.keys.is_unique
    assert made.n_obs == len(rows)
    assert made.obs.equals(frame(rows))


def test_kinds_without_a_cell_are_kept() -> None:
    made = tissue([("first", 1, 0, 0, "tumour")])

    assert made.kinds == CELL_KINDS
    assert not made.of("T cell").any()


def test_a_tissue_cannot_be_changed() -> None:
    made = tissue([("first", 1, 0, 0, "tumour")])

    with pytest.raises(AttributeError):
        made.scale_um = 2.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        made.xy += 1


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        ([1], "1"),
        (["a", "b"], "a, b"),
        (list("abcde"), "a, b, c, d, e"),
        (list("abcdef"), "a, b, c, d, e, …"),
    ],
)
def test_listed(names: list[object], said: str) -> None:
    assert listed(names) == said


def test_codes_of_many_kinds() -> None:
    rows = [("first", number, number, 0, "tumour") for number in range(1, 300)]
    table = frame(rows).assign(kind=[f"k{number:03}" for number in range(299)])
    from resistype.systems.tissue import neighbourhood, read_tissue
    from tests.systems.tissue.made import COLUMNS

    made = read_tissue(table, unit="um", columns=COLUMNS)
    counts = neighbourhood(made, 1.0).counts

    assert counts.shape == (299, 299)
    assert np.diag(counts.to_numpy(), 1).tolist() == [1] * 298
    assert counts.to_numpy().sum() == 2 * 298
