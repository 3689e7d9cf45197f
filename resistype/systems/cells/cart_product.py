"""`cart_product`: CAR T cells, from states and scores of cells to samples, patients and clones
over time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import SamplesError
from resistype.samples.composition import balance
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.measured import ByChance, Measured, call_units, rng_of
from resistype.systems.cells.clone_tracking import Course, clone_courses, repeat_courses
from resistype.systems.cells.clones import clones_from_airr
from resistype.systems.cells.repeats import draw_counts
from resistype.systems.cells.table import (
    KEYS,
    CellColumns,
    CellTable,
    balances,
    cell_table,
    group_names,
    mean_scores,
    sample_shares,
    share_of,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class CellInputs:
    """What is known of the cells beside their table.

    Parameters
    ----------
    columns
        Which column is what.
    scores
        Scores of the cells, shape (n_cells, n_scores), indexed by cell.
    clones
        Clone of each cell, indexed by cell; by default from the receptor columns, where they are.
    notes
        What was found before, for the record.
    seed
        Of the bootstrap intervals.
    """

    columns: CellColumns = field(default_factory=CellColumns)
    scores: pd.DataFrame | None = None
    clones: pd.Series | None = None
    notes: tuple[str, ...] = ()
    seed: int = 0


def find_clones(
    obs: pd.DataFrame, inputs: CellInputs, table: CellTable
) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Clones that were given, of a column, of receptor columns, or none."""
    if inputs.clones is not None:
        if not inputs.clones.index.isin(obs.index).any():
            message = (
                "Clones without cells: none of the cells of the clones is among the cells given."
            )
            raise SamplesError(message, code="E972")
        return inputs.clones, ()
    if "clone" in table.frame:
        own = table.frame["clone"].astype(object)
        return (table.frame["patient"].astype(str) + ":" + own.astype(str)).where(
            own.notna(), None
        ), ()
    try:
        found = clones_from_airr(obs, patient=inputs.columns.patient)
    except SamplesError as error:
        if error.code != "E971":
            raise
        return None, (
            "No receptor columns: nothing can be said about clones, drift and plasticity.",
        )
    return found.clone, found.notes


def cart_product(
    cells: pd.DataFrame,
    *,
    inputs: CellInputs | None = None,
    scheme: str | Path | Scheme = "cart_product",
) -> Calls:
    """Describe CAR T cells of products and of samples after infusion.

    Parameters
    ----------
    cells
        One row per cell: patient, time point, state, and what else is known.
    inputs
        Columns, scores, clones.
    scheme
        The scheme; its thresholds can be changed in a copy of its file.

    Returns
    -------
    Calls
        Calls of patients (balance of the product, plasticity, expansion); ``at("sample")`` gives
        those of samples (balance, exhaustion, CAR-Treg). With the tables composition, balance,
        scores, clones, diversity, drift, flow.

    Raises
    ------
    SamplesError
        E980 with every complaint about the table of cells.

    Examples
    --------
    >>> state = ["memory"] * 420 + ["cytotoxic"] * 260 + ["exhausted"] * 60 + [None] * 460
    >>> cells = pd.DataFrame({"patient": "T1", "timepoint": "IP", "state": state})
    >>> found = cart_product(cells, inputs=CellInputs(columns=CellColumns(state="state")))
    >>> found.to_frame().loc["T1", "headline"]
    'memory-leaning product; not assessed: Plasticity of clones, Expansion of clones'
    """
    inputs = inputs or CellInputs()
    loaded = load_scheme(scheme)
    table = cell_table(cells, inputs.columns)
    clone, found = find_clones(cells, inputs, table)
    groups = group_names(table, loaded)
    shares = sample_shares(table, loaded)
    leaning = balances(
        shares, "memory", "cytotoxic", min_cells=int(loaded.cut("min_cells")), seed=inputs.seed
    )
    course = clone_courses(table, clone, groups=groups, scheme=loaded)
    numbers, why = _sample_numbers(shares, leaning, table)
    patients, why_patients = _patient_numbers(numbers, why, course)
    tables = {"composition": shares, "balance": leaning.reset_index(), **course.tables}
    tables["patients"] = course.patients.reset_index()
    if inputs.scores is not None:
        tables["scores"] = mean_scores(
            table, inputs.scores, min_cells=int(loaded.cut("min_cells_mean"))
        )
    again, dealt = _shares_again(numbers, shares, loaded, seed=inputs.seed)
    clones = repeat_courses(table, clone, groups=groups, scheme=loaded, seed=inputs.seed)
    same: dict[str, Any] = {
        "reference": {
            "mode": "own samples over time",
            "name": "each patient's own samples",
            "n": len(patients),
        },
        "tables": tables,
        "notes": (*inputs.notes, *table.notes, *found),
        "run": {"columns": vars(inputs.columns), "seed": inputs.seed},
        "caveats": table.caveats,
    }
    of_patients = Measured(
        unit="patient",
        numbers=patients,
        reason=why_patients,
        design=pd.DataFrame({"patient": patients.index}, index=patients.index),
        by_chance=[
            ByChance(_COIN.format("products"), [_of_products(patients, one) for one in dealt]),
            *(
                [ByChance(_TIMES, [patients.assign(**one) for one in clones.permuted])]
                if clones.permuted
                else []
            ),
        ],
        again={
            "cells": [
                _of_products(patients, one).assign(**two)
                for one, two in zip(
                    again, cycle(clones.again), strict=False
                )  # the second has no end
            ]
        },
        **same,
    )
    of_samples = Measured(
        unit="sample",
        numbers=_flat(numbers),
        reason=_flat(why),
        design=_flat(numbers.index.to_frame()),
        by_chance=[ByChance(_COIN.format("samples"), [_flat(one) for one in dealt])],
        again={"cells": [_flat(one) for one in again]},
        **same,
    )
    return call_units(loaded, [of_patients, of_samples])


