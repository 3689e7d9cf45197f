"""Verdicts: the rules of a scheme applied to measured quantities. Numbers in, calls out; no
matrix and no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype._renamed import renamed
from resistype.scheme.rules import decide, holds
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme


@renamed({"by_rule": "rule_calls"})
@dataclass(frozen=True)
class Verdicts:
    """What the rules say: per axis the call, the rule that decided (−1: none) and the reason for
    not calling.

    `rule_calls` holds what the rules alone gave, where a call was withheld as not stable.
    """

    calls: Mapping[str, NDArray[np.object_]]
    decided: Mapping[str, NDArray[np.intp]]
    reasons: Mapping[str, NDArray[np.object_]]
    caveats: tuple[tuple[str, ...], ...]
    rule_calls: Mapping[str, NDArray[np.object_]]


def apply_rules(scheme: Scheme, columns: Mapping[str, Column]) -> Verdicts:
    """Apply the rules of every axis, in order, to measured quantities of shape (n_obs,)."""
    values = {name: column.values for name, column in columns.items()}
    calls: dict[str, NDArray[np.object_]] = {}
    decided: dict[str, NDArray[np.intp]] = {}
    reasons: dict[str, NDArray[np.object_]] = {}
    for axis in scheme.axes:
        rules = [rule.conditions for rule in axis.rules]
        which = decide(rules, values, scheme.thresholds_of(axis.id), calls=calls)
        names = np.array([*(rule.call for rule in axis.rules), axis.otherwise_call], dtype=object)
        calls[axis.id], decided[axis.id] = names[which], which
        reasons[axis.id] = np.where(
            np.isin(names[which], ABSTENTIONS), _reasons(axis, which, columns), ""
        )
    return Verdicts(calls, decided, reasons, _caveats(scheme, values, calls), dict(calls))


def proportion(calls: NDArray[np.object_], label: str) -> tuple[float, int]:
    """Fraction of units with a call, and of how many: those in which the axis was assessed, or all
    where the question is how many were not.
    """
    of = len(calls) if label == "not_assessable" else int((calls != "not_assessable").sum())
    return (int((calls == label).sum()) / of if of else float("nan")), of


def _reasons(
    axis: Axis, which: NDArray[np.intp], columns: Mapping[str, Column]
) -> NDArray[np.object_]:
    words: NDArray[np.object_] = np.array(
        [*(rule.reason for rule in axis.rules), axis.otherwise], dtype=object
    )[which]
    for number, rule in enumerate(axis.rules):
        if rule.detail:
            here = np.flatnonzero(which == number)
            details = columns[rule.detail].reason[here]
            words[here] = [f"{rule.reason} ({why})" if why else rule.reason for why in details]
    return words


def _caveats(
    scheme: Scheme,
    values: Mapping[str, NDArray[np.float64]],
    calls: Mapping[str, NDArray[np.object_]],
) -> tuple[tuple[str, ...], ...]:
    thresholds = {name: t.value for name, t in scheme.parameters.items()}
    n_obs = len(next(iter(values.values())))
    given: list[list[str]] = [[] for _ in range(n_obs)]
    for rule in scheme.caveats:
        conditions = rule.conditions
        if any(
            one.kind == "call" and one.subject not in calls for one in conditions
        ):  # an axis of another unit
            continue
        mask = np.ones(n_obs, dtype=bool)
        for condition in conditions:
            mask &= holds(condition, values, thresholds, calls=calls)
        for row in np.flatnonzero(mask):
            given[row].append(rule.code)
    return tuple(tuple(codes) for codes in given)


# What base rates of a change are counted over; every other basis is of single units.
PAIRS = "unrelated reference pairs"


@dataclass(frozen=True)
class Column:
    """Values of one quantity, shape (n_rows,), and why they are missing or what must be told
    with them.
    """

    values: NDArray[np.float64]
    reason: NDArray[np.object_]

    @staticmethod
    def of(values: NDArray[np.float64], why: str = "") -> Column:
        """One reason for every missing value, no word for the others."""
        values = np.asarray(values, dtype=np.float64)
        return Column(values, np.where(np.isnan(values), why, "").astype(object))

    @staticmethod
    def missing(n: int, why: str) -> Column:
        """No value for anybody, for one reason."""
        return Column.of(np.full(n, np.nan), why)

    def take(self, rows: NDArray[np.intp]) -> Column:
        """The same quantity for other rows."""
        return Column(self.values[rows], self.reason[rows])
