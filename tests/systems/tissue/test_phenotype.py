"""Inflamed, excluded, desert: planted blocks are called what they are, and what cannot be said
is not said.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.scheme import Calls, Measured, call_measured, load_scheme
from resistype.scheme.variant import with_threshold
from resistype.systems.tissue import (
    MarginRule,
    TissueOptions,
    compartments,
    density_ratio,
    describe_regions,
    nearest,
    poisson_interval,
)
from resistype.systems.tissue.immune_phenotype import _Counts, _numbers, _why
from tests.systems.tissue.made import ROLES, Row, block, tissue


def halves(*, inside: int, around: int, side: int = 40) -> list[Row]:
    """Tumour on the left, macrophages on the right; every n-th cell of a half is a T cell (0:
    none).
    """
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

    assert found.to_frame()["phenotype"].tolist() == [label]


RULES = load_scheme("immune_phenotype")


def judged(
    n_tumour: int, n: tuple[int, int, int], area: tuple[float, float, float]
) -> tuple[str, str]:
    """Label and reason of a region with these T cells and areas inside, in the margin and
    outside.
    """
    numbers = pd.DataFrame([_numbers(_Counts(n_tumour, np.array(n), np.array(area)))], index=["a"])
    calls = call_measured(
        RULES, Measured(unit="region", numbers=numbers, reason=_why(numbers, RULES))
    )
    return str(calls.verdicts.calls["phenotype"][0]), str(calls.verdicts.reasons["phenotype"][0])


REASONS = {
    "few tumour cells": (99, (1.0, 1.0, 1.0), "too few tumour cells (99, 100 are needed)"),
    "no border": (500, (1.0, 0.0, 1.0), "no margin: the image holds no border of a tumour"),
    "little inside": (500, (0.01, 0.1, 1.0), "too little inside (0.010 mm², 0.02 are needed)"),
    "little around": (
        500,
        (1.0, 0.005, 0.01),
        "too little around the tumour (0.015 mm², 0.02 are needed)",
    ),
}


@pytest.mark.parametrize(("tumour", "area", "reason"), REASONS.values(), ids=REASONS.keys())
def test_what_cannot_be_assessed_says_why(
    tumour: int, area: tuple[float, float, float], reason: str
) -> None:
    assert judged(tumour, (0, 0, 0), area) == ("not_assessable", reason)


def label_in_python(
    n_tumour: int, n: tuple[int, int, int], area: tuple[float, float, float]
) -> str:
    """The rules written out in Python, as they were before they stood in a file."""
    inside, around = (n[0], area[0]), (n[1] + n[2], area[1] + area[2])
    if n_tumour < 100 or area[1] == 0 or inside[1] < 0.02 or around[1] < 0.02:
        return "not_assessable"
    within, beyond, ratio = (
        poisson_interval(*inside),
        poisson_interval(*around),
        density_ratio(inside, around),
    )
    if max(within.high, beyond.high) < 100:
        return "desert"
    if beyond.low >= 100 and ratio.high < 0.5:
        return "excluded"
    return "inflamed" if within.low >= 100 and ratio.low >= 0.5 else "indeterminate"


def test_the_rules_of_the_file_are_those_in_python() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (
            int(rng.integers(50, 400)),
            tuple(rng.poisson(rng.uniform(0, 120), 3).tolist()),
            tuple(area),
        )
        for area in np.round(
            rng.uniform(0.0, 0.8, (20_000, 3)) * (rng.random((20_000, 3)) > 0.03), 3
        ).tolist()
    ]
    numbers = pd.DataFrame([_numbers(_Counts(t, np.array(n), np.array(a))) for t, n, a in rows])
    calls = call_measured(RULES, Measured(unit="region", numbers=numbers)).verdicts.calls[
        "phenotype"
    ]

    assert calls.tolist() == [label_in_python(t, n, a) for t, n, a in rows]  # type: ignore[arg-type]
    assert set(calls) == {"not_assessable", "desert", "excluded", "inflamed", "indeterminate"}


def test_near_a_limit_nothing_is_said() -> None:
    label, reason = judged(500, (38, 40, 40), (0.4, 0.4, 0.4))

    assert label == "indeterminate"
    assert reason.startswith(
        "intervals cross their limits, or the numbers fit none of the three descriptions"
    )
    assert "inside 67.2 to 130; around 79.3 to 124" in reason


def found() -> Calls:
    rows = halves(inside=5, around=7)
    return describe_regions(
        tissue(rows + [("second", row[1], *row[2:]) for row in halves(inside=0, around=7)]), ROLES
    )


def test_the_evidence_is_counted_by_hand() -> None:
    made = tissue(halves(inside=5, around=7))
    numbers = describe_regions(made, ROLES).quantities.iloc[0]
    parts = compartments(made, ROLES)
    where = parts.cells["compartment"].astype(str).to_numpy()

    for name in ("inside", "margin", "outside"):
        assert numbers[f"n_{name}"] == int((made.of("T cell") & (where == name)).sum())
        assert numbers[f"{name}_area"] == parts.area("first")[name]
    assert numbers["n_tumour"] == made.of("tumour").sum()
    assert numbers["to_tumour"] == nearest(made, "tumour", of="T cell").median()


def test_each_region_is_described_by_itself() -> None:
    calls = found()
    alone = describe_regions(tissue(halves(inside=5, around=7)), ROLES)

    assert calls.to_frame()["phenotype"].to_dict() == {"first": "inflamed", "second": "excluded"}
    assert (
        calls.to_frame()["phenotype_stability"]["first"]
        == alone.to_frame()["phenotype_stability"]["first"]
    )


def test_every_limit_stands_with_its_source() -> None:
    calls = found()
    decided = calls.evidence().dropna(subset=["threshold_value"])

    assert set(decided["threshold_source"]) == {"ours"}
    assert {100.0, 0.5} <= set(decided["threshold_value"])
    assert {"RUO", "THRESHOLD_OURS", "NO_VALIDATION", "ONE_IMAGE"} <= set(calls.run_caveats)
    assert calls.base_rate("phenotype", "excluded")[1].endswith(
        "with their T cells scattered over the area"
    )


def test_limits_are_the_users() -> None:
    scheme = with_threshold(RULES, "phenotype", "dense", value=5000.0)
    options = TissueOptions(margin=MarginRule(width_um=10.0))
    calls = describe_regions(
        tissue(halves(inside=5, around=7)), ROLES, options=options, scheme=scheme
    )

    assert calls.to_frame()["phenotype"].tolist() == ["desert"]
    assert calls.run["scheme"]["version"] == "1.0.0+moved"
    assert calls.run["margin"]["margin width"] == "10 µm on each side"


def test_nothing_is_said_of_response() -> None:
    calls = found()
    reasons = calls.verdicts.reasons["phenotype"].tolist()
    words = " ".join([*reasons, *calls.run_caveats.values(), *calls.evidence()["title"]]).lower()

    assert not {"respon", "predict", "benefit", "resist"} & {word[:6] for word in words.split()}


def test_excluded_needs_t_cells_around_beyond_doubt() -> None:
    area = (0.4, 0.3, 0.5)

    assert judged(500, (0, 40, 42), area)[0] == "indeterminate"
    assert judged(500, (0, 90, 90), area)[0] == "excluded"
