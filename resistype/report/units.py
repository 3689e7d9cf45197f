"""Samples of `Calls` as units of a report: calls with their firmness, evidence, and the genes that moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from resistype.report.parts import Call, Comparison, Evidence, GeneMove, Refusal, Unit
from resistype.scheme import Calls
from resistype.scheme.palette import natural
from resistype.scheme.scheme import ABSTENTIONS
from resistype.scheme.stability import KINDS

__all__ = ["MOVED", "build_units", "order_of", "refusals", "taken_back"]

MOVED = 8  # genes of a signature that are named for a pair


def order_of(calls: Calls) -> tuple[list[int], str]:
    """Rows in the order of the page, and what that order is."""
    design, rows = calls.design, range(len(calls.samples))
    if (design["baseline_sample"] != "").any():
        patient, time = design["patient"].astype(str).tolist(), design["timepoint"].astype(str).tolist()
        baseline = set(design["baseline_sample"])
        later = [calls.samples[row] not in baseline for row in rows]
        key = [(natural(patient[row]), later[row], natural(time[row]), natural(calls.samples[row])) for row in rows]
        return sorted(rows, key=key.__getitem__), "patient, baseline first"
    place = {axis.id: {name: k for k, name in enumerate((*axis.labels, *ABSTENTIONS))} for axis in calls.scheme.axes}
    given = {axis.id: calls.verdicts.calls[axis.id].tolist() for axis in calls.scheme.axes}
    profile = [tuple(place[axis].get(given[axis][row], -1) for axis in given) for row in rows]
    return sorted(rows, key=lambda row: (profile[row], natural(calls.samples[row]))), "profile, then name"


def build_units(calls: Calls, opinions: dict[str, pd.Series]) -> tuple[Unit, ...]:
    """Every sample, in the order of the page."""
    evidence = _evidence(calls)
    moved = _moves(calls.genes)
    rates: dict[tuple[str, str], float] = {}
    for axis in calls.scheme.axes:
        for name in set(calls.verdicts.calls[axis.id].tolist()):
            rates[axis.id, name] = calls.base_rate(axis.id, name)[0]
    firm = {axis.id: _firm(calls, axis.id) for axis in calls.scheme.axes}
    design = calls.design.reindex(columns=["patient", "timepoint", "baseline_sample"], fill_value="").astype(str)
    units = []
    for row in order_of(calls)[0]:
        sample = calls.samples[row]
        about = design.iloc[row]
        units.append(
            Unit(
                id=sample,
                patient=about["patient"],
                timepoint=about["timepoint"],
                baseline=about["baseline_sample"],
                headline=calls.headline(sample),
                calls=tuple(_call(calls, axis.id, row, rates=rates, firm=firm) for axis in calls.scheme.axes),
                evidence=evidence[sample],
                caveats=tuple(calls.verdicts.caveats[row]),
                genes=moved.get(sample, {}),
                opinions={name: str(found[sample]) for name, found in opinions.items() if sample in found.index},
            )
        )
    return tuple(units)


def _firm(calls: Calls, axis: str) -> dict[str, Any]:
    if calls.stability is None:
        return {}
    kinds = {kind: shares[axis] for kind, shares in calls.stability.shares.items() if kind in KINDS}
    return {"stability": calls.stability.overall(axis), **kinds}


def _call(
    calls: Calls, axis: str, row: int, *, rates: dict[tuple[str, str], float], firm: dict[str, dict[str, Any]]
) -> Call:
    verdicts = calls.verdicts
    given, ruled = str(verdicts.calls[axis][row]), str(verdicts.by_rule[axis][row])
    return Call(
        axis=axis,
        call=given,
        reason=str(verdicts.reasons[axis][row]),
        base_rate=rates[axis, given],
        rules_say=ruled if ruled != given else "",
        **{kind: values[row] for kind, values in firm[axis].items()},
    )


def taken_back(calls: Calls, axis: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Samples whose call came again too seldom and was taken back, shape (n_obs,)."""
    plan = calls.scheme.stability
    if calls.stability is None or plan is None:
        return np.zeros(len(calls.samples), dtype=bool)
    ruled = ~np.isin(calls.verdicts.by_rule[axis], ABSTENTIONS)
    return np.asarray(ruled & (calls.stability.overall(axis) < plan.minimum.value))


# ------------------------------------------------------------------ evidence


def _evidence(calls: Calls) -> dict[str, tuple[Evidence, ...]]:
    frame = calls.evidence()
    columns = ["sample", "axis", "quantity", "value", "threshold", "threshold_value", "threshold_source", "distance"]
    rows = zip(*(frame[name].tolist() for name in (*columns, "passes", "decided")), strict=True)
    place = {sample: row for row, sample in enumerate(calls.samples)}
    found: dict[str, tuple[Evidence, ...]] = {}
    for sample, lines in groupby(rows, key=itemgetter(0)):
        found[sample] = tuple(_lines(calls, place[sample], list(lines)))
    return {sample: found.get(sample, ()) for sample in calls.samples}


def _lines(calls: Calls, row: int, lines: Sequence[tuple[Any, ...]]) -> Iterator[Evidence]:
    """One line a quantity of an axis, with all its thresholds."""
    kept: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for line in lines:
        kept.setdefault((line[1], line[2]), []).append(line)
    for (axis, quantity), own in kept.items():
        yield Evidence(
            axis=axis,
            quantity=quantity,
            value=own[0][3],
            why=str(calls.columns[quantity].why[row]),
            tests=tuple(_test(line) for line in own if line[4]),
        )


def _test(line: tuple[Any, ...]) -> Comparison:
    _, _, _, _, threshold, limit, source, distance, passes, decided = line
    return Comparison(
        op=str(threshold).partition(" ")[0],
        limit=float(limit),
        source="published" if str(source).startswith("published") else "ours",
        distance=distance,
        passes=bool(passes),
        decided=bool(decided),
    )


def _moves(genes: pd.DataFrame) -> dict[str, dict[str, tuple[GeneMove, ...]]]:
    """For each sample with a baseline and each counted signature the genes that moved most."""
    known = genes[genes["log2_baseline"].notna()] if len(genes) else genes
    if known.empty:
        return {}
    change = (known["log2"] - known["log2_baseline"]).astype(float)
    frame = known.assign(change=change, size=change.abs())
    frame = frame.sort_values(["size", "gene"], ascending=[False, True], kind="stable")
    top = frame.groupby(["sample", "signature"], sort=False).head(MOVED)
    found: dict[str, dict[str, tuple[GeneMove, ...]]] = {}
    for (sample, signature), part in top.groupby(["sample", "signature"], sort=True):
        moves = zip(part["gene"].tolist(), part["change"].tolist(), strict=True)
        found.setdefault(str(sample), {})[str(signature)] = tuple(GeneMove(gene=g, change=c) for g, c in moves)
    return found


# ------------------------------------------------------------------ what could not be called


def refusals(units: Sequence[Unit], axes: Sequence[str]) -> tuple[Refusal, ...]:
    """Abstentions by axis, outcome and reason, with the units."""
    kept: dict[tuple[str, str, str], list[str]] = {}
    said = [(unit.id, call) for unit in units for call in unit.calls if call.call in ABSTENTIONS]
    for axis in axes:
        for name, call in ((name, call) for name, call in said if call.axis == axis):
            kept.setdefault((axis, call.call, call.reason), []).append(name)
    return tuple(Refusal(axis=a, call=c, reason=r, units=tuple(names)) for (a, c, r), names in kept.items())
