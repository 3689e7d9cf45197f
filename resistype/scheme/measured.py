"""What a system measures, and the calls made of it: the same steps for biopsies' cells, patients and regions.

A system (cells of tumours, CAR T products, tissue) only measures: one row per unit, one column per quantity, and a
reason where a number is missing. Everything else is done here once: rules, reasons, caveats, how often the same rules
give each call by chance, and how often a call comes again when the unit is measured anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.calls import Calls
from resistype.scheme.caveats import caveat_text
from resistype.scheme.context import Column
from resistype.scheme.describe import versions
from resistype.scheme.scheme import Scheme, Unit
from resistype.scheme.stability import Stability
from resistype.scheme.verdicts import Verdicts, apply_rules

__all__ = ["Measured", "call_measured"]

COVERAGE = ("asked", "found", "share", "missing", "at_floor", "shared", "version", "status")


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """Numbers of the units of a system.

    Parameters
    ----------
    unit
        What a row is.
    numbers
        One row per unit (its id is the index), one column per quantity of the scheme.
    why
        Of the same rows: reasons for what is missing.
    design
        One row per unit: patient, timepoint, baseline_sample and what else is known.
    by_chance
        The same numbers measured where there is nothing to find (labels permuted), and in words what was done.
    again
        The same numbers of the same units measured anew, by kind of repeat.
    coverage
        One row per signature: asked, found, share, missing, version.
    reference
        What the units were compared with: mode, name, n.
    tables, notes, run
        Tables to show; sentences on what was found; what it takes to repeat the run.
    """

    unit: Unit
    numbers: pd.DataFrame
    why: pd.DataFrame = field(default_factory=pd.DataFrame)
    design: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_chance: tuple[str, Sequence[pd.DataFrame]] = ("", ())
    again: Mapping[str, Sequence[pd.DataFrame]] = field(default_factory=dict)
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    reference: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()


def call_measured(scheme: Scheme, measured: Measured) -> Calls:
    """Calls of what a system measured, by the rules of the axes of its unit."""
    part = scheme.of(measured.unit)
    columns = _columns(part, measured.numbers, measured.why)
    verdicts = apply_rules(part, columns)
    ids = tuple(str(one) for one in measured.numbers.index)
    always = [rule.code for rule in scheme.caveats if not rule.when]
    return Calls(
        scheme=part,
        samples=ids,
        columns=columns,
        verdicts=verdicts,
        design=_design(measured.design, ids),
        base_rates=_base_rates(part, *measured.by_chance),
        reference={"mode": "no reference", "name": "nothing", "n": len(ids), **measured.reference},
        run_caveats={code: caveat_text(code) for code in dict.fromkeys([*always, *measured.caveats])},
        coverage=measured.coverage.reindex(columns=list(COVERAGE)),
        genes=pd.DataFrame(columns=["sample", "signature", "gene", "log2", "log2_baseline"]),
        run=_record(scheme, measured, len(ids)),
        stability=_stability(part, verdicts, measured),
        unit=measured.unit,
        tables=measured.tables,
    )


def _columns(scheme: Scheme, numbers: pd.DataFrame, why: pd.DataFrame) -> dict[str, Column]:
    n, unknown = len(numbers), f"the system {scheme.system!r} does not measure this"
    given = {}
    for name in scheme.quantities:
        if name not in numbers:
            given[name] = Column.missing(n, unknown)
            continue
        words = why[name].to_numpy(dtype=object) if name in why else np.full(n, "", dtype=object)
        given[name] = Column(numbers[name].to_numpy(dtype=np.float64), words)
    return given


def _design(design: pd.DataFrame, ids: tuple[str, ...]) -> pd.DataFrame:
    table = design.set_axis(pd.Index(ids), axis=0) if len(design) else pd.DataFrame(index=pd.Index(ids))
    for name in ("patient", "timepoint", "baseline_sample"):
        if name not in table:
            table[name] = ""
    return table


def _calls_of(scheme: Scheme, numbers: pd.DataFrame) -> Mapping[str, NDArray[np.object_]]:
    return apply_rules(scheme, _columns(scheme, numbers, pd.DataFrame())).calls


def _base_rates(scheme: Scheme, words: str, by_chance: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """How often the rules give each call where there is nothing to find; NaN calls for nothing are counted too."""
    if not by_chance:
        return pd.DataFrame()
    calls = _calls_of(scheme, pd.concat(by_chance))
    rows = [
        {"axis": axis.id, "label": label, "share": float(np.mean(calls[axis.id] == label)), "n": len(calls[axis.id])}
        for axis in scheme.axes
        for label in dict.fromkeys([*axis.labels, "indeterminate", "not_assessable"])
    ]
    return pd.DataFrame(rows).assign(basis=words)


def _stability(scheme: Scheme, verdicts: Verdicts, measured: Measured) -> Stability | None:
    shares: dict[str, dict[str, NDArray[np.float64]]] = {}
    for kind, repeats in measured.again.items():
        calls = [_calls_of(scheme, one.reindex(measured.numbers.index)) for one in repeats]
        shares[kind] = {
            axis: np.mean([one[axis] == verdicts.calls[axis] for one in calls], axis=0) for axis in verdicts.calls
        }
    return Stability(shares) if shares else None


def _record(scheme: Scheme, measured: Measured, n: int) -> dict[str, Any]:
    given = {"source": "table", "sha256": "", "n_obs": n, "n_genes": 0, "unit": "", "notes": list(measured.notes)}
    about = {"id": scheme.id, "version": scheme.version, "sha256": scheme.content_hash, "system": scheme.system}
    return {
        "format": "resistype-run",
        "format_version": 1,
        "versions": versions(),
        "input": given,
        "scheme": about,
        "thresholds": scheme.threshold_rows(),
        "reference": dict(measured.reference),
        **measured.run,
    }
