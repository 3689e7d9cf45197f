"""Evidence: every number that an axis looked at, the threshold beside it, and how far it was from
deciding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.apply import Column, Verdicts
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import Axis, Scheme
from resistype.scheme.stability import Stability


class Called(Protocol):
    """What evidence needs to know of calls."""

    @property
    def scheme(self) -> Scheme: ...  # noqa: D102
    @property
    def samples(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    @property
    def verdicts(self) -> Verdicts: ...  # noqa: D102
    @property
    def coverage(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def stability(self) -> Stability | None: ...  # noqa: D102


COLUMNS = (
    "sample",
    "axis",
    "call",
    "quantity",
    "title",
    "value",
    "unit",
    "threshold",
    "threshold_value",
    "threshold_source",
    "distance",
    "passes",
    "decided",
    "stability",
    "coverage",
    "shared_genes",
    "reason",
)


def evidence_frame(calls: Called, rows: Sequence[int] | None = None) -> pd.DataFrame:
    """Long table of evidence for some observations, or for all."""
    chosen = range(len(calls.samples)) if rows is None else rows
    firm = {axis.id: _firm(calls, axis) for axis in calls.scheme.axes}
    every = [
        line | {"stability": float(firm[axis.id][row])}
        for row in chosen
        for axis in calls.scheme.axes
        for line in _axis_lines(calls, axis, row)
    ]
    return pd.DataFrame(every, columns=list(COLUMNS))


def _axis_lines(calls: Called, axis: Axis, row: int) -> Iterator[dict[str, Any]]:
    decided = int(calls.verdicts.decided[axis.id][row])
    deciding = set(axis.rules[decided].when) if decided >= 0 else set()
    chosen: dict[tuple[str, str, int], Condition] = {}
    for condition in _in_play(calls, axis, row):
        key = (condition.subject, condition.target, condition.sign)
        if key not in chosen or condition.text in deciding:
            chosen[key] = condition
    for condition in chosen.values():
        yield _line(calls, axis, row, condition.subject) | _threshold(
            calls, axis, row, condition, deciding
        )
    shown = {condition.subject for condition in chosen.values()}
    for name in axis.quantities:
        if name not in shown:
            yield _line(calls, axis, row, name)


def _in_play(calls: Called, axis: Axis, row: int) -> Iterator[Condition]:
    """Comparisons of the rules that could have decided here: what they need is measured, what
    they exclude is not.
    """
    values = {name: column.values[row : row + 1] for name, column in calls.columns.items()}
    given = {name: call[row : row + 1] for name, call in calls.verdicts.rule_calls.items()}
    for rule in axis.rules:
        gates = [c for c in rule.conditions if c.kind != "compare"]
        if all(bool(holds(gate, values, {}, calls=given)[0]) for gate in gates):
            yield from (
                c
                for c in rule.conditions
                if c.kind == "compare" and not np.isnan(values[c.subject][0])
            )


def _line(calls: Called, axis: Axis, row: int, name: str) -> dict[str, Any]:
    quantity, column = calls.scheme.quantities[name], calls.columns[name]
    signature = _signature(calls, name)
    known = calls.coverage.loc[signature] if signature in calls.coverage.index else None
    return {
        "sample": calls.samples[row],
        "axis": axis.id,
        "call": calls.verdicts.calls[axis.id][row],
        "quantity": name,
        "title": quantity.title,
        "value": float(column.values[row]),
        "unit": quantity.unit,
        "threshold": "",
        "threshold_value": float("nan"),
        "threshold_source": "",
        "distance": float("nan"),
        "passes": None,
        "decided": False,
        "coverage": "" if known is None else f"{known['found']}/{known['asked']}",
        "shared_genes": "" if known is None else known["shared"],
        "reason": column.reason[row] or calls.verdicts.reasons[axis.id][row],
    }


def _firm(calls: Called, axis: Axis) -> NDArray[np.float64]:
    if calls.stability is None:
        return np.full(len(calls.samples), np.nan)
    return calls.stability.overall(axis.id)


def _signature(calls: Called, name: str) -> str:
    quantity = calls.scheme.quantities[name]
    while not quantity.signature and quantity.of:
        quantity = calls.scheme.quantities[quantity.of]
    return quantity.signature


def _threshold(
    calls: Called, axis: Axis, row: int, condition: Condition, deciding: set[str]
) -> dict[str, Any]:
    threshold = axis.thresholds.get(condition.target) or calls.scheme.parameters[condition.target]
    limit = condition.sign * threshold.value
    value = calls.columns[condition.subject].values[row : row + 1]
    passes = holds(
        condition, {condition.subject: value}, {condition.target: threshold.value}, calls={}
    )
    return {
        "threshold": f"{condition.op} {limit:g}",
        "threshold_value": limit,
        "threshold_source": (
            f"{threshold.source}: {threshold.citation}" if threshold.citation else threshold.source
        ),
        "distance": float(value[0]) - limit,
        "passes": bool(passes[0]),
        "decided": condition.text in deciding,
    }
