"""Samples of `Calls` as units of a report: calls with their stability, evidence, and the genes
that moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from resistype.report.model import (
    Call,
    ChangePanel,
    Check,
    Cohort,
    Comparison,
    Evidence,
    GeneMove,
    Group,
    Inputs,
    Refusal,
    Report,
    Unit,
)
from resistype.scheme import Calls
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import ABSTENTIONS, Axis, Rule, natural
from resistype.systems.bulk.stability import KINDS
from resistype.text import number, word

MOVED = 8  # genes of a signature that are named for a pair


def order_of(calls: Calls) -> tuple[list[int], str]:
    """Rows in the order of the page, and what that order is."""
    design, rows = calls.design, range(len(calls.samples))
    if (design["baseline_sample"] != "").any():
        patient, time = (
            design["patient"].astype(str).tolist(),
            design["timepoint"].astype(str).tolist(),
        )
        baseline = set(design["baseline_sample"])
        later = [calls.samples[row] not in baseline for row in rows]
        key = [
            (natural(patient[row]), later[row], natural(time[row]), natural(calls.samples[row]))
            for row in rows
        ]
        return sorted(rows, key=key.__getitem__), "patient, baseline first"
    place = {
        axis.id: {name: k for k, name in enumerate((*axis.labels, *ABSTENTIONS))}
        for axis in calls.scheme.axes
    }
    given = {axis.id: calls.verdicts.calls[axis.id].tolist() for axis in calls.scheme.axes}
    profile = [tuple(place[axis].get(given[axis][row], -1) for axis in given) for row in rows]
    return (
        sorted(rows, key=lambda row: (profile[row], natural(calls.samples[row]))),
        "profile, then name",
    )


def build_units(calls: Calls, opinions: dict[str, pd.Series]) -> tuple[Unit, ...]:
    """Every sample, in the order of the page."""
    evidence = _evidence(calls)
    moved = _moves(calls.genes)
    firm = {axis.id: _firm(calls, axis.id) for axis in calls.scheme.axes}
    design = calls.design.reindex(
        columns=["patient", "timepoint", "baseline_sample"], fill_value=""
    ).astype(str)
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
                heading=calls.heading(sample),
                calls=tuple(_call(calls, axis.id, row, firm=firm) for axis in calls.scheme.axes),
                evidence=evidence[sample],
                caveats=tuple(calls.verdicts.caveats[row]),
                genes=moved.get(sample, {}),
                opinions={
                    name: str(found[sample])
                    for name, found in opinions.items()
                    if sample in found.index
                },
            )
        )
    return tuple(units)


def _firm(calls: Calls, axis: str) -> dict[str, Any]:
    if calls.stability is None:
        return {}
    kinds = {kind: shares[axis] for kind, shares in calls.stability.shares.items() if kind in KINDS}
    return {"stability": calls.stability.overall(axis), **kinds}


def _call(
    calls: Calls,
    axis: str,
    row: int,
    *,
    firm: dict[str, dict[str, Any]],
) -> Call:
    verdicts = calls.verdicts
    given, ruled = str(verdicts.calls[axis][row]), str(verdicts.rule_calls[axis][row])
    return Call(
        axis=axis,
        call=given,
        word=calls.words(axis, given, row=row).word,
        reason=str(verdicts.reasons[axis][row]),
        base_rate=calls.base_rate(axis, given, paired=bool(calls.paired[row]))[0],
        call_before_stability=ruled if ruled != given else "",
        word_before_stability=calls.words(axis, ruled, row=row).word if ruled != given else "",
        **{kind: values[row] for kind, values in firm[axis].items()},
    )


def taken_back(calls: Calls, axis: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Samples whose call came again too seldom and was taken back, shape (n_obs,)."""
    plan = calls.scheme.stability
    if calls.stability is None or plan is None:
        return np.zeros(len(calls.samples), dtype=bool)
    ruled = ~np.isin(calls.verdicts.rule_calls[axis], ABSTENTIONS)
    return np.asarray(ruled & (calls.stability.overall(axis) < plan.minimum.value))


# ------------------------------------------------------------------ evidence


def _evidence(calls: Calls) -> dict[str, tuple[Evidence, ...]]:
    frame = calls.evidence()
    columns = [
        "sample",
        "axis",
        "quantity",
        "value",
        "threshold",
        "threshold_value",
        "threshold_source",
        "distance",
    ]
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
            reason=str(calls.columns[quantity].reason[row]),
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
        found.setdefault(str(sample), {})[str(signature)] = tuple(
            GeneMove(gene=g, change=c) for g, c in moves
        )
    return found


# ------------------------------------------------------------------ what could not be called


def refusals(units: Sequence[Unit], axes: Sequence[str]) -> tuple[Refusal, ...]:
    """Abstentions by axis, outcome and reason, with the units."""
    kept: dict[tuple[str, str, str], list[str]] = {}
    said = [(unit.id, call) for unit in units for call in unit.calls if call.call in ABSTENTIONS]
    for axis in axes:
        for name, call in ((name, call) for name, call in said if call.axis == axis):
            kept.setdefault((axis, call.call, call.reason), []).append(name)
    return tuple(
        Refusal(axis=a, call=c, reason=r, units=tuple(names)) for (a, c, r), names in kept.items()
    )


