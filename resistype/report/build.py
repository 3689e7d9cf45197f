"""From calls to a `Report`: everything that the page says, gathered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import InputError
from resistype.library import Library, load_library
from resistype.report.cohort import build_cohort
from resistype.report.methods import methods_text, references, script
from resistype.report.model import (
    AxisCounts,
    Group,
    Inputs,
    LabelCount,
    Quantity,
    Report,
    ReportOptions,
    Signature,
    Table,
    Threshold,
)
from resistype.report.units import (
    build_checks,
    build_units,
    has_baseline,
    only_patient,
    order_of,
    refusals,
    same_site,
    same_site_count,
    visible_labels,
    visible_thresholds,
)
from resistype.scheme import Calls
from resistype.scheme.caveats import caveat_text
from resistype.scheme.scheme import Axis, axis_colors
from resistype.scheme.scheme import Threshold as SchemeThreshold
from resistype.stats import wilson
from resistype.text import mode_words, one_line

# Tables of a system on a page: columns that fit, rows up to a limit, each with its n.

TABLES = {
    "composition": (
        "Composition",
        "Fraction of the cells of a sample in each state, with its 95 % interval (Wilson).",
    ),
    "balance": (
        "Balance of two states",
        "log2 of (first + 0.5) / (second + 0.5), interval by bootstrap over cells.",
    ),
    "scores": ("Mean scores", "Mean over the cells of a sample."),
    "patients": (
        "Clones of patients",
        "Numbers behind plasticity, expansion and drift, a row per patient.",
    ),
    "flow": ("Clones between states", "Each clone counts once, split as its cells are."),
    "comparison": (
        "Comparison of groups",
        "Over patients, never over cells: n and size of the effect first.",
    ),
}
# what stands on the page of tables that are wider than it; the others whole
_SHOWN = {
    "composition": (
        "patient",
        "timepoint",
        "kind",
        "numerator",
        "denominator",
        "proportion",
        "low",
        "high",
        "reason",
    ),
    "patients": (
        *("patient", "first", "last", "n_tracked", "n_expanded", "n_contracted"),
        *("plastic_fraction", "plastic_low", "plastic_high", "drift", "drift_p"),
    ),
}
_MOST = 400  # rows of a table on the page


def build_tables(tables: Mapping[str, pd.DataFrame]) -> Iterator[Table]:
    """The tables of a system that a page shows, each with its n."""
    for name, (title, caption) in TABLES.items():
        table = tables.get(name)
        if table is None or table.empty:
            continue
        whole = table.reset_index() if name == "comparison" else table
        kept = [one for one in whole.columns if one in _SHOWN.get(name, whole.columns)]
        shown = whole[kept].dropna(axis=1, how="all")
        shown = shown.loc[:, [not (shown[one].astype(str) == "").all() for one in shown.columns]]
        more = f" {len(shown):,} rows; the first {_MOST} are shown, all stand in {name}.tsv." * (
            len(shown) > _MOST
        )
        rows = [
            tuple(_cell(cell) for cell in row)
            for row in shown.head(_MOST).itertuples(index=False, name=None)
        ]
        columns = tuple(str(one) for one in shown.columns)
        yield Table(
            id=name,
            title=title,
            caption=f"n = {len(shown):,} rows. {caption}{more}",
            columns=columns,
            rows=tuple(rows),
        )


def _cell(cell: Any) -> str | float | None:
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, int | float | np.number):
        return float(cell) if np.isfinite(float(cell)) else None
    return None if cell is None or cell is pd.NA else str(cell)


MEANINGS = {
    "indeterminate": "measured, but in an indeterminate zone or with evidence that does not agree",
    "not_assessable": "cannot be called; the reason is given",
}


def build_report(calls: Calls, options: ReportOptions | None = None) -> Report:
    """Gather what a report of `calls` says.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    options
        Second opinions to show; a patient, for a page of that patient alone.

    Returns
    -------
    Report
        A frozen value; `render` draws it, `to_json` writes it out.

    Raises
    ------
    InputError
        S111 when there is no such patient.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> build_report(calls, ReportOptions(patient="SIM-P20")).groups[0].units[0].id
    'SIM-P20-Pre'
    """
    chosen = options or ReportOptions()
    named = {name: table["prediction"] for name, table in chosen.opinions.items()}
    cohort = build_cohort(calls, chosen.opinions)
    report = Report(
        kind="biopsies" if calls.scheme.system == "bulk" else "cells",
        **_head(calls),
        inputs=_inputs(calls),
        groups=tuple(_group(one, named) for one in _every(calls)),
        cohort=cohort.model_copy(update={"tables": tuple(build_tables(calls.tables))}),
        **_back(calls, chosen),
    )
    return report if chosen.patient is None else only_patient(report, _known(calls, chosen.patient))


def _every(calls: Calls) -> list[Calls]:
    """The calls of every unit of the run, these first."""
    return [calls.at(unit) for unit in calls.units]


def _group(calls: Calls, opinions: dict[str, pd.Series]) -> Group:
    units = build_units(calls, opinions)
    axes = tuple(_axis(calls, axis) for axis in calls.scheme.axes)
    return Group(
        id=f"{calls.unit}s",
        noun=calls.unit,
        ordered_by=order_of(calls)[1],
        axes=axes,
        units=units,
        refused=refusals(units, [axis.id for axis in axes]),
    )


def _known(calls: Calls, patient: str) -> str:
    people = [
        name
        for one in _every(calls)
        for name in one.design["patient"].astype(str)
        if "patient" in one.design
    ]
    if patient not in people:
        first = f"first: {people[0]!r}" if people else "no column says who they are"
        raise InputError(f"There is no patient {patient!r} among the calls ({first}).", code="S111")
    return patient


def _head(calls: Calls) -> dict[str, Any]:
    scheme, about = calls.scheme, calls.reference
    return {
        "simulated": "SIMULATED" in calls.run_caveats,
        "scheme": f"{scheme.id} {scheme.version}",
        "title": scheme.title,
        "summary": one_line(scheme.summary),
        "context": scheme.context,
        "citation": f"{scheme.citation}, doi:{scheme.doi}" if scheme.doi else scheme.citation,
        "claim": scheme.scope,
        "compared_with": f"{about['name']} ({mode_words(about['mode'])}, n = {about['n']})",
        "questions": {
            axis.id: _question(one, axis) for one in _every(calls) for axis in one.scheme.axes
        },
    }


def _question(calls: Calls, axis: Axis) -> str:
    labels = visible_labels(calls, axis)
    if labels:
        return "; ".join(labels.values())
    if has_baseline(calls):
        return "asked only of biopsies at progression"
    return "asked only where a patient's baseline is given"


def _back(calls: Calls, options: ReportOptions) -> dict[str, Any]:
    every = _every(calls)
    codes = dict.fromkeys(code for one in every for codes in one.verdicts.caveats for code in codes)
    of_runs = {code: text for one in reversed(every) for code, text in one.run_caveats.items()}
    return {
        "quantities": tuple(
            Quantity(id=name, title=q.title, unit=q.unit, signature=_signature_of(calls, name))
            for name, q in calls.scheme.quantities.items()
        ),
        "thresholds": tuple(dict.fromkeys(row for one in every for row in _thresholds(one))),
        "signatures": tuple(_signatures(calls)),
        "caveats": {**of_runs, **{code: caveat_text(code) for code in codes}},
        "methods": methods_text(calls),
        "references": references(
            calls, [str(table.attrs.get("doi", "")) for table in options.opinions.values()]
        ),
        "versions": {str(name): str(value) for name, value in calls.run["versions"].items()},
        "hashes": _hashes(calls),
        "command": str(calls.run.get("command", "")),
        "script": script(calls.run),
    }


def _hashes(calls: Calls) -> dict[str, str]:
    found = {
        "expression": calls.run["input"]["sha256"],
        "reference": calls.reference.get("sha256", ""),
    }
    found |= {name: str(one["sha256"]) for name, one in calls.run.get("signatures", {}).items()}
    return {name: str(value) for name, value in found.items() if value}


def _inputs(calls: Calls) -> Inputs:
    given = calls.run["input"]
    kept = {name: given[name] for name in ("source", "sha256", "n_obs", "n_genes", "unit")}
    read_as = str(given.get("read_as", ""))
    return Inputs(**kept, read_as=read_as, notes=tuple(given["notes"]), checks=build_checks(calls))


# ------------------------------------------------------------------ axes


def _axis(calls: Calls, axis: Axis) -> AxisCounts:
    given = [str(call) for call in calls.verdicts.calls[axis.id]]
    median: dict[str, float] = {}
    if calls.stability is not None:
        overall = pd.Series(calls.stability.overall(axis.id)).groupby(np.array(given)).median()
        median = {str(name): float(value) for name, value in overall.items()}
    colors, rows = axis_colors(axis), []
    counts: dict[Any, dict[Any, Any]] = calls.counts(axis.id).to_dict("index")
    for name, text in {**visible_labels(calls, axis), **MEANINGS}.items():
        one = counts[name]
        n, of = int(one["n"]), int(one["of"])
        low, high = wilson(n, of)
        near = same_site_count(calls, axis.id, name)
        rows.append(
            LabelCount(
                id=name,
                word=calls.words(axis.id, name).word,
                text=text,
                color=colors[name],
                n=n,
                of=of,
                among=one["among"],
                proportion=n / of if of else None,
                low=low,
                high=high,
                base_rate=None if np.isnan(one["base_rate"]) else one["base_rate"],
                reference_basis=one["basis"],
                stability=median.get(name),
                n_same_site=near and near[0],
            )
        )
    of_site = same_site(calls)
    pairs = None if of_site is None else int(of_site.sum())
    return AxisCounts(
        id=axis.id, title=axis.title, n=len(given), labels=tuple(rows), n_same_site=pairs
    )


# ------------------------------------------------------------------ thresholds and signatures


def _thresholds(calls: Calls) -> list[Threshold]:
    rows = [Threshold(**row) for row in visible_thresholds(calls)]
    scheme = calls.scheme
    whole = {"same call in repeats": scheme.stability.minimum if scheme.stability else None}
    whole |= {
        "cohort shift": scheme.cohort_shift,
        "cohort off a line of the reference": scheme.line_offset,
    }
    rows += [_whole(name, one) for name, one in whole.items() if one is not None]
    if scheme.system == "bulk":
        return rows
    shown = {row.text for row in rows}
    measured = [(name, one) for name, one in scheme.parameters.items() if one.text not in shown]
    return [*rows, *(_whole(name, one, "the measurement") for name, one in measured)]


def _whole(name: str, one: SchemeThreshold, axis: str = "every axis") -> Threshold:
    about = one.model_dump(include={"value", "source", "citation", "doi", "text"})
    return Threshold(axis=axis, condition=f"{name.replace('_', ' ')}: {one.value:g}", **about)


def _signature_of(calls: Calls, name: str) -> str:
    quantity = calls.scheme.quantities[name]
    while not quantity.signature and quantity.of:
        quantity = calls.scheme.quantities[quantity.of]
    return quantity.signature


def _signatures(calls: Calls) -> list[Signature]:
    library = load_library()
    return [_signature(calls, library, name) for name in calls.scheme.signatures]


def _signature(calls: Calls, library: Library, name: str) -> Signature:
    known: dict[str, Any] | None = (
        dict(calls.coverage.loc[name]) if name in calls.coverage.index else None
    )
    one = library.get(name)
    missing = (
        tuple(str(known["missing"]).split(", ")) if known is not None and known["missing"] else ()
    )
    genes = tuple(gene for gene in (one.genes if one else ()) if gene not in missing)
    floor = (
        tuple(str(known["at_floor"]).split(", ")) if known is not None and known["at_floor"] else ()
    )
    return Signature(
        id=name,
        ref=str(known["version"]) if known is not None else (one.ref if one else name),
        name=one.name if one else name,
        status=str(known["status"]) if known is not None else (one.status if one else ""),
        citation=one.source.citation if one else "",
        sha256=str(calls.run.get("signatures", {}).get(name, {}).get("sha256", "")),
        asked=int(known["asked"]) if known is not None else len(genes),
        found=int(known["found"]) if known is not None else 0,
        genes=genes,
        missing=missing,
        at_floor=floor,
        shared=str(known["shared"]) if known is not None else "",
        scored=known is not None,
    )
