"""Pre-ranked enrichment on a contrast."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from resistype.errors import MissingExtraError, SamplesError
from resistype.expression import ReadOptions
from resistype.library import Library, Signature
from resistype.score.contrast import ContrastOptions, contrast
from tests.score.test_run import SYMBOLS

OPTIONS = ContrastOptions(permutations=100, read=ReadOptions(unit="log2"))
LIBRARY = Library(
    [
        Signature(id="raised", name="raised", up=tuple(SYMBOLS[:20])),
        Signature(id="signed", name="signed", up=tuple(SYMBOLS[20:40]), down=tuple(SYMBOLS[:15])),
        Signature(id="flat", name="flat", up=tuple(SYMBOLS[100:140])),
    ]
)


def cohort() -> tuple[pd.DataFrame, dict[str, str]]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 400)) + 6
    values[:6, :20] += 2
    values[:6, 20:40] -= 2
    samples = [f"s{i}" for i in range(12)]
    return pd.DataFrame(values, index=samples, columns=SYMBOLS), dict(
        zip(samples, ["case"] * 6 + ["control"] * 6, strict=True)
    )


def test_planted_programmes_are_found() -> None:
    table, groups = cohort()

    found = contrast(table, groups, LIBRARY, case="case", control="control", options=OPTIONS)

    assert list(found.index) == [
        ("raised", "up"),
        ("signed", "up"),
        ("signed", "down"),
        ("flat", "up"),
    ]
    assert found.loc[("raised", "up"), "nes"] > 1.5
    assert found.loc[("signed", "up"), "nes"] < -1.5
    assert found.loc[("signed", "down"), "nes"] > 1.5
    assert found.loc[("raised", "up"), "fdr"] < 0.05 < found.loc[("flat", "up"), "fdr"]
    assert found["n_genes"].tolist() == [20, 20, 15, 40]


def test_groups_the_other_way_round() -> None:
    table, groups = cohort()

    one, other = (
        contrast(table, groups, LIBRARY, case=a, control=b, options=OPTIONS)
        for a, b in (("case", "control"), ("control", "case"))
    )

    assert np.sign(one["es"]).tolist()[:3] == (-np.sign(other["es"])).tolist()[:3]


def test_the_seed_and_the_order_of_samples_and_genes() -> None:
    table, groups = cohort()
    moved = table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)

    first, again = (
        contrast(t, groups, LIBRARY, case="case", control="control", options=OPTIONS)
        for t in (table, moved)
    )

    pd.testing.assert_frame_equal(first[["es", "nes", "p"]], again[["es", "nes", "p"]], atol=1e-9)


def test_small_groups_are_refused() -> None:
    table, groups = cohort()

    with pytest.raises(
        SamplesError,
        match="E925 Group 'other' has 0 samples with expression; a contrast needs at least 3",
    ):
        contrast(table, groups, LIBRARY, case="case", control="other", options=OPTIONS)


def test_without_gseapy(monkeypatch: pytest.MonkeyPatch) -> None:
    table, groups = cohort()
    monkeypatch.setitem(sys.modules, "gseapy", None)

    with pytest.raises(
        MissingExtraError,
        match=r"^X101 A contrast needs gseapy: pip install 'resistype\[gsea\]'\.$",
    ):
        contrast(table, groups, LIBRARY, case="case", control="control", options=OPTIONS)