# A report of one patient: the same page with this patient's samples alone.


def patients_of(report: Report) -> tuple[str, ...]:
    """Patients of a report, in its order."""
    return tuple(
        dict.fromkeys(
            unit.patient for group in report.groups for unit in group.units if unit.patient
        )
    )


def only_patient(report: Report, patient: str) -> Report:
    """The report of one patient."""
    groups = tuple(_group(group, patient) for group in report.groups)
    codes = {code for group in groups for unit in group.units for code in unit.caveats}
    every = {code for group in report.groups for unit in group.units for code in unit.caveats}
    kept = {
        code: text for code, text in report.caveats.items() if code in codes or code not in every
    }
    changes = {
        "patient": patient,
        "groups": groups,
        "cohort": _cohort(report.cohort, patient),
        "caveats": kept,
        "inputs": _inputs(report.inputs),
    }
    return report.model_copy(update=changes)


def _group(group: Group, patient: str) -> Group:
    units = tuple(unit for unit in group.units if unit.patient == patient)
    kept = refusals(units, [axis.id for axis in group.axes])
    return group.model_copy(
        update={"units": units, "refused": kept, "ordered_by": "baseline first"}
    )


def _cohort(cohort: Cohort, patient: str) -> Cohort:
    panels = tuple(one for panel in cohort.panels if (one := _panel(panel, patient)).changes)
    steps = tuple(
        step.model_copy(update={"patients": (patient,)})
        for step in cohort.steps
        if patient in step.patients
    )
    tables = tuple(
        table.model_copy(
            update={"rows": tuple(row for row in table.rows if str(row[0]) == patient)}
        )
        for table in cohort.tables
        if table.columns[0] == "patient"
    )
    return cohort.model_copy(update={"panels": panels, "steps": steps, "tables": tables})


def _panel(panel: ChangePanel, patient: str) -> ChangePanel:
    return panel.model_copy(
        update={"changes": tuple(one for one in panel.changes if one.patient == patient)}
    )


def _inputs(inputs: Inputs) -> Inputs:
    return inputs.model_copy(update={"notes": ()})


# What was looked at before the calls: genes, floors, reference, pairs, purity. Each with its
# finding in a sentence.

_ENOUGH, _SMALL = 0.8, 30


def build_checks(calls: Calls) -> tuple[Check, ...]:
    """The checks of a run, in the order in which one would make them."""
    if calls.scheme.system != "bulk":
        return tuple(_genes(calls))
    return (*_genes(calls), *_reference(calls), *_pairs(calls), *_rest(calls))


def _genes(calls: Calls) -> Iterator[Check]:
    thin = [
        f"{name} {share:.0%}"
        for name, share in calls.coverage["fraction"].items()
        if share < _ENOUGH
    ]
    n = len(calls.coverage)
    whole = f"all {n} signatures have at least 80 % of their genes"
    few = f"{len(thin)} of {n} signatures have fewer than 80 % of their genes: {', '.join(thin)}"
    yield Check(
        name="Genes of the signatures", state="look" if thin else "ok", text=few if thin else whole
    )
    floor = {name: genes for name, genes in calls.coverage["at_floor"].items() if genes}
    words = "; ".join(f"{genes} ({name})" for name, genes in floor.items())
    text = f"not detected in the whole cohort or in a batch of it: {words}" if floor else "none"
    yield Check(name="Genes not detected", state="look" if floor else "ok", text=text)


def _reference(calls: Calls) -> Iterator[Check]:
    about = calls.reference
    n = int(about["n"])
    state = "ok" if n >= _SMALL else "look"
    yield Check(
        name="Size of the reference",
        state=state,
        text=f"{n} samples; 30 or more are wanted, 10 are needed",
    )
    yield from _compared(about)
    for line, distance in (about.get("off_line") or {}).items():
        text = (
            f"the cohort lies {number(distance)} robust SD off the regression line {line} of the"
            " reference"
        )
        yield Check(name="Line of the reference", state="look", text=text)
    if about.get("universe"):
        yield Check(name="Gene universe", state="ok", text=str(about["universe"]))


def _compared(about: Mapping[str, Any]) -> Iterator[Check]:
    """What was checked before samples were compared with others; what was not is no pass."""
    compared = about.get("comparable")
    if compared:
        name, n, of = about["name"], compared["n"], compared["of"]
        text = f"{compared['alike']} of {of} samples are measured like {name} and look like it"
        if compared["max_distance"] is not None and compared["median_distance"] is not None:
            text += (
                f" (assay distance {number(compared['median_distance'])}, at most"
                f" {number(compared['max_distance'])}; likeness"
                f" {number(compared['median_likeness'])}, at least"
                f" {number(compared['min_likeness'])})"
            )
        text += f"; stated to be the same: {compared['stated']} of {of}"
        yield Check(name="Comparable", state="ok" if n == of else "look", text=text)
    shift = about.get("shift")
    if not shift:
        yield Check(name="Cohort beside another", state="none", text="not asked")
    elif shift["state"] == "cannot_tell":
        yield Check(
            name="Cohort beside another", state="none", text=f"not asked: {shift['reason']}"
        )
    else:
        side = max(shift["above"], 1.0 - shift["above"])
        where = "above" if shift["above"] > 0.5 else "below"
        text = f"{side:.0%} of {shift['n']} samples lie {where} the median of {shift['anchor']}"
        one = shift["state"] == "one_sided"
        text += "; a shifted cohort" if one else "; not shifted"
        yield Check(name="Cohort beside another", state="look" if one else "ok", text=text)


