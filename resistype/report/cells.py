"""From calls of a cell scheme to a `Report`: samples and patients, their numbers, and the tables over time.

Evidence of a unit is what its axis looks at: the numbers, the thresholds beside them, and whether each comparison
holds. Long tables (a row a clone) are counted, not printed; they stand in their tsv files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from resistype.cohort.cells import CellCalls, Verdict
from resistype.errors import InputError
from resistype.report.build import label_rows
from resistype.report.cell_methods import cell_methods, cell_references
from resistype.report.methods import signature_papers
from resistype.report.model import Check, Cohort, Inputs, Report, Signature, Threshold
from resistype.report.options import ReportOptions
from resistype.report.parts import AxisCounts, Call, Comparison, Evidence, Group, Quantity, Unit
from resistype.report.patient import only_patient, patients_of
from resistype.report.tables import build_tables
from resistype.report.units import refusals
from resistype.report.versions import package_versions
from resistype.scheme.palette import axis_colors
from resistype.scheme.rules import holds
from resistype.scheme.scheme import Axis, Scheme
from resistype.text import one_line

__all__ = ["build_cell_report"]


def build_cell_report(calls: CellCalls, options: ReportOptions | None = None) -> Report:
    """Gather what a report of cells says.

    Parameters
    ----------
    calls
        From `resistype.cohort.cells.classify_cells`, `cart_product`, `tex_psr` or `dli_response`.
    options
        A patient, for a page of that patient alone.

    Raises
    ------
    InputError
        S111 when there is no such patient.

    Examples
    --------
    >>> from resistype.cohort.cells import CellColumns, CellInputs, cart_product
    >>> state = ["memory"] * 420 + ["cytotoxic"] * 260 + ["exhausted"] * 60
    >>> cells = pd.DataFrame({"patient": "T1", "timepoint": "IP", "state": state})
    >>> calls = cart_product(cells, inputs=CellInputs(columns=CellColumns(state="state")))
    >>> report = build_cell_report(calls)
    >>> [(group.id, len(group.units)) for group in report.groups]
    [('patients', 1), ('samples', 1)]
    """
    scheme = calls.scheme
    groups = tuple(_groups(calls))
    report = Report(
        kind="cells",
        simulated=False,
        scheme=f"{scheme.id} {scheme.version}",
        title=scheme.title,
        summary=one_line(scheme.summary),
        context=scheme.context,
        citation=f"{scheme.citation}, doi:{scheme.doi}" if scheme.doi else scheme.citation,
        claim=scheme.claim,
        compared_with=_compared(calls),
        questions={axis.id: _question(axis) for axis in scheme.axes},
        inputs=_inputs(calls),
        groups=groups,
        quantities=tuple(Quantity(id=n, title=q.title, unit=q.unit) for n, q in scheme.quantities.items()),
        cohort=Cohort(tables=tuple(build_tables(calls.tables))),
        thresholds=tuple(_thresholds(scheme)),
        signatures=tuple(_signatures(calls)),
        caveats=calls.caveats(),
        methods=cell_methods(calls),
        references=cell_references(calls),
        versions=package_versions(),
        hashes={"expression": str(calls.run["sha256"])} if calls.run.get("sha256") else {},
        command=str(calls.run.get("command", "")),
    )
    if options is None or options.patient is None:
        return report
    if options.patient not in patients_of(report):
        raise InputError(f"There is no patient {options.patient!r} among the calls.", code="S111")
    return only_patient(report, options.patient)


def _question(axis: Axis) -> str:
    return "; ".join(label.text for label in axis.labels.values())


def _compared(calls: CellCalls) -> str:
    n = len(calls.run.get("patients", {})) or len(calls.to_frame("patient"))
    if "comparison" in calls.tables:
        return f"other groups of patients of this study ({n} patients)"
    return "each patient's own samples over time; no reference cohort"


def _inputs(calls: CellCalls) -> Inputs:
    run = calls.run
    checks = [
        Check(name=f"Genes of {row['name']}", state="ok" if row["fraction"] >= 0.8 else "look", text=_found(row))
        for row in _coverage(calls)
    ]
    return Inputs(
        source=str(run.get("source", "table of cells")),
        sha256=str(run.get("sha256", "")),
        n_obs=int(run.get("n_cells", 0)),
        n_genes=int(run.get("n_genes", 0)),
        unit=str(run.get("unit", "states of cells")),
        notes=tuple(calls.notes),
        checks=tuple(checks),
    )


def _found(row: dict[str, Any]) -> str:
    return f"{row['found']} of {row['asked']} genes of {row['signature']}"


def _coverage(calls: CellCalls) -> list[dict[str, Any]]:
    table = calls.tables.get("coverage")
    if table is None or table.empty or "asked" not in table:
        return []
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


# ------------------------------------------------------------------ units


def _groups(calls: CellCalls) -> Iterator[Group]:
    scheme = calls.scheme
    kinds = (("patients", scheme.patient_axes, calls.patients), ("samples", scheme.of("sample").axes, calls.samples))
    for id_, axes, verdict in kinds:
        if verdict is None or not axes:
            continue
        units = tuple(_units(calls, id_, axes, verdict))
        counted = tuple(_axis(axis, verdict) for axis in axes)
        refused = refusals(units, [axis.id for axis in axes])
        yield Group(id=id_, noun=id_[:-1], ordered_by="patient, then time", axes=counted, units=units, refused=refused)


def _axis(axis: Axis, verdict: Verdict) -> AxisCounts:
    given = [str(call) for call in verdict.calls[axis.id]]
    labels = {name: label.text for name, label in axis.labels.items()}
    return AxisCounts(id=axis.id, title=axis.title, n=len(given), labels=label_rows(labels, axis_colors(axis), given))


def _units(calls: CellCalls, kind: str, axes: Sequence[Axis], verdict: Verdict) -> Iterator[Unit]:
    numbers = calls.quantities.get(kind, pd.DataFrame(index=verdict.calls.index))
    frame = calls.to_frame(kind[:-1])
    for row, key in enumerate(verdict.calls.index):
        patient, time = (str(key[0]), str(key[1])) if isinstance(key, tuple) else (str(key), "")
        known = numbers.iloc[row].to_dict() if row < len(numbers) else {}
        given = {axis.id: np.array([verdict.calls.iloc[row][axis.id]], dtype=object) for axis in axes}
        yield Unit(
            id=f"{patient} {time}".strip(),
            patient=patient,
            timepoint=time,
            headline=str(frame["headline"].iloc[row]),
            calls=tuple(
                Call(axis=a.id, call=str(given[a.id][0]), reason=str(verdict.reasons.iloc[row][a.id])) for a in axes
            ),
            evidence=tuple(line for axis in axes for line in _evidence(calls.scheme, axis, known)),
            caveats=tuple(verdict.caveats.iloc[row]),
        )


def _evidence(scheme: Scheme, axis: Axis, known: dict[Any, Any]) -> Iterator[Evidence]:
    cuts = scheme.thresholds_of(axis.id)
    sources = {name: one.source for name, one in (scheme.thresholds | axis.thresholds).items()}
    compared: dict[str, dict[str, Comparison]] = {}
    for rule in axis.rules:
        for one in (c for c in rule.conditions if c.kind == "compare"):
            value, limit = float(known.get(one.subject, np.nan)), one.sign * cuts[one.target]
            passes = bool(holds(one, {one.subject: np.array([value])}, cuts, calls={})[0])
            compared.setdefault(one.subject, {})[one.text] = Comparison(
                op=one.op, limit=limit, source=sources[one.target], distance=value - limit, passes=passes, decided=False
            )
    for name in axis.quantities:
        value = float(known.get(name, np.nan))
        tests = () if np.isnan(value) else tuple(compared.get(name, {}).values())
        yield Evidence(axis=axis.id, quantity=name, value=value, tests=tests)


# ------------------------------------------------------------------ thresholds, signatures


def _thresholds(scheme: Scheme) -> Iterator[Threshold]:
    titles = {axis.id: axis.title for axis in scheme.axes}
    for row in scheme.threshold_rows():
        kept = {name: row[name] for name in ("value", "source", "citation", "doi", "text")}
        condition = f"{str(row['name']).replace('_', ' ')}: {row['value']:g}"
        yield Threshold(axis=titles.get(row["axis"], "the scheme"), condition=condition, **kept)


def _signatures(calls: CellCalls) -> Iterator[Signature]:
    for row in _coverage(calls):
        yield Signature(
            id=str(row["name"]),
            ref=str(row["signature"]),
            name=str(row["name"]),
            status="",
            citation="; ".join(signature_papers([str(row["signature"])])),
            sha256="",
            asked=int(row["asked"]),
            found=int(row["found"]),
            genes=(),
            missing=tuple(str(gene) for gene in row["missing"]),
        )
