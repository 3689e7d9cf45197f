"""Zones of a quantity: where the rules of an axis may give which call, and where they give none (the grey zone).

Read from the rules themselves, so a changed threshold moves its zone. A zone says what the rules allow on this
quantity alone; another condition of the same rule may still refuse, and the call says what was decided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from resistype.report.model import Zone
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import ABSTENTIONS, Axis, Rule

__all__ = ["cuts_of", "grey", "limits", "zones"]


def _compares(rule: Rule, quantity: str) -> list[Condition]:
    return [c for c in rule.conditions if c.kind == "compare" and c.subject == quantity]


def limits(axis: Axis, quantity: str, thresholds: Mapping[str, float]) -> list[float]:
    """Values at which a rule of the axis cuts the quantity, in order.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme = load_scheme("acquired_resistance")
    >>> limits(scheme.axis("ifng"), "ifng_change", scheme.thresholds_of("ifng"))
    [-0.5, -0.35, 0.35, 0.5]
    """
    return sorted({c.sign * thresholds[c.target] for rule in axis.rules for c in _compares(rule, quantity)})


def grey(found: Sequence[Zone]) -> list[Zone]:
    """Grey zones: between two stretches in which the rules give calls, where they give none.

    Examples
    --------
    >>> found = [Zone(low=None, high=0, calls=("a",)), Zone(low=0, high=1, calls=())]
    >>> [(zone.low, zone.high) for zone in grey([*found, Zone(low=1, high=None, calls=("b",))])]
    [(0.0, 1.0)]
    """
    return [zone for zone in found if not zone.calls and zone.low is not None and zone.high is not None]


def cuts_of(found: Sequence[Zone]) -> list[float]:
    """Thresholds at which zones end, in order."""
    return sorted({end for zone in found for end in (zone.low, zone.high) if end is not None})


def zones(
    axis: Axis, quantity: str, thresholds: Mapping[str, float], *, labels: Sequence[str] = ()
) -> tuple[Zone, ...]:
    """Stretches of a quantity from the lowest to the highest value, neighbours with the same calls as one.

    Parameters
    ----------
    axis
        The axis whose rules are read.
    quantity
        One that its rules compare with thresholds.
    thresholds
        Values by name, as from `Scheme.thresholds_of`.
    labels
        Labels that may be shown; by default all of the axis.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme = load_scheme("acquired_resistance")
    >>> found = zones(scheme.axis("ifng"), "ifng_change", scheme.thresholds_of("ifng"))
    >>> [(zone.low, zone.high, zone.calls) for zone in found][:3]
    [(None, -0.5, ('down',)), (-0.5, -0.35, ()), (-0.35, 0.35, ('stable',))]
    """
    cuts = limits(axis, quantity, thresholds)
    allowed = set(labels or axis.labels)
    found: list[Zone] = []
    for low, high in zip([-math.inf, *cuts], [*cuts, math.inf], strict=True):
        calls = tuple(name for name in _calls_at(axis, quantity, _inside(low, high), thresholds) if name in allowed)
        if found and found[-1].calls == calls:
            found[-1] = found[-1].model_copy(update={"high": high if math.isfinite(high) else None})
        else:
            found.append(Zone(low=low, high=high, calls=calls))
    return tuple(found)


def _inside(low: float, high: float) -> float:
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low) or math.isinf(high):
        return high - 1.0 if math.isinf(low) else low + 1.0
    return (low + high) / 2.0


def _calls_at(axis: Axis, quantity: str, value: float, thresholds: Mapping[str, float]) -> list[str]:
    """Labels whose rules look at the quantity and allow this value, unless an earlier rule refuses it outright."""
    at = {quantity: np.array([value])}
    calls: dict[str, None] = {}
    for rule in axis.rules:
        conditions = _compares(rule, quantity)
        if not conditions or not all(bool(holds(c, at, dict(thresholds), calls={})[0]) for c in conditions):
            continue
        if rule.call in ABSTENTIONS:
            if len(conditions) == len(rule.conditions):
                return []
            continue
        calls[rule.call] = None
    return list(calls)