def _pairs(calls: Calls) -> Iterator[Check]:
    design = calls.design
    later = design[design["baseline_sample"] != ""]
    if later.empty:
        yield Check(
            name="Pairs",
            state="none",
            text="no baseline biopsy was given; nothing is compared in time",
        )
        return
    patients = later["patient"].nunique()
    text = f"{len(later)} later samples of {patients} patients, each against the patient's baseline"
    alone = len(design) - len(later) - later["baseline_sample"].nunique()
    several = int((~later["counted"].astype(bool)).sum()) if "counted" in later else 0
    text += f"; {alone} samples are in no pair" if alone else ""
    text += (
        f"; {several} further biopsies of a time point are called but not counted twice"
        if several
        else ""
    )
    yield Check(name="Pairs", state="look" if alone or several else "ok", text=text)
    kinds = Counter(later.get("timepoint_kind", ()))
    words = ", ".join(f"{n} {word(str(kind))}" for kind, n in kinds.items())
    state = "look" if "unknown" in kinds else "ok"
    yield Check(name="Kind of the later biopsies", state=state if words else "none", text=words)
    yield from (_alike(later, what) for what in ("batch", "site"))


def _alike(later: pd.DataFrame, what: str) -> Check:
    """Whether the two biopsies of each pair are of one batch, or of one site."""
    name = f"{what.capitalize()} of the pairs"
    if f"same_{what}" not in later:
        return Check(name=name, state="none", text=f"no column says the {what}")
    found = later[f"same_{what}"].value_counts()
    words = {"yes": "the same", "no": "another", "unknown": "not known for one of the two"}
    text = ", ".join(f"{n} {words[str(key)]}" for key, n in found.items())
    return Check(name=name, state="ok" if set(found.index) == {"yes"} else "look", text=text)


def _rest(calls: Calls) -> Iterator[Check]:
    lacking = "PURITY" in calls.run_caveats
    yield Check(
        name="Tumour purity",
        state="look" if lacking else "ok",
        text="not given" if lacking else "given",
    )
    if calls.stability is None:
        yield Check(
            name="Stability",
            state="none",
            text="not measured in this run; no call says how robust it is",
        )


# What may be shown: without a baseline, labels and thresholds about change are not even listed.


def has_baseline(calls: Calls) -> bool:
    """Whether any sample was compared with a baseline biopsy."""
    return bool((calls.design["baseline_sample"] != "").any())


def same_site(calls: Calls) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
    """Samples whose baseline is known to be of the same site; None where no column says it."""
    if "same_site" not in calls.design.columns:
        return None
    return np.asarray(calls.design["same_site"] == "yes")


def same_site_count(calls: Calls, axis: str, call: str) -> tuple[int, int] | None:
    """Pairs of the same site that get a call about change, and how many such pairs there are."""
    near, label = same_site(calls), calls.scheme.axis(axis).labels.get(call)
    if near is None or label is None or not label.needs_baseline:
        return None
    own = calls.verdicts.calls[axis][near]
    return int(np.sum(own == call)), len(own)


def visible_labels(calls: Calls, axis: Axis) -> dict[str, str]:
    """Labels that this run could give, with their texts."""
    paired = has_baseline(calls)
    return {
        name: calls.words(axis.id, name).text
        for name, label in axis.labels.items()
        if (paired or not label.needs_baseline)
        and (not label.only_at or set(label.only_at) & set(calls.kinds))
    }


_OF_PAIRS = frozenset(
    (
        *("change", "raw_change", "fraction_up", "fraction_down", "random_p"),
        *("other_batch", "at_progression"),
    )
)


def _visible_rules(calls: Calls, axis: Axis) -> Iterator[Rule]:
    hidden = set(axis.labels) - set(visible_labels(calls, axis))
    kinds = {name: one.kind for name, one in calls.scheme.quantities.items()}
    paired = has_baseline(calls)
    return (
        rule
        for rule in axis.rules
        if rule.call not in hidden
        and (
            paired
            or not any(
                c.kind == "compare" and kinds[c.subject] in _OF_PAIRS for c in rule.conditions
            )
        )
    )


def visible_thresholds(calls: Calls) -> list[dict[str, Any]]:
    """Thresholds that this run could use: axis, condition, value, source, text."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for axis in calls.scheme.axes:
        compared = (
            c
            for rule in _visible_rules(calls, axis)
            for c in rule.conditions
            if c.kind == "compare"
        )
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