_COIN = "{} with memory and cytotoxic dealt by a coin to the cells that are either"
_TIMES = "patients with the time points of their cells permuted"


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """A table of samples, by name."""
    return table.set_axis(pd.Index([f"{patient} {time}" for patient, time in table.index]), axis=0)


_SHARES = {
    "memory_fraction": "memory",
    "cytotoxic_fraction": "cytotoxic",
    "exhausted_fraction": "exhausted",
    "treg_fraction": "treg",
}


def _shares_again(
    numbers: pd.DataFrame, shares: pd.DataFrame, scheme: Scheme, *, seed: int
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Numbers of samples with their cells drawn anew, and with memory and cytotoxic cells dealt
    by a coin.
    """
    kinds = list(dict.fromkeys(shares["kind"]))
    wide = shares.pivot_table(
        index=KEYS, columns="kind", values="numerator", aggfunc="sum", observed=True
    )
    wide = wide.reindex(numbers.index).reindex(columns=kinds).fillna(0).astype(np.int64)
    counts = {
        f"{one[0]} {one[1]}": row for one, row in zip(wide.index, wide.to_numpy(), strict=True)
    }
    again = [
        _with_counts(
            numbers, pd.DataFrame(list(one.values()), index=wide.index, columns=kinds), seed
        )
        for one in draw_counts(counts, seed=seed, repeats=scheme.repeats)
    ]
    if not {"memory", "cytotoxic"} <= set(kinds):
        return again, []
    either = (wide["memory"] + wide["cytotoxic"]).to_numpy()
    coins = [rng_of(seed, name) for name in counts]
    dealt = []
    for _ in range(scheme.repeats):
        memory = np.array(
            [coin.binomial(n, 0.5) for coin, n in zip(coins, either, strict=True)], dtype=np.int64
        )
        dealt.append(
            _with_counts(numbers, wide.assign(memory=memory, cytotoxic=either - memory), seed)
        )
    return again, dealt


def _with_counts(numbers: pd.DataFrame, counts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Shares and balances by other counts of the same samples; what was missing stays missing."""
    out, n = numbers.copy(), numbers["n_t_cells"].to_numpy()
    for name, kind in _SHARES.items():
        if kind in counts:
            out[name] = (counts[kind] / n).where(numbers[name].notna())
    columns = ["balance", "balance_low", "balance_high"]
    rows = np.flatnonzero(numbers["balance"].notna())
    if len(rows):
        # filled as one array: pandas takes a millisecond for each row that is set alone
        filled = out[columns].to_numpy(np.float64, copy=True)
        pairs = counts[["memory", "cytotoxic"]].to_numpy(np.int64)
        for row in rows.tolist():
            found = balance(int(pairs[row, 0]), int(pairs[row, 1]), int(n[row]), seed=seed)
            filled[row] = found.value, found.low, found.high
        out[columns] = filled
    return out


def _of_products(patients: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Numbers of patients with those of the infusion product taken from other numbers of the
    samples.
    """
    own = (
        samples[(samples["is_product"] == 1).to_numpy()]
        .droplevel("timepoint")
        .reindex(patients.index)
    )
    kept = ["balance", "balance_low", "balance_high", "exhausted_fraction"]
    return patients.assign(**{name: own[name] for name in kept})


def _sample_numbers(
    shares: pd.DataFrame, leaning: pd.DataFrame, table: CellTable
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Quantities of every sample, and why some are missing."""
    index = pd.MultiIndex.from_tuples(leaning.index.tolist(), names=KEYS)
    about = shares.drop_duplicates(KEYS).set_index(KEYS).reindex(index)
    numbers = pd.DataFrame(
        {
            "n_t_cells": leaning["n_cells"].astype(float),
            "day": about["day"].astype(float),
            "is_product": about["is_product"].astype(float),
            "balance": leaning["balance"],
            "balance_low": leaning["low"],
            "balance_high": leaning["high"],
        },
        index=index,
    )
    why = pd.DataFrame("", index=index, columns=["n_t_cells", "balance", *_SHARES])
    why["n_t_cells"] = [f"{int(n)} T cells" for n in numbers["n_t_cells"]]
    why["balance"] = leaning["reason"].to_numpy()
    for name, kind in _SHARES.items():
        numbers[name] = share_of(shares, kind, index)["proportion"].to_numpy()
        why.loc[numbers[name].isna(), name] = f"the data have no {kind} cells"
    unresolved = shares["kind"].str.endswith("unresolved").any()
    numbers["has_isoforms"] = 0.0 if unresolved else np.nan
    numbers["has_product"] = float("product" in table.frame)
    return numbers, why


def _patient_numbers(
    numbers: pd.DataFrame, why: pd.DataFrame, course: Course
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Quantities of every patient: those of the infusion product, and of the clones."""
    product = (numbers["is_product"] == 1).to_numpy()
    patients = pd.Index(course.patients.index, name="patient")
    own = numbers[product].droplevel("timepoint").reindex(patients)
    kept = [
        "n_t_cells",
        "is_product",
        "balance",
        "balance_low",
        "balance_high",
        "exhausted_fraction",
        "has_isoforms",
    ]
    out = own[kept].copy()
    for name in ("n_times", "n_tracked", "plastic_fraction", "n_expanded"):
        out[name] = course.patients[name].astype(float)
    reasons = why[product].droplevel("timepoint").reindex(patients).fillna("")
    reasons["plastic_fraction"] = course.patients["reason_plasticity"]
    reasons["n_expanded"] = course.patients["reason_clones"]
    return out, reasons
