"""The rules of one side applied again to the samples compared: which rule decided, and which of their lines hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.cohort.agreement.sides import Labelling
from resistype.scheme.context import Column
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import Axis
from resistype.scheme.verdicts import Verdicts, apply_rules

__all__ = ["Judged", "judge"]


@dataclass(frozen=True, eq=False)
class Judged:
    """The rules of one side applied again to the samples compared."""

    side: Labelling
    verdicts: Verdicts
    values: Mapping[str, NDArray[np.float64]] = field(repr=False)
    reasons: pd.DataFrame = field(repr=False)
    firmness: pd.DataFrame = field(repr=False)

    def axis(self, name: str) -> Axis:
        """Rules of an axis."""
        if self.side.scheme is None:
            raise KeyError(name)
        return self.side.scheme.axis(name)

    def limits(self, axis: str) -> dict[str, float]:
        """Thresholds that the rules of an axis may name."""
        return {} if self.side.scheme is None else self.side.scheme.thresholds_of(axis)

    @property
    def minimum(self) -> float:
        """Share of the repeats that a call needs; NaN where the scheme asks for none."""
        plan = None if self.side.scheme is None else self.side.scheme.stability
        return float("nan") if plan is None else plan.minimum.value

    def firm(self, axis: str, row: int) -> float:
        """Share of the repeats that gave the call of the rules again; NaN where it was not asked."""
        return float(self.firmness[axis].iloc[row]) if axis in self.firmness else float("nan")

    def truth(self, axis: str, row: int) -> dict[str, bool]:
        """Which lines of the rules of an axis hold for a sample."""
        lines = {line.text: line for rule in self.axis(axis).rules for line in rule.conditions}
        return {text: self.holds(axis, line, row) for text, line in lines.items()}

    def holds(self, axis: str, line: Condition, row: int) -> bool:
        """Whether one line holds for a sample."""
        at = slice(row, row + 1)
        values = {line.subject: self.values[line.subject][at]} if line.kind != "call" else {}
        calls = {line.subject: self.verdicts.by_rule[line.subject][at]} if line.kind == "call" else {}
        return bool(holds(line, values, self.limits(axis), calls=calls)[0])


def judge(side: Labelling, samples: pd.Index) -> Judged | None:
    """The rules of a side on some of its samples; None for plain labels."""
    if side.scheme is None:
        return None
    absent = np.full(len(samples), np.nan)
    table = side.values.reindex(samples)
    values = {n: table[n].to_numpy(np.float64) if n in table else absent for n in side.scheme.quantities}
    verdicts = apply_rules(side.scheme, {name: Column.of(column) for name, column in values.items()})
    return Judged(side, verdicts, values, side.reasons.reindex(samples).fillna(""), side.firm.reindex(samples))
