"""What a system measures, and the calls made of it: the same steps for biopsies' cells, patients
and regions.

A system (cells of tumours, CAR T products, tissue) only measures: one row per unit, one column per
quantity, and a reason where a number is missing. Everything else is done here once: rules, reasons,
caveats, how often the same rules give each call by chance, and how often a call comes again when
the unit is measured anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype._renamed import renamed
from resistype.scheme.apply import Column, Verdicts, apply_rules, proportion
from resistype.scheme.calls import Calls
from resistype.scheme.caveats import caveat_text
from resistype.scheme.record import versions
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme, Unit
from resistype.scheme.stability import Stability, take_back

COVERAGE = ("asked", "found", "fraction", "missing", "at_floor", "shared", "version", "status")


NOTHING_ENTERS = "not counted: nothing that could be permuted enters this axis"
_NEAR = 0.5  # ours: a base rate of half the observed frequency is near it


@dataclass(frozen=True, eq=False)
class ByChance:
    """The numbers of the units where there is nothing to find, and in words what was done to
    have that.
    """

    words: str
    numbers: Sequence[pd.DataFrame]


@renamed({"why": "reason"})
@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """Numbers of the units of a system.

    Parameters
    ----------
    unit
        What a row is.
    numbers
        One row per unit (its id is the index), one column per quantity of the scheme.
    reason
        Of the same rows: reasons for what is missing.
    design
        One row per unit: patient, timepoint, baseline_sample and what else is known.
    by_chance
        The same numbers measured where there is nothing to find (labels permuted). An axis is
        counted on the first of them whose permutation moves a number that its rules look at; on
        none, its base rate is "not counted".
    not_counted
        Why nothing was permuted, where nothing was.
    again
        The same numbers of the same units measured anew, by kind of repeat.
    coverage
        One row per signature: asked, found, fraction, missing, version.
    reference
        What the units were compared with: mode, name, n.
    tables, notes, run
        Tables to show; sentences on what was found; what it takes to repeat the run.
    """

    unit: Unit
    numbers: pd.DataFrame
    reason: pd.DataFrame = field(default_factory=pd.DataFrame)
    design: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_chance: Sequence[ByChance] = ()
    not_counted: str = NOTHING_ENTERS
    again: Mapping[str, Sequence[pd.DataFrame]] = field(default_factory=dict)
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    reference: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()


def rng_of(seed: int, unit: str) -> np.random.Generator:
    """Random numbers of one unit: the same whatever other units there are, and in whatever
    order.
    """
    return np.random.default_rng([seed, zlib.crc32(unit.encode())])


def call_units(scheme: Scheme, measured: Sequence[Measured]) -> Calls:
    """Calls of several units of one run that know each other; the first is what the run is asked
    for.
    """
    first, *others = (call_measured(scheme, one) for one in measured)
    return replace(first, others=tuple(others))


def call_measured(scheme: Scheme, measured: Measured) -> Calls:
    """Calls of what a system measured, by the rules of the axes of its unit."""
    part = scheme.of(measured.unit)
    columns = _columns(part, measured.numbers, measured.reason)
    verdicts = apply_rules(part, columns)
    ids = tuple(str(one) for one in measured.numbers.index)
    base_rates = _base_rates(part, measured)
    stability = _stability(part, verdicts, measured)
    always = [rule.code for rule in scheme.caveats if not rule.when]
    run_caveats = {code: caveat_text(code) for code in dict.fromkeys([*always, *measured.caveats])}
    run_caveats |= _too_near(part, verdicts, base_rates)
    if stability is not None and part.stability is not None:
        verdicts = take_back(verdicts, stability, part.stability)
    about = {
        "mode": "no reference",
        "name": "nothing",
        "n": len(ids),
        "not_counted": measured.not_counted,
    }
    return Calls(
        scheme=part,
        samples=ids,
        columns=columns,
        verdicts=_without(verdicts, always),
        design=_design(measured.design, ids),
        base_rates=base_rates,
        reference=about | dict(measured.reference),
        run_caveats=run_caveats,
        coverage=measured.coverage.reindex(columns=list(COVERAGE)),
        genes=pd.DataFrame(columns=["sample", "signature", "gene", "log2", "log2_baseline"]),
        run=_record(scheme, measured, len(ids)),
        stability=stability,
        unit=measured.unit,
        tables=measured.tables,
    )


def _without(verdicts: Verdicts, always: Sequence[str]) -> Verdicts:
    """What is said of the whole run is not said of each unit again."""
    kept = tuple(tuple(code for code in codes if code not in always) for codes in verdicts.caveats)
    return replace(verdicts, caveats=kept)


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
    table = (
        design.set_axis(pd.Index(ids), axis=0) if len(design) else pd.DataFrame(index=pd.Index(ids))
    )
    for name in ("patient", "timepoint", "baseline_sample"):
        if name not in table:
            table[name] = ""
    return table


def _calls_of(scheme: Scheme, numbers: pd.DataFrame) -> Mapping[str, NDArray[np.object_]]:
    return apply_rules(scheme, _columns(scheme, numbers, pd.DataFrame())).calls


def _base_rates(scheme: Scheme, measured: Measured) -> pd.DataFrame:
    """How often the rules give each call where there is nothing to find; NaN calls for nothing
    are counted too.
    """
    rows: list[dict[str, Any]] = []
    for chance in measured.by_chance:
        moved = {
            str(name)
            for one in chance.numbers
            for name in one
            if _moved(one, measured.numbers, str(name))
        }
        calls = _calls_of(scheme, pd.concat(chance.numbers)) if moved else {}
        counted = {row["axis"] for row in rows}
        for axis in scheme.axes if moved else ():
            if axis.id in counted or not moved & _looked_at(scheme, axis):
                continue
            given = calls[axis.id]
            for label in dict.fromkeys([*axis.labels, *ABSTENTIONS]):
                share, of = proportion(given, label)
                rows.append(
                    {
                        "axis": axis.id,
                        "label": label,
                        "proportion": share,
                        "n": of,
                        "basis": chance.words,
                    }
                )
    return pd.DataFrame(rows)


def _moved(numbers: pd.DataFrame, before: pd.DataFrame, name: str) -> bool:
    old = before[name].reindex(numbers.index) if name in before else numbers[name]
    return not np.array_equal(
        old.to_numpy(np.float64), numbers[name].to_numpy(np.float64), equal_nan=True
    )


def _looked_at(scheme: Scheme, axis: Axis) -> set[str]:
    """Quantities that decide an axis, those of the axes that it looks at included."""
    conditions = [condition for rule in axis.rules for condition in rule.conditions]
    called = {one.subject for one in conditions if one.kind == "call"}
    own = {one.subject for one in conditions if one.kind != "call"}
    return own.union(*(_looked_at(scheme, scheme.axis(name)) for name in called))


def _too_near(scheme: Scheme, verdicts: Verdicts, base_rates: pd.DataFrame) -> dict[str, str]:
    """A caveat where the rules find something hardly more often than where there is nothing to
    find.
    """
    near = []
    for row in base_rates.to_dict("records"):
        label = scheme.axis(row["axis"]).labels.get(row["label"])
        seen, _ = proportion(verdicts.calls[row["axis"]], row["label"])
        if label is not None and label.headline and seen > 0 and row["proportion"] >= _NEAR * seen:
            near.append(
                f"{label.headline} in {seen:.0%} here, in {row['proportion']:.0%} of {row['basis']}"
            )
    return (
        {"BASE_RATE_HIGH": caveat_text("BASE_RATE_HIGH", {"calls": "; ".join(near)})}
        if near
        else {}
    )


def _stability(scheme: Scheme, verdicts: Verdicts, measured: Measured) -> Stability | None:
    shares: dict[str, dict[str, NDArray[np.float64]]] = {}
    for kind, repeats in measured.again.items():
        calls = [_calls_of(scheme, one.reindex(measured.numbers.index)) for one in repeats]
        shares[kind] = {
            axis: np.mean([one[axis] == verdicts.calls[axis] for one in calls], axis=0)
            for axis in verdicts.calls
        }
    return Stability(shares) if shares else None


def _record(scheme: Scheme, measured: Measured, n: int) -> dict[str, Any]:
    """The record of a run; its scheme is the whole one, with the axes of every level."""
    given = {
        "source": "table",
        "sha256": "",
        "n_obs": n,
        "n_genes": 0,
        "unit": "",
        "notes": list(measured.notes),
    }
    about: dict[str, Any] = {
        "id": scheme.id,
        "version": scheme.version,
        "sha256": scheme.content_hash,
        "system": scheme.system,
    }
    about["axes"] = [axis.id for axis in scheme.axes]
    return {
        "format": "resistype-run",
        "format_version": 2,
        "versions": versions(),
        "input": given,
        "scheme": about,
        "signatures": {},
        "reference": dict(measured.reference),
        **measured.run,
    }
