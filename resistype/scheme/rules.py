"""The rule language of schemes: a condition is one short line, and the first rule whose lines all
hold decides.

    ifng_change >= change          a quantity against a threshold of the axis (a leading minus turns
                                   its sign)
    has ifng_change                the quantity could be measured
    lacks ifng_change              it could not
    call ifng is up                an earlier axis has this call
    call ifng is not up            it has another

There is no code in it and nothing is evaluated: a line that does not have one of these five shapes
is refused. A comparison with a quantity that could not be measured does not hold. The same rule
runs in the browser, so it is kept to comparisons of numbers; here it runs on whole columns at once.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_NAME = r"[a-z][a-z0-9_]*"
_COMPARE = re.compile(rf"({_NAME}) (>=|<=|>|<) (-?)({_NAME})")
_PRESENT = re.compile(rf"(has|lacks) ({_NAME})")
_CALL = re.compile(rf"call ({_NAME}) is (not )?({_NAME})")

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Condition:
    """One parsed line. `subject` is a quantity (or an axis, for ``call``); `target` a threshold
    (or a call).
    """

    kind: Literal["compare", "has", "lacks", "call"]
    subject: str
    op: str = ""
    sign: int = 1
    target: str = ""

    @property
    def text(self) -> str:
        """The line as it stands in the file."""
        if self.kind in ("has", "lacks"):
            return f"{self.kind} {self.subject}"
        if self.kind == "call":
            return f"call {self.subject} is {'not ' if self.sign < 0 else ''}{self.target}"
        return f"{self.subject} {self.op} {'-' if self.sign < 0 else ''}{self.target}"


def parse_condition(text: str) -> Condition:
    """Read one condition."""
    if found := _COMPARE.fullmatch(text):
        subject, op, minus, target = found.groups()
        return Condition("compare", subject, op, -1 if minus else 1, target)
    if found := _CALL.fullmatch(text):
        axis, negated, call = found.groups()
        return Condition("call", axis, "is", -1 if negated else 1, call)
    if found := _PRESENT.fullmatch(text):
        return Condition("has" if found[1] == "has" else "lacks", found[2])
    message = (
        f"condition {text!r} is not understood; write 'quantity >= threshold' (or <=, >, <), 'has"
        " quantity', 'lacks quantity' or 'call axis is label'"
    )
    raise ValueError(message)


def holds(
    condition: Condition,
    quantities: Mapping[str, NDArray[np.floating]],
    thresholds: Mapping[str, float],
    *,
    calls: Mapping[str, NDArray[np.object_]],
) -> NDArray[np.bool_]:
    """Where one condition holds, for arrays of shape (n_obs,)."""
    if condition.kind == "call":
        same = calls[condition.subject] == condition.target
        return np.asarray(same if condition.sign > 0 else ~same, dtype=bool)
    values = quantities[condition.subject]
    if condition.kind == "has":
        return np.asarray(~np.isnan(values))
    if condition.kind == "lacks":
        return np.asarray(np.isnan(values))
    compare = _OPERATORS[condition.op]
    with np.errstate(invalid="ignore"):
        return np.asarray(
            compare(values, condition.sign * thresholds[condition.target]), dtype=bool
        )


def decide(
    rules: Sequence[Sequence[Condition]],
    quantities: Mapping[str, NDArray[np.floating]],
    thresholds: Mapping[str, float],
    *,
    calls: Mapping[str, NDArray[np.object_]],
) -> NDArray[np.intp]:
    """Index of the first rule that holds for each observation, −1 where none does."""
    n_obs = len(next(iter(quantities.values())))
    decided = np.full(n_obs, -1, dtype=np.intp)
    for number, conditions in enumerate(rules):
        mask = decided < 0
        for condition in conditions:
            mask &= holds(condition, quantities, thresholds, calls=calls)
        decided[mask] = number
    return decided
