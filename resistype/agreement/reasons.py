"""Why a call changed: the lines of the rules that hold on one side and not on the other, as few as
are needed.

The first rule whose lines all hold decides. Beginning with what holds on the first side, lines are
turned to what they are on the second until the rules decide as they do there; then every line that
is not needed is dropped. What is left is the reason: turned, it gives the other call, and nothing
in it can be left out. A line that asks for the call of another axis brings the reason of that axis
with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype._renamed import renamed
from resistype.agreement.sides import CallSet
from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import Axis

# The rules of one side applied again to the samples compared: which rule decided, and which of
# their lines hold.


@dataclass(frozen=True, eq=False)
class Judged:
    """The rules of one side applied again to the samples compared."""

    side: CallSet
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
        """Fraction of the repeats that a call needs; NaN where the scheme asks for none."""
        plan = None if self.side.scheme is None else self.side.scheme.stability
        return float("nan") if plan is None else plan.minimum.value

    def stability(self, axis: str, row: int) -> float:
        """Fraction of the repeats that gave the call of the rules again; NaN where it was not
        asked.
        """
        return float(self.firmness[axis].iloc[row]) if axis in self.firmness else float("nan")

    def truth(self, axis: str, row: int) -> dict[str, bool]:
        """Which lines of the rules of an axis hold for a sample."""
        lines = {line.text: line for rule in self.axis(axis).rules for line in rule.conditions}
        return {text: self.holds(axis, line, row) for text, line in lines.items()}

    def holds(self, axis: str, line: Condition, row: int) -> bool:
        """Whether one line holds for a sample."""
        at = slice(row, row + 1)
        values = {line.subject: self.values[line.subject][at]} if line.kind != "call" else {}
        calls = (
            {line.subject: self.verdicts.rule_calls[line.subject][at]}
            if line.kind == "call"
            else {}
        )
        return bool(holds(line, values, self.limits(axis), calls=calls)[0])


def judge(side: CallSet, samples: pd.Index) -> Judged | None:
    """The rules of a side on some of its samples; None for plain labels."""
    if side.scheme is None:
        return None
    absent = np.full(len(samples), np.nan)
    table = side.values.reindex(samples)
    values = {
        n: table[n].to_numpy(np.float64) if n in table else absent for n in side.scheme.quantities
    }
    verdicts = apply_rules(
        side.scheme, {name: Column.of(column) for name, column in values.items()}
    )
    return Judged(
        side,
        verdicts,
        values,
        side.reasons.reindex(samples).fillna(""),
        side.stability.reindex(samples),
    )


LABELS_ONLY = "labels only: no numbers are known behind them"


@dataclass(frozen=True)
class Crossing:
    """One line of the rules that holds on one side only.

    Attributes
    ----------
    axis, line
        The axis and the line as it stands in the scheme.
    quantity, title, unit
        What is compared; empty for a line about the call of another axis.
    values, limits, holds
        First and second side.
    source
        Where the threshold comes from: published (with its citation) or ours.
    kind
        ``score`` (the number crossed), ``threshold`` (the threshold moved past it), ``measured``
        (known on one side only) or ``call`` (of another axis).
    words
        One clause for a reader.
    """

    axis: str
    line: str
    kind: str
    quantity: str = ""
    title: str = ""
    unit: str = ""
    values: tuple[float, float] = (float("nan"), float("nan"))
    limits: tuple[float, float] = (float("nan"), float("nan"))
    holds: tuple[bool, bool] = (False, False)
    source: str = ""
    words: str = ""


@renamed({"why": "reason", "by_rule": "rule_calls"})
@dataclass(frozen=True)
class Change:
    """A sample whose call differs, and why.

    Attributes
    ----------
    sample, axis, first, second
        Who, on which axis, and the two calls.
    kinds
        What kind of reason: those of the crossings, ``unstable``, ``withheld``, ``rules`` or
        ``labels``.
    rule_calls
        What the rules alone say on each side, before a call was withheld.
    crossings
        Lines that hold on one side only.
    reason
        The reason in words.
    """

    sample: str
    axis: str
    first: str
    second: str
    kinds: tuple[str, ...]
    rule_calls: tuple[str, str]
    crossings: tuple[Crossing, ...]
    reason: str


def needed_lines(
    rules: Sequence[Sequence[str]], first: Mapping[str, bool], second: Mapping[str, bool]
) -> list[str]:
    """The lines that must turn so that the rules decide as on the second side; none of them can be
    left out.

    Examples
    --------
    >>> needed_lines(
    ...     [["a", "b"], ["c"]],
    ...     {"a": True, "b": True, "c": True},
    ...     {"a": True, "b": False, "c": True},
    ... )
    ['b']
    """
    goal = _first_rule(rules, second)
    taken: list[str] = []
    while (now := _first_rule(rules, _mixed(first, second, taken))) != goal:
        lines = [
            *(rules[now] if now < len(rules) else ()),
            *(rules[goal] if goal < len(rules) else ()),
        ]
        taken += [
            text
            for text in dict.fromkeys(lines)
            if first[text] != second[text] and text not in taken
        ]
    for text in list(taken):
        rest = [one for one in taken if one != text]
        if _first_rule(rules, _mixed(first, second, rest)) == goal:
            taken = rest
    return taken


def _first_rule(rules: Sequence[Sequence[str]], truth: Mapping[str, bool]) -> int:
    return next(
        (number for number, lines in enumerate(rules) if all(truth[text] for text in lines)),
        len(rules),
    )


def _mixed(
    first: Mapping[str, bool], second: Mapping[str, bool], turned: Sequence[str]
) -> dict[str, bool]:
    return {text: second[text] if text in turned else held for text, held in first.items()}


def explain(
    one: Judged | None, two: Judged | None, *, axis: str, samples: pd.Index, labels: Any
) -> Iterator[Change]:
    """The changes of one axis, each with its reason."""
    for row, (a, b) in enumerate(zip(*labels, strict=True)):
        if a is None or b is None or a == b:
            continue
        sample = str(samples[row])
        if one is None or two is None:
            yield Change(sample, axis, a, b, ("labels",), (a, b), (), LABELS_ONLY)
        else:
            yield _change(one, two, axis=axis, row=row, found=(sample, a, b))


def _change(
    one: Judged, two: Judged, *, axis: str, row: int, found: tuple[str, str, str]
) -> Change:
    sample, *calls = found
    sides = (one, two)
    said = tuple(str(side.verdicts.rule_calls[axis][row]) for side in sides)
    crossings: tuple[Crossing, ...] = ()
    kinds: list[str] = []
    words: list[str] = []
    if said[0] != said[1]:
        if _lines(one, axis) == _lines(two, axis):
            crossings = tuple(_crossings(one, two, axis, row=row))
            kinds += [crossing.kind for crossing in crossings]
            words += [crossing.words for crossing in crossings]
        else:
            kinds.append("rules")
            words.append(
                f"the schemes have other rules for this axis ({_by(one, axis, row)} |"
                f" {_by(two, axis, row)})"
            )
    for side, call, ruled in zip(sides, calls, said, strict=True):
        if call != ruled:
            reason = str(side.reasons[axis].iloc[row]) if axis in side.reasons else ""
            kinds.append(_taken_back(reason))
            words.append(
                f"{side.side.name}: {reason or 'the rules alone say ' + ruled.replace('_', ' ')}"
            )
    if "unstable" in kinds:
        crossings = (*crossings, _firmness(one, two, axis, row=row))
        words.append(crossings[-1].words)
    why = "; ".join(dict.fromkeys(words))
    return Change(
        sample,
        axis,
        calls[0],
        calls[1],
        tuple(dict.fromkeys(kinds)),
        (said[0], said[1]),
        crossings,
        why,
    )


def _firmness(one: Judged, two: Judged, axis: str, *, row: int) -> Crossing:
    values, limits = (
        (one.stability(axis, row), two.stability(axis, row)),
        (one.minimum, two.minimum),
    )
    held = values[0] >= limits[0], values[1] >= limits[1]
    title = "repeats that give the call of the rules"
    words = _words(title, "of them", values=values, limits=limits)
    plan = one.side.scheme.stability if one.side.scheme is not None else None
    source = plan.minimum.source if plan is not None else ""
    return Crossing(
        axis,
        "stability >= minimum",
        "unstable",
        "",
        title,
        "fraction",
        values,
        limits,
        held,
        source,
        words,
    )


def _taken_back(reason: str) -> str:
    if reason.startswith(("call withheld: ", "not firm: ")):  # the words of today and of 0.1
        return "unstable"
    return "withheld" if reason else "other"


def _lines(side: Judged, axis: str) -> list[tuple[str, tuple[str, ...]]]:
    rules = side.axis(axis)
    return [*((rule.call, rule.when) for rule in rules.rules), (rules.otherwise_call, ())]


def _by(side: Judged, axis: str, row: int) -> str:
    decided = int(side.verdicts.decided[axis][row])
    lines = side.axis(axis).rules[decided].when if decided >= 0 else ("no rule holds",)
    return f"{side.side.name}: {', '.join(lines)}"


def _crossings(one: Judged, two: Judged, axis: str, *, row: int) -> Iterator[Crossing]:
    rules = one.axis(axis).rules
    known = {line.text: line for rule in rules for line in rule.conditions}
    truth = one.truth(axis, row), two.truth(axis, row)
    for text in needed_lines([rule.when for rule in rules], *truth):
        line, held = known[text], (truth[0][text], truth[1][text])
        if line.kind == "call":
            yield _call_crossing(one, two, axis, line=line, row=row)
            yield from (
                _crossings(one, two, line.subject, row=row)
                if _same_rules(one, two, line.subject)
                else ()
            )
        else:
            yield _value_crossing(one, two, axis, line=line, row=row, held=held)


def _same_rules(one: Judged, two: Judged, axis: str) -> bool:
    return _lines(one, axis) == _lines(two, axis)


def _call_crossing(one: Judged, two: Judged, axis: str, *, line: Condition, row: int) -> Crossing:
    said = [
        str(side.verdicts.rule_calls[line.subject][row]).replace("_", " ") for side in (one, two)
    ]
    title = one.side.title(line.subject)
    held = one.holds(axis, line, row), two.holds(axis, line, row)
    words = f"{title} is {said[0]} | {said[1]} by the rules"
    return Crossing(axis, line.text, "call", title=title, holds=held, words=words)


def _value_crossing(
    one: Judged, two: Judged, axis: str, *, line: Condition, row: int, held: tuple[bool, bool]
) -> Crossing:
    quantity = one.side.scheme.quantities[line.subject] if one.side.scheme is not None else None
    title, unit = (quantity.title, quantity.unit) if quantity is not None else (line.subject, "")
    values = float(one.values[line.subject][row]), float(two.values[line.subject][row])
    limits, source = (float("nan"), float("nan")), ""
    if line.kind == "compare":
        limits = (
            line.sign * one.limits(axis)[line.target],
            line.sign * two.limits(axis)[line.target],
        )
        source = _source(one, axis, line.target)
    kind = _kind(line, values, limits)
    words = _words(title, unit, values=values, limits=limits)
    crossing = Crossing(axis, line.text, kind, line.subject, title, unit)
    return replace(crossing, values=values, limits=limits, holds=held, source=source, words=words)


def _source(side: Judged, axis: str, target: str) -> str:
    if side.side.scheme is None:
        return ""
    threshold = side.axis(axis).thresholds.get(target) or side.side.scheme.parameters[target]
    return f"{threshold.source}: {threshold.citation}" if threshold.citation else threshold.source


def _kind(line: Condition, values: tuple[float, float], limits: tuple[float, float]) -> str:
    if line.kind != "compare" or np.isnan(values[0]) != np.isnan(values[1]):
        return "measured"
    if limits[0] == limits[1]:
        return "score"
    quantities = {line.subject: np.array([values[0], values[0]])}
    aim = {line.target: limits[1] * line.sign}
    moved = (
        holds(line, quantities, aim, calls={})[0]
        != holds(line, quantities, {line.target: limits[0] * line.sign}, calls={})[0]
    )
    return "threshold" if moved else "score"


def _words(
    title: str, unit: str, *, values: tuple[float, float], limits: tuple[float, float]
) -> str:
    a, b = (_shown(value, limit) for value, limit in zip(values, limits, strict=True))
    if np.isnan(limits[0]):
        return f"{title}: {a} | {b}"
    if limits[0] == limits[1]:
        return f"{title} {a} | {b} {unit}, threshold {limits[0]:g}"
    return f"{title} {a} | {b} {unit}, threshold {limits[0]:g} | {limits[1]:g}"


def _shown(value: float, limit: float) -> str:
    """The number with as many digits as tell it from the threshold."""
    if np.isnan(value):
        return "not measured"
    return next(
        (
            text
            for text in (f"{value:.{digits}g}" for digits in (3, 4, 6, 9))
            if float(text) != limit
        ),
        f"{value:.3g}",
    )
