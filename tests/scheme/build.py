"""Small cohorts and a small scheme for the tests of this folder and of the report; nothing is read
from outside.

`mini` is twelve biopsies of six patients with sixty genes and a scheme that holds every kind of
quantity. `cohort` is large enough for the shipped scheme: 32 patients, before and after, with
planted effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from resistype.expression import Expression
from resistype.library import Library, load_library
from resistype.library.read import read_mapping
from resistype.scheme import Calls, load_scheme
from resistype.scheme.read import upgrade
from resistype.scheme.scheme import Scheme
from resistype.systems import classify
from resistype.systems.bulk.context import Context, Rows, build_panel
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.quantities import measure_basic
from resistype.systems.bulk.reference import reference_of

QUICK = CallOptions(stability=False, n_jobs=1)
MHC1 = ("B2M", "TAP1", "TAP2", "HLA-A", "HLA-B")
PLAIN = tuple(f"GENE{number:02}" for number in range(55))
MINI_GENES = (*MHC1, *PLAIN)
SETS: Mapping[str, list[str]] = {
    "set_a": list(PLAIN[:12]),
    "set_b": list(MHC1),
    "set_c": [*PLAIN[6:16]],
    "thin": ["GENE00", "ABSENT1", "ABSENT2"],
    "half": ["GENE20", "GENE21", "ABSENT3", "ABSENT4"],
}


def _quantities() -> dict[str, dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {
        "a_score": {"kind": "score", "signature": "set_a"},
        "a_z": {"kind": "score", "signature": "set_a", "method": "zscore"},
        "a_sing": {"kind": "score", "signature": "set_a", "method": "singscore"},
        "thin_score": {"kind": "score", "signature": "thin"},
        "b_mean": {"kind": "mean_log2", "signature": "set_b"},
        "c_mean": {"kind": "mean_log2", "signature": "set_c"},
        "thin_mean": {"kind": "mean_log2", "signature": "thin"},
        "half_mean": {"kind": "mean_log2", "signature": "half"},
        "a_level": {"kind": "level", "of": "a_score"},
        "b_level": {"kind": "level", "of": "b_mean"},
        "thin_level": {"kind": "level", "of": "thin_score"},
        "a_change": {"kind": "change", "of": "a_score"},
        "b_raw": {"kind": "raw_change", "of": "b_mean"},
        "purity_raw": {"kind": "raw_change", "of": "purity"},
        "a_higher": {"kind": "fraction_up", "signature": "set_a"},
        "a_lower": {"kind": "fraction_down", "signature": "set_a"},
        "a_p": {"kind": "random_p", "of": "a_score"},
        "z_p": {"kind": "random_p", "of": "a_z"},
        "b_left": {
            "kind": "residual",
            "of": "b_mean",
            "on": ("c_mean",),
            "covariates": ("purity",),
        },
        "b_left_sd": {
            "kind": "residual_sd",
            "of": "b_mean",
            "on": ("c_mean",),
            "covariates": ("purity",),
        },
        "b_rank": {"kind": "percentile", "of": "b_mean"},
        "a_minus_b": {"kind": "difference", "of": "a_level", "minus": "b_level"},
        "a_minus_thin": {"kind": "difference", "of": "a_level", "minus": "thin_level"},
        "b_measured": {"kind": "measured", "signature": "set_b"},
        "half_measured": {"kind": "measured", "signature": "half"},
        "b_floor": {"kind": "at_floor", "signature": "set_b"},
        "b_silent": {"kind": "silent", "signature": "set_b"},
        "b_detected": {"kind": "detected", "signature": "set_b"},
        "tap1": {"kind": "gene", "signature": "set_b", "gene": "TAP1"},
        "tap1_others": {"kind": "other_genes", "signature": "set_b", "gene": "TAP1"},
        "b_from_median": {"kind": "from_median", "of": "b_mean"},
        "b_from_fence": {"kind": "from_fence", "of": "b_mean"},
        "c_outside": {"kind": "outside_fences", "on": ("c_mean",)},
        "b_fenced": {"kind": "residual_fenced", "of": "b_mean", "on": ("c_mean",)},
        "b_fenced_sd": {"kind": "residual_fenced_sd", "of": "b_mean", "on": ("c_mean",)},
        "events": {"kind": "dna_events", "signature": "set_b", "input": "genomic"},
        "purity": {"kind": "number", "input": "purity"},
        "nlr": {"kind": "ratio", "input": "nlr", "parts": ("anc", "alc")},
        "marked": {"kind": "mark", "input": "steroid"},
    }
    return {
        name: {"title": f"title of {name}", "unit": "u", **fields} for name, fields in kinds.items()
    }


def _limit(value: float, source: str = "ours", citation: str = "") -> dict[str, Any]:
    return {"value": value, "source": source, "text": "a cut-off", "citation": citation}


def _axes() -> list[dict[str, Any]]:
    course = {
        "id": "course",
        "title": "Course of A",
        "labels": {
            "up": {"text": "A up", "needs_baseline": True, "headline": "A up"},
            "stable": {"text": "A stable", "needs_baseline": True},
            "high": {"text": "A high", "headline": "A high"},
            "low": {"text": "A low"},
        },
        "thresholds": {"cut": _limit(0.5), "share": _limit(0.6, "published", "Somebody 2020")},
        "rules": [
            {
                "call": "not_assessable",
                "when": ["lacks a_level"],
                "reason": "A has no place",
                "detail": "a_level",
            },
            {"call": "up", "when": ["a_change >= cut", "a_higher >= share"]},
            {"call": "stable", "when": ["a_change < cut", "a_change > -cut"]},
            {"call": "high", "when": ["lacks a_change", "a_level >= cut"]},
            {"call": "low", "when": ["lacks a_change", "a_level < cut"]},
        ],
        "evidence": ["a_p", "a_minus_b"],
        "otherwise": "the change of A does not agree",
    }
    loss = {
        "id": "loss",
        "title": "Loss of B",
        "labels": {"lost": {"text": "B lost", "headline": "B lost"}, "kept": {"text": "B kept"}},
        "thresholds": {"left": _limit(0.3), "floor": _limit(1.0)},
        "rules": [
            {
                "call": "not_assessable",
                "when": ["b_floor >= floor"],
                "reason": "B at the floor",
                "detail": "b_floor",
            },
            {"call": "lost", "when": ["b_left_sd <= -left"]},
            {"call": "kept", "when": ["b_left_sd > left"]},
        ],
        "otherwise": "B lies between",
    }
    later = {
        "id": "later",
        "title": "Where A rose",
        "labels": {"both": {"text": "A and B", "needs_baseline": True}, "one": {"text": "A only"}},
        "rules": [
            {"call": "both", "when": ["call course is up", "b_level >= level"]},
            {"call": "one", "when": ["call course is not up", "has b_level"]},
        ],
        "otherwise": "not asked",
        "otherwise_call": "not_assessable",
    }
    return [course, loss, later]


@cache
def scheme() -> Scheme:
    """A scheme with every kind of quantity, three axes and two caveats."""
    return Scheme.model_validate(
        upgrade(
            {
                "format": "resistype-scheme",
                "format_version": 1,
                "id": "mini",
                "version": "1.0.0",
                **{
                    key: f"{key} of mini"
                    for key in ("title", "unit", "context", "summary", "citation", "claim")
                },
                "seed": 7,
                "random_sets": 99,
                "inputs": (
                    {
                        name: {"column": name, "text": name}
                        for name in ("genomic", "purity", "nlr", "anc", "alc")
                    }
                    | {"steroid": {"column": "steroid", "text": "steroid"}}
                ),
                "quantities": _quantities(),
                "axes": _axes(),
                "thresholds": {"level": _limit(0.4)},
                "stability": {
                    "minimum": _limit(0.7),
                    "repeats": 10,
                    "methods": ["singscore", "zscore"],
                },
                "anchor_quantity": "a_score",
                "cohort_shift": _limit(0.8),
                "line_offset": _limit(0.5),
                "caveats": [
                    {"code": "RUO"},
                    {"code": "LESION", "when": ["call course is up", "b_level >= level"]},
                ],
            }
        )
    )


@cache
def library() -> Library:
    """The gene sets of the small scheme."""
    return Library(read_mapping(SETS))


def matrix(seed: int = 0, n_obs: int = 12, *, unit: str = "log2") -> Expression:
    """Biopsies ``s00``, ``s01``, … with sixty genes; even ones are baselines of the odd ones
    after them.
    """
    rng = np.random.default_rng(seed)
    if unit == "counts":
        values = np.round(rng.lognormal(5.0, 1.5, (n_obs, len(MINI_GENES))))
        values[values < 6] = 0.0
    else:
        values = np.abs(rng.normal(5.0, 2.0, (n_obs, len(MINI_GENES))))
    samples = tuple(f"s{number:02}" for number in range(n_obs))
    return Expression(values, MINI_GENES, samples, pd.DataFrame(index=list(samples)), unit)  # type: ignore[arg-type]


def pairs(n_obs: int) -> Rows:
    """Odd rows with the row before as their baseline."""
    index = np.arange(n_obs)
    return Rows(index, np.where(index % 2 == 1, index - 1, -1))


def context(
    expression: Expression, table: pd.DataFrame | None = None, *, own: bool = True
) -> Context:
    """Everything measured that does not need a reference; with `own`, the cohort is its own
    reference.
    """
    made = Context(
        scheme(), library(), build_panel(expression, scheme(), library()), table=table, n_jobs=1
    )
    made.basic = measure_basic(made)
    if own:
        made.reference = reference_of(made, np.arange(expression.n_obs), name="itself")
    return made


def slow_ssgsea(row: np.ndarray, members: list[int]) -> float:
    """Running sum from the highest gene to the lowest, then its mean; for rows without ties."""
    n = len(row)
    order = np.argsort(-row)
    rank = {int(gene): n - place for place, gene in enumerate(order)}
    weight = sum(rank[m] ** 0.25 for m in members)
    running, total = 0.0, 0.0
    for gene in order:
        running += (
            rank[int(gene)] ** 0.25 / weight if int(gene) in members else -1.0 / (n - len(members))
        )
        total += running
    return total / n


# ---------------------------------------------------------------- a cohort for the shipped scheme

N_PATIENTS = 32


@cache
def cohort(seed: int = 5) -> tuple[Expression, pd.DataFrame]:
    """64 biopsies in log2(TPM + 1), and their table; interferon rises in P00 to P05, P06 loses
    MHC class I.
    """
    rng = np.random.default_rng(seed)
    sets = {
        name: load_library()[name].genes for name in load_scheme("acquired_resistance").signatures
    }
    genes = list(dict.fromkeys(gene for members in sets.values() for gene in members))
    immune = np.repeat(rng.normal(0.0, 1.0, N_PATIENTS), 2)
    values = np.repeat(
        rng.normal(6.0, 1.5, (N_PATIENTS, len(genes))) * 0.1 + rng.normal(5.5, 1.3, len(genes)),
        2,
        0,
    )
    values += rng.normal(0.0, 0.15, values.shape)
    for name in (
        "hallmark_ifng_without_ap",
        "ss_cyt_davoli",
        "mhc1_core",
        "dysfunction_core",
        "benci_isg_rs",
    ):
        values[:, np.isin(genes, sets[name])] += 0.4 * immune[:, None]
    for patient in range(6):
        values[2 * patient + 1, np.isin(genes, sets["hallmark_ifng_without_ap"])] += 1.5
    values[13, np.isin(genes, sets["mhc1_core"])] -= 4.0
    names = tuple(f"P{row // 2:02}-{('Pre', 'Post')[row % 2]}" for row in range(2 * N_PATIENTS))
    table = pd.DataFrame(
        {
            "sample": names,
            "patient": [n[:3] for n in names],
            "timepoint": [n[4:] for n in names],
            "genomic": "",
        }
    )
    frame = pd.DataFrame(index=list(names))
    return Expression(np.clip(values, 0.0, None), tuple(genes), names, frame, "log2"), table


@cache
def wide_cohort(seed: int = 5) -> tuple[Expression, pd.DataFrame]:
    """The same with 2,000 genes of no signature, by which two cohorts can be compared: a third of
    them steady.
    """
    expression, table = cohort(seed)
    rng = np.random.default_rng(11)
    n = 2000
    usual, spread = rng.uniform(5.0, 9.0, n), np.where(np.arange(n) < 700, 0.1, 1.0)
    more = usual + spread * rng.normal(0.0, 1.0, (2 * N_PATIENTS, n))
    values = np.hstack([np.asarray(expression.values), np.clip(more, 0.0, None)])
    genes = (*expression.genes, *(f"FREE{k:04}" for k in range(n)))
    return Expression(values, genes, expression.samples, expression.obs, "log2"), table


@cache
def paired_calls() -> Calls:
    """The cohort with its baselines."""
    expression, table = cohort()
    return classify(expression, samples=table, baseline="Pre", options=QUICK)


@cache
def level_calls() -> Calls:
    """The biopsies after treatment alone: no baseline anywhere."""
    expression, table = cohort()
    later = table[table["timepoint"] == "Post"]
    return classify(expression.select(list(later["sample"])), samples=later, options=QUICK)
