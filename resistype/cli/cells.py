"""`resistype classify` for cells: one row a cell, a sample or a patient, by a cell scheme.

`--unit` means two things that never meet: the unit of the values (counts, tpm, …) and the unit of the answer (cell,
sample, patient); either or both may be given. With a cell scheme, or an answer for cells, samples or patients, the
matrix is read in blocks and cells are aggregated; otherwise the verb for biopsies runs as it is.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from resistype.cli import run as bulk
from resistype.cli import show
from resistype.cohort.cells import (
    CellCalls,
    CellColumns,
    CellOptions,
    DliPlan,
    classify_cells,
    compare_cells,
    list_cell_schemes,
)
from resistype.errors import InputError, SamplesError
from resistype.expression import ReadOptions
from resistype.report import (
    build_cell_report,
    make_folder,
    render,
    report_json,
    table_text,
    write_patient_pages,
    write_text,
)
from resistype.scheme import Calls, load_scheme
from resistype.score import RunOptions, ScoreOptions

__all__ = ["classify_command", "write_cells"]

ANSWERS = ("cell", "sample", "patient")
Column = Annotated[str | None, typer.Option(help="column of the cells")]


def classify_command(
    expression: bulk.Expression,
    out: Annotated[Path, typer.Option(help="folder for calls.tsv, evidence.tsv, run.json, report.html, …")],
    scheme: Annotated[
        str, typer.Option(help="acquired_resistance, cart_product, tex_psr, dli_response, or a .toml file")
    ] = "acquired_resistance",
    samples: Annotated[Path | None, typer.Option(help="samples table; first column: sample ids")] = None,
    sample: Annotated[str | None, typer.Option(help="column of the sample ids")] = None,
    patient: Annotated[str, typer.Option(help="column of the patient")] = "patient",
    timepoint: Annotated[str, typer.Option(help="column of the time point")] = "timepoint",
    baseline: Annotated[str | None, typer.Option(help="value that marks the baseline biopsy")] = None,
    reference: Annotated[str | None, typer.Option(help="frozen reference: shipped name or .json")] = None,
    batch: Annotated[str | None, typer.Option(help="column of the sequencing batch; by default found")] = None,
    stability: Annotated[bool, typer.Option(help="repeat the calls to see how firm they are")] = True,
    jobs: bulk.Jobs = -1,
    unit: Annotated[
        list[str] | None, typer.Option(help="counts, tpm, log2, … of the values; cell, sample or patient of the answer")
    ] = None,
    duplicates: bulk.Duplicates = "error",
    state: Annotated[str | None, typer.Option(help="cells: column of the state")] = None,
    lineage: Annotated[str | None, typer.Option(help="cells: column of the kind of cell (CD4, CD8, …)")] = None,
    stage: Annotated[str | None, typer.Option(help="cells: column of the stage of exhaustion")] = None,
    product: Annotated[str | None, typer.Option(help="cells: column of the CAR product")] = None,
    clone: Annotated[str | None, typer.Option(help="cells: column of the clone")] = None,
    clones: Annotated[Path | None, typer.Option(help="cells: table of clonotypes by cell")] = None,
    group: Annotated[str | None, typer.Option(help="cells: column of a group of patients to compare")] = None,
    compare: Annotated[str | None, typer.Option(help="cells: the group that is compared with the rest")] = None,
    cut: Annotated[
        list[str] | None, typer.Option(help="cells: NAME=VALUE, a cut on a score; several may be given")
    ] = None,
    gate: Annotated[bool, typer.Option(help="cells: states by the published gate (counts)")] = False,
    isoform: Annotated[str | None, typer.Option(help="cells: column with an estimate of CD45RA, for the gate")] = None,
    before: Annotated[str | None, typer.Option(help="dli_response: time point before infusion")] = None,
    after: Annotated[str | None, typer.Option(help="dli_response: time point after infusion")] = None,
    reference_late: Annotated[float | None, typer.Option(help="dli_response: median late share before")] = None,
    run_dir: Annotated[Path | None, typer.Option(help="cells: folder to keep a long run in")] = None,
    resume: Annotated[bool, typer.Option(help="cells: go on with the run in --run-dir")] = False,
    parity: Annotated[bool, typer.Option(help="cells: scanpy's score_genes beside the scores (10,000 cells)")] = False,
    method: bulk.Method = None,
    opinion: bulk.Opinion = None,
    patient_pages: bulk.PatientPages = False,
    figures: bulk.Figures = False,
) -> None:
    """Call every axis of a scheme for every sample, with the evidence, or say why it cannot be called.

    With a cell scheme: states, composition and clones of cells, for patients, samples or cells (--unit).
    """
    given = dict(locals())
    answer, values = _units(unit)
    if answer is None and load_scheme(scheme).system == "bulk":
        _refuse_cell_options(given)
        bulk.classify_command(**{name: given[name] for name in _BULK} | {"unit": values})
        return
    _classify(given, answer or "patient", values)


_BULK = (
    *("expression", "out", "scheme", "samples", "sample", "patient", "timepoint", "baseline", "reference", "batch"),
    *("stability", "jobs", "duplicates", "method", "opinion", "patient_pages", "figures"),
)
_BIOPSIES = ("baseline", "reference", "batch", "method", "opinion")
_CELLS = (
    *("state", "lineage", "stage", "product", "clone", "clones", "group", "compare", "cut", "gate", "isoform"),
    *("before", "after", "reference_late", "run_dir", "resume", "parity"),
)


def _units(words: list[str] | None) -> tuple[str | None, str | None]:
    """The unit of the answer and that of the values."""
    answers = [word for word in words or [] if word in ANSWERS]
    values = [word for word in words or [] if word not in ANSWERS]
    if len(answers) > 1 or len(values) > 1:
        message = f"--unit {' --unit '.join(words or [])}: give one unit of the values and one of the answer."
        raise InputError(message, code="E990")
    return (answers[0] if answers else None), (values[0] if values else None)


def _refuse_cell_options(given: dict[str, Any]) -> None:
    used = [f"--{name.replace('_', '-')}" for name in _CELLS if given[name] not in (None, False, [])]
    if used:
        message = (
            f"{', '.join(used)} go with a cell scheme ({', '.join(list_cell_schemes())}) or with --unit cell, sample "
            "or patient."
        )
        raise InputError(message, code="E990")


def _refuse_biopsy_options(given: dict[str, Any]) -> None:
    used = [f"--{name}" for name in _BIOPSIES if given[name] is not None]
    if used:
        message = f"{', '.join(used)} go with a scheme for biopsies; a cell scheme would not look at them."
        raise InputError(message, code="E990")


def _classify(given: dict[str, Any], answer: str, values: str | None) -> None:
    _refuse_biopsy_options(given)
    scheme = "cart_product" if given["scheme"] == "acquired_resistance" else given["scheme"]
    if given["compare"] is not None and given["group"] is None:
        raise InputError("--compare names a group; name its column with --group.", code="E990")
    loaded = load_scheme(scheme)
    calls = classify_cells(given["expression"], loaded, options=_options(given, answer, values))
    if isinstance(calls, Calls):
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        files = replace(calls, run={**calls.run, "command": command}).write(given["out"])
        bulk.print_cohort(calls)
        show.say(f"\nWritten to {given['out']}: {', '.join(sorted(path.name for path in files))}")
        return
    tables = dict(calls.tables)
    if given["compare"] is not None:
        tables["comparison"] = _compared(calls, given)
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    calls = replace(calls, tables=tables, run={**calls.run, "command": shlex.join(words)})
    files = write_cells(calls, given["out"], unit=answer)
    if given["patient_pages"]:
        write_patient_pages(calls, Path(given["out"]) / "patients")
    if given["figures"]:
        from resistype.report.figures_cells import draw_cells  # noqa: PLC0415  matplotlib only where asked for

        files += draw_cells(calls.tables, given["out"])
    _print(calls, answer)
    show.say(f"\nWritten to {given['out']}: {', '.join(sorted(path.name for path in files))}")
    show.say("Research use only; not for treatment decisions.")


def _options(given: dict[str, Any], answer: str, values: str | None) -> CellOptions:
    words: Any = {"unit": values, "duplicates": given["duplicates"]}
    run = RunOptions(run_dir=given["run_dir"], resume=given["resume"])
    names = ("patient", "timepoint", "state", "lineage", "stage", "product", "clone", "group")
    columns: Any = {name: given[name] or None for name in names}
    return CellOptions(
        columns=CellColumns(**columns),
        samples=given["samples"],
        sample=given["sample"],
        cuts=_cuts(given["cut"]),
        gate=given["gate"],
        isoform=given["isoform"],
        clones=given["clones"],
        score=ScoreOptions(read=ReadOptions(**words), run=run),
        n_jobs=given["jobs"],
        parity=given["parity"],
        keep_cells=answer == "cell",
        plan=DliPlan(before=given["before"], after=given["after"], reference_late=given["reference_late"]),
    )


def _cuts(words: list[str] | None) -> dict[str, float]:
    cuts = {}
    for word in words or []:
        name, equals, text = word.partition("=")
        try:
            cuts[name] = float(text)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise InputError(f"--cut {word}: write NAME=VALUE, for example memory=0.4.", code="E990")
    return cuts


def _compared(calls: CellCalls, given: dict[str, Any]) -> pd.DataFrame:
    """The group against the rest of the cohort, patients only."""
    facts = calls.run["patients"]
    groups = {name: row["group"] for name, row in facts.items() if row.get("group") is not None}
    if given["compare"] not in groups.values():
        known = ", ".join(sorted(set(groups.values())))
        raise SamplesError(f"No patient is of group {given['compare']!r}; there are: {known}.", code="E931")
    products = {name: row["product"] for name, row in facts.items() if row.get("product") is not None}
    strata = pd.Series(products) if products else None
    return compare_cells(calls, pd.Series(groups), first=given["compare"], strata=strata)


def write_cells(calls: CellCalls, folder: str | Path, *, unit: str = "patient") -> list[Path]:
    """Write calls.tsv (one row a `unit`), one tsv a table, quantities, run.json and the report; each whole or not.

    Parameters
    ----------
    calls
        From `classify_cells`.
    folder
        Made when it is not there.
    unit
        ``patient``, ``sample`` or ``cell``.

    Raises
    ------
    OutputError
        When the folder or a file cannot be written.
    """
    frame = calls.tables["cells"] if unit == "cell" else calls.to_frame(unit).reset_index()
    if frame.empty:
        frame = calls.to_frame("patient").reset_index()
    texts = {"calls.tsv": table_text(frame)}
    for name, table in calls.tables.items():
        if name != "cells":
            texts[f"{name}.tsv"] = table_text(table)
    for name, table in calls.quantities.items():
        texts[f"quantities_{name}.tsv"] = table_text(table.reset_index())
    record = dict(calls.run) | {"notes": list(calls.notes), "caveats": calls.caveats(), "answer": unit}
    texts["run.json"] = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True, default=str) + "\n"
    report = build_cell_report(calls)
    texts |= {"report.html": render(report), "report.json": report_json(report)}
    target = make_folder(folder)
    return [write_text(target / name, text) for name, text in texts.items()]


def _print(calls: CellCalls, unit: str) -> None:
    show.say(f"{calls.run['n_cells']:,} cells, scheme {calls.scheme.id} {calls.scheme.version}. {calls.scheme.claim}")
    frame = calls.to_frame("sample" if unit == "sample" and calls.samples is not None else "patient")
    axes = calls.scheme.of("sample" if unit == "sample" and calls.samples is not None else "patient").axes
    rows = []
    for axis in axes:
        for call, n in frame[axis.id].value_counts(sort=False).items():
            rows.append({"axis": axis.title, "call": str(call), unit if unit != "cell" else "patient": int(n)})
    show.table(pd.DataFrame(rows), title="Calls")
    for code, line in calls.caveats().items():
        show.say(f"{code}: {line}")
