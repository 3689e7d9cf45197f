"""What may be shown: without a baseline, labels and thresholds about change are not even listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resistype.scheme import Calls
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import Axis, Rule

__all__ = ["has_baseline", "visible_labels", "visible_thresholds"]


def has_baseline(calls: Calls) -> bool:
    """Whether any sample was compared with a baseline biopsy."""
    return bool((calls.design["baseline_sample"] != "").any())


def visible_labels(calls: Calls, axis: Axis) -> dict[str, str]:
    """Labels that this run could give, with their texts."""
    paired = has_baseline(calls)
    return {name: label.text for name, label in axis.labels.items() if paired or not label.needs_baseline}


def _visible_rules(calls: Calls, axis: Axis) -> Iterator[Rule]:
    hidden = set(axis.labels) - set(visible_labels(calls, axis))
    return (rule for rule in axis.rules if rule.call not in hidden)


def visible_thresholds(calls: Calls) -> list[dict[str, Any]]:
    """Thresholds that this run could use: axis, condition, value, source, text."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for axis in calls.scheme.axes:
        compared = (c for rule in _visible_rules(calls, axis) for c in rule.conditions if c.kind == "compare")
        for condition in compared:
            rows.setdefault((axis.id, condition.text), _row(calls, axis, condition))
    return list(rows.values())


def _row(calls: Calls, axis: Axis, condition: Condition) -> dict[str, Any]:
    threshold = axis.thresholds.get(condition.target) or calls.scheme.parameters[condition.target]
    quantity = calls.scheme.quantities[condition.subject]
    limit = condition.sign * threshold.value
    return {
        "axis": axis.title,
        "condition": f"{quantity.title} {condition.op} {limit:g} {quantity.unit}",
        "value": limit,
        "source": threshold.source,
        "citation": threshold.citation,
        "doi": threshold.doi,
        "text": threshold.text,
    }
