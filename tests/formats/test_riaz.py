"""Calls of a real cohort do not depend on the scale in which its counts come."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.scheme import Calls

AXES = ["ifng", "isg_rs", "antigen_presentation", "dysfunction"]
RNG = np.random.default_rng(0)
SUMMARY = ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"]


def fractional(counts: pd.DataFrame) -> pd.DataFrame:
    return counts + (RNG.random(counts.shape) * 0.5 * (counts > 0)).round(3)


def with_summary(counts: pd.DataFrame) -> pd.DataFrame:
    rows = RNG.integers(1_000_000, 30_000_000, (len(counts), 4)).astype(float)
    return pd.concat([pd.DataFrame(rows, counts.index, SUMMARY), counts], axis=1)


def log10_cpm(counts: pd.DataFrame) -> pd.DataFrame:
    cpm = counts.div(counts.sum(axis=1), axis=0) * 1e6
    return pd.DataFrame(np.log10(cpm + 1).round(5))


SCALES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "fractional counts": (fractional, "expected counts with fractions"),
    "summary rows": (with_summary, "raw counts"),
    "log2(count + 1)": (lambda counts: np.log2(counts + 1).round(4), "log2(count + 1)"),
    "log10(CPM + 1)": (log10_cpm, "log10(x + 1)"),
}


@pytest.fixture(scope="module")
def riaz(shared: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = shared / "data" / "riaz_pairs"
    counts = pd.read_parquet(folder / "counts.symbols.parquet").T.astype(float)
    return counts, pd.read_csv(folder / "samples.tsv", sep="\t").set_index("column")


def called(counts: pd.DataFrame, samples: pd.DataFrame) -> Calls:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rt.classify(counts, samples=samples, baseline="Pre")


@pytest.fixture(scope="module")
def wanted(riaz: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return called(*riaz).to_frame()[AXES]


@pytest.mark.parametrize("scale", SCALES)
def test_calls_are_those_of_the_counts(
    riaz: tuple[pd.DataFrame, pd.DataFrame], wanted: pd.DataFrame, scale: str
) -> None:
    change, words = SCALES[scale]

    calls = called(change(riaz[0]), riaz[1])

    assert wanted.size == 436
    assert int((calls.to_frame()[AXES] != wanted).to_numpy().sum()) == 0
    assert calls.run["input"]["read_as"].startswith(f"read as {words}")
