"""What comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resistype.errors import InputError
from resistype.score import Scores

TWO = Scores(
    samples=("a", "b"),
    signatures=("x", "y", "z"),
    methods=("ssgsea", "ucell"),
    values={"ssgsea": np.arange(6.0).reshape(2, 3), "ucell": np.ones((2, 3))},
    coverage=pd.DataFrame(),
    specs={"ssgsea": "ssgsea/1", "ucell": "ucell/1"},
    refs={},
    n_genes=10,
    unit="log2",
)


def test_table_of_one_method() -> None:
    table = TWO.to_frame("ssgsea")

    assert table.columns.tolist() == ["x", "y", "z"]
    assert table.index.tolist() == ["a", "b"]
    assert (table.index.name, table.columns.name) == ("sample", "signature")
    assert table.loc["b", "x"] == 3.0


def test_table_of_all_methods() -> None:
    table = TWO.to_frame()

    assert table.columns.names == ["method", "signature"]
    assert table["ssgsea", "y"].tolist() == [1.0, 4.0]
    assert table.shape == (2, 6)


def test_the_only_method_needs_no_name() -> None:
    one = replace(TWO, methods=("ucell",), values={"ucell": TWO["ucell"]})

    assert one.to_frame().equals(TWO.to_frame("ucell"))


def test_a_method_that_was_not_run() -> None:
    with pytest.raises(InputError, match="E607 These scores hold ssgsea, ucell, not 'gsva'"):
        TWO.to_frame("gsva")


@pytest.mark.parametrize(
    "change",
    [
        {"samples": ("a", "c")},
        {"signatures": ("x", "y", "w")},
        {"specs": {"ssgsea": "ssgsea/2", "ucell": "ucell/1"}},
        {
            "values": {
                "ssgsea": np.arange(6.0).reshape(2, 3) * (1 + 2**-52),
                "ucell": np.ones((2, 3)),
            }
        },
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_sees_every_change(change: dict[str, object]) -> None:
    assert replace(TWO, **change).digest != TWO.digest
    assert replace(TWO).digest == TWO.digest


def test_the_digest_does_not_see_how_the_numbers_lie() -> None:
    turned = {"ssgsea": np.asfortranarray(TWO["ssgsea"]), "ucell": TWO["ucell"]}

    assert replace(TWO, values=turned).digest == TWO.digest
