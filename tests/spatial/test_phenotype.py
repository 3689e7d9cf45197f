"""Inflamed, excluded, desert: planted blocks are called what they are, and what cannot be said is not said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.spatial import ImmuneRule, MarginRule, RegionCalls, describe_regions, nearest, threshold_table
from resistype.spatial.phenotype import _Counts, _label
from tests.spatial.made import ROLES, Row, block, tissue

RULE = ImmuneRule()


def halves(*, inside: int, around: int, side: int = 40) -> list[Row]:
    """Tumour on the left, macrophages on the right; every n-th cell of a half is a T cell (0: none)."""
    rows = block("tumour", x=range(side), y=range(side))
    rows += block("macrophage", x=range(side, 2 * side), y=range(side), first=10_000)
    every = [inside] * side**2 + [around] * side**2
    return [
        (*row[:4], "T cell") if n and number % n == 0 else row
        for number, (row, n) in enumerate(zip(rows, every, strict=True))
    ]


CASES = {
    "excluded": (halves(inside=0, around=7), "excluded"),
    "inflamed": (halves(inside=5, around=7), "inflamed"),
    "inflamed everywhere alike": (halves(inside=7, around=7), "inflamed"),
    "inflamed inside only": (halves(inside=7, around=0), "inflamed"),
    "desert": (halves(inside=0, around=0), "desert"),
    "too few tumour cells": (block("T cell", x=range(40), y=range(40)), "not_assessable"),
    "no margin": (block("tumour", x=range(40), y=range(40)), "not_assessable"),
}


@pytest.mark.parametrize(("rows", "label"), CASES.values(), ids=CASES.keys())
def test_planted_regions(rows: list[Row], label: str) -> None:
    found = describe_regions(tissue(rows), ROLES)

    assert found.to_frame()["label"].tolist() == [label]


REASONS = {
    "few tumour cells": (_Counts(99, {}, {}), "too few tumour cells: 99, 100 are needed"),
    "no border": (
        _Counts(500, {}, {"inside": 1.0, "margin": 0.0, "outside": 1.0}),
        "no margin: the image holds no border of a tumour",
    ),
    "little inside": (
        _Counts(500, {}, {"inside": 0.01, "margin": 0.1, "outside": 1.0}),
        "too little inside: 0.010 mm², 0.02 are needed",
    ),
    "little around": (
        _Counts(500, {}, {"inside": 1.0, "margin": 0.005, "outside": 0.01}),
        "too little around the tumour: 0.015 mm², 0.02 are needed",
    ),
}


@pytest.mark.parametrize(("counts", "reason"), REASONS.values(), ids=REASONS.keys())
def test_what_cannot_be_assessed_says_why(counts: _Counts, reason: str) -> None:
    filled = _Counts(counts.n_tumour, dict.fromkeys(("inside", "margin", "outside"), 0), counts.area or _AREA)

    assert _label(filled, RULE) == ("not_assessable", reason)


_AREA = {"inside": 1.0, "margin": 1.0, "outside": 1.0}
NUMBERS = st.integers(0, 400)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_label_keeps_its_promise(inside: int, margin: int, outside: int) -> None:
    area = {"inside": 0.4, "margin": 0.3, "outside": 0.5}
    label, _ = _label(_Counts(500, {"inside": inside, "margin": margin, "outside": outside}, area), RULE)
    within, around = inside / 0.4, (margin + outside) / 0.8

    if label == "desert":
        assert max(within, around) < 100
    elif label == "excluded":
        assert around >= 100
        assert within / around < 0.5
    elif label == "inflamed":
        assert within >= 100
        assert around == 0 or within / around >= 0.5
    else:
        assert label == "indeterminate"


def test_near_a_limit_nothing_is_said() -> None:
    counts = _Counts(500, {"inside": 38, "margin": 40, "outside": 40}, {"inside": 0.4, "margin": 0.4, "outside": 0.4})
    label, reason = _label(counts, RULE)

    assert label == "indeterminate"
    assert reason == "intervals cross their limits: inside 67.2 to 130 (100); around 79.3 to 124 (100)"


def found() -> RegionCalls:
    rows = halves(inside=5, around=7)
    return describe_regions(tissue(rows + [("second", row[1], *row[2:]) for row in halves(inside=0, around=7)]), ROLES)


def test_the_evidence_is_counted_by_hand() -> None:
    rows = halves(inside=5, around=7)
    made = tissue(rows)
    calls = describe_regions(made, ROLES)
    table = calls.evidence().set_index("quantity")
    where = calls.compartments.cells["compartment"].astype(str).to_numpy()
    t_cells = made.of("T cell")

    for name in ("inside", "margin", "outside"):
        assert table.loc[f"T cells {name}", "n"] == int((t_cells & (where == name)).sum())
        assert table.loc[f"T cells {name}", "area_mm2"] == calls.compartments.area("first")[name]
    assert table.loc["T cells around", "n"] == int((t_cells & (where != "inside")).sum())
    assert table.loc["tumour cells", "value"] == made.of("tumour").sum()
    distance = nearest(made, "tumour", of="T cell").dropna()
    row = table.loc["T cell to nearest tumour cell (median, quartiles)"]
    assert [row["value"], row["low"], row["high"]] == distance.quantile([0.5, 0.25, 0.75]).tolist()


def test_each_region_is_described_by_itself() -> None:
    calls = found()

    assert calls.to_frame()["label"].to_dict() == {"first": "inflamed", "second": "excluded"}
    assert calls.evidence()["region"].value_counts().to_dict() == {"first": 7, "second": 7}


def test_every_limit_stands_with_its_source() -> None:
    calls = found()
    table = threshold_table(calls.thresholds())
    decided = calls.evidence().dropna(subset=["threshold"])

    assert set(table["source"]) == {"ours"}
    assert set(decided["source"]) == {"ours"}
    assert set(decided["threshold"]) == {100.0, 0.5}
    assert {"RUO", "THRESHOLD_OURS", "NO_VALIDATION", "ONE_IMAGE"} <= set(calls.caveats())


def test_limits_are_the_users() -> None:
    rule = ImmuneRule(dense_mm2=5000.0, margin=MarginRule(width_um=10.0))
    calls = describe_regions(tissue(halves(inside=5, around=7)), ROLES, rule=rule)

    assert calls.to_frame()["label"].tolist() == ["desert"]
    assert calls.compartments.rule.width_um == 10.0


def test_nothing_is_said_of_response() -> None:
    calls = found()
    said = " ".join([*calls.to_frame()["reason"], *calls.caveats().values(), *calls.evidence()["quantity"]]).lower()

    assert not {"respon", "predict", "benefit", "resist"} & {word[:6] for word in said.split()}
    assert np.isin(calls.to_frame()["label"], ["inflamed", "excluded"]).all()


def test_excluded_needs_t_cells_around_beyond_doubt() -> None:
    area = {"inside": 0.4, "margin": 0.3, "outside": 0.5}
    doubtful = _Counts(500, {"inside": 0, "margin": 40, "outside": 42}, area)
    certain = _Counts(500, {"inside": 0, "margin": 90, "outside": 90}, area)

    assert _label(doubtful, RULE)[0] == "indeterminate"
    assert _label(certain, RULE)[0] == "excluded"
