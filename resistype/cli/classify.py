"""`resistype classify`: one verb for biopsies, cells and tissue; the scheme says which.

Options that only one system knows are refused by name with any other, so none is passed over in
silence. `--unit` lives on for one release: it meant the unit of the values (now ``--values``) and
the unit of the answer (now ``--per``).
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from resistype.cli import show
from resistype.cli.reading import NAMES, reads_a_matrix
from resistype.cli.run import (
    Expression,
    Figures,
    Jobs,
    Method,
    Opinion,
    PatientPages,
    opinions_of,
    print_cohort,
)
from resistype.clinical import definitions
from resistype.errors import InputError, SamplesError, TissueError
from resistype.expression import ReadOptions
from resistype.report import (
    ReportOptions,
    draw_calls,
    make_folder,
    table_text,
    write_folder,
    write_patient_pages,
    write_text,
)
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.score import RunOptions, ScoreOptions
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.cells import CellColumns, CellOptions, DliPlan, compare_cells
from resistype.systems.tissue import MarginRule, Roles, TissueColumns, TissueOptions

PER = ("sample", "patient", "cell", "region")
Column = Annotated[str | None, typer.Option(help="cells: column")]
CELLS, TISSUE, BULK = ("tex_psr", "cart_product", "dli_response"), ("immune_phenotype",), ("bulk",)
_OF_CELLS = (
    *("state", "lineage", "stage", "product", "clone", "clones", "group", "compare", "cut", "gate"),
    *("isoform", "run_dir", "resume", "parity"),
)
_OF_TISSUE = ("scale_um", "region", "cell_type", "tumour", "t_cell", "margin")
_OF_BULK = (
    *("baseline", "reference", "same_as", "batch", "stability", "method", "opinion"),
    *("timepoint_kind", "clinical", "keep", "mutations"),
)
_SYSTEMS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_OF_CELLS, CELLS),
    **dict.fromkeys(("before", "after", "reference_late"), ("dli_response",)),
    **dict.fromkeys(_OF_TISSUE, TISSUE),
    **dict.fromkeys(_OF_BULK, BULK),
    **dict.fromkeys(("samples", "sample", "timepoint", "patient", *NAMES), BULK + CELLS),
}


@dataclass(frozen=True)
class _Biopsies:
    """Options of schemes of biopsies."""

    baseline: str | None
    reference: str | None
    same_as: str | None
    batch: str | None
    stability: bool
    method: str | None
    opinion: Path | None
    kinds: dict[str, str]
    clinical: Path | None
    keep: tuple[str, ...]
    mutations: Path | None


@dataclass(frozen=True)
class _Cells:
    """Options of schemes of cells."""

    cut: list[str] | None
    gate: bool
    isoform: str | None
    clones: Path | None
    compare: str | None
    run_dir: Path | None
    resume: bool
    parity: bool
    before: str | None
    after: str | None
    reference_late: float | None


@dataclass(frozen=True)
class _Tissue:
    """Options of schemes of tissue."""

    scale_um: float | None
    region: str | None
    cell_type: str
    tumour: list[str] | None
    t_cell: list[str] | None
    margin: float


@dataclass(frozen=True)
class _Asked:
    """What every system takes."""

    data: Path
    scheme: Scheme
    named: str  # the scheme as it was typed, for the record
    out: Path
    read: ReadOptions
    jobs: int
    columns: CellColumns
    samples: Path | None
    sample: str | None
    per: str | None


@reads_a_matrix()
def classify_command(
    *,
    context: typer.Context,
    expression: Expression,
    out: Annotated[
        Path, typer.Option(help="folder for calls.tsv, evidence.tsv, run.json, report.html, …")
    ],
    scheme: Annotated[
        str, typer.Option(help="name of a shipped scheme (resistype schemes list), or a .toml file")
    ] = "acquired_resistance",
    per: Annotated[
        str | None,
        typer.Option(help="what a row of the answer is: sample, patient, cell or region"),
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help="samples table; first column: sample ids")
    ] = None,
    sample: Annotated[str | None, typer.Option(help="column of the sample ids")] = None,
    patient: Annotated[str, typer.Option(help="column of the patient")] = "patient",
    timepoint: Annotated[str, typer.Option(help="column of the time point")] = "timepoint",
    baseline: Annotated[
        str | None, typer.Option(help="biopsies: value that marks the baseline")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="biopsies: frozen reference: shipped name or .json")
    ] = None,
    same_as: Annotated[
        str | None,
        typer.Option(
            help="biopsies: reference with which tumour type, library and quantification are the"
            " same"
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="biopsies: column of the batch; by default found")
    ] = None,
    timepoint_kind: Annotated[
        list[str] | None, typer.Option(help="biopsies: TIME=KIND (Post=progression); repeatable")
    ] = None,
    clinical: Annotated[
        Path | None, typer.Option(help="biopsies: courses of patients, as for resistype clinical")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(help="biopsies: columns of the samples table beside the calls: COL,COL"),
    ] = None,
    mutations: Annotated[
        Path | None,
        typer.Option(help="biopsies: DNA variants, a row each (such as a MAF)"),
    ] = None,
    stability: Annotated[
        bool, typer.Option(help="biopsies: repeat the calls to see how robust they are")
    ] = True,
    jobs: Jobs = -1,
    unit: Annotated[
        list[str] | None,
        typer.Option(help="until the next release: --values or --per", hidden=True),
    ] = None,
    state: Column = None,
    lineage: Column = None,
    stage: Column = None,
    product: Column = None,
    clone: Column = None,
    clones: Annotated[Path | None, typer.Option(help="cells: table of clonotypes by cell")] = None,
    group: Column = None,
    compare: Annotated[
        str | None, typer.Option(help="cells: the group that is compared with the rest")
    ] = None,
    cut: Annotated[
        list[str] | None, typer.Option(help="cells: NAME=VALUE, a cut on a score; repeatable")
    ] = None,
    gate: Annotated[
        bool, typer.Option(help="cells: states by the published gate (counts)")
    ] = False,
    isoform: Annotated[
        str | None, typer.Option(help="cells: column with CD45RA, for the gate")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="dli_response: time point before infusion")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="dli_response: time point after infusion")
    ] = None,
    reference_late: Annotated[
        float | None, typer.Option(help="dli_response: median late fraction before")
    ] = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="cells: folder to keep a long run in")
    ] = None,
    resume: Annotated[bool, typer.Option(help="cells: go on with the run in --run-dir")] = False,
    parity: Annotated[
        bool, typer.Option(help="cells: scanpy's score_genes beside the scores")
    ] = False,
    scale_um: Annotated[float | None, typer.Option(help="tissue: µm per pixel")] = None,
    region: Annotated[str | None, typer.Option(help="tissue: column of the image")] = None,
    cell_type: Annotated[
        str, typer.Option("--cell-type", "--kind", help="tissue: column of the kind of cell")
    ] = "phenotype",
    tumour: Annotated[
        list[str] | None, typer.Option(help="tissue: a kind of tumour cell; repeatable")
    ] = None,
    t_cell: Annotated[
        list[str] | None, typer.Option(help="tissue: a kind of T cell; repeatable")
    ] = None,
    margin: Annotated[
        float, typer.Option(help="tissue: width of the margin in µm")
    ] = MarginRule.width_um,
    method: Method = None,
    opinion: Opinion = None,
    patient_pages: PatientPages = False,
    figures: Figures = False,
    read: ReadOptions,
) -> None:
    """Call every axis of a scheme, with the evidence, or say why it cannot be called.

    The scheme says what is called: samples of biopsies, patients and samples of cells, regions of
    tissue.
    """
    loaded = load_scheme(scheme)
    _refuse(context, loaded)
    read, per = _unit(unit, read, per)
    columns = CellColumns(
        patient=patient, timepoint=timepoint or None, state=state, lineage=lineage, stage=stage,
        product=product, clone=clone, group=group,
    )  # fmt: skip
    asked = _Asked(
        expression, loaded, scheme, out, read, jobs, columns, samples, sample, _per(per, loaded)
    )
    if loaded.system in BULK:
        kept = tuple(filter(None, (one.strip() for one in (keep or "").split(","))))
        more = _Biopsies(
            baseline, reference, same_as, batch, stability, method, opinion,
            _named(timepoint_kind), clinical, kept, mutations,
        )  # fmt: skip
        calls, report = _biopsies(asked, more)
    elif loaded.system in TISSUE:
        calls = _tissue(asked, _Tissue(scale_um, region, cell_type, tumour, t_cell, margin))
        report = ReportOptions()
    else:
        of_cells = _Cells(
            cut,
            gate,
            isoform,
            clones,
            compare,
            run_dir,
            resume,
            parity,
            before,
            after,
            reference_late,
        )
        calls = _cells(asked, of_cells)
        report = ReportOptions()
    _write(calls, asked, report, patient_pages=patient_pages, figures=figures)


# ------------------------------------------------------------------ what was asked


def _refuse(context: typer.Context, scheme: Scheme) -> None:
    """Options of another system, by name."""
    given = [
        name
        for name in context.params
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    wrong = [name for name in given if scheme.system not in _SYSTEMS.get(name, (scheme.system,))]
    if wrong and scheme.system:
        words = ", ".join(
            f"--{name.replace('_', '-')} (of {', '.join(_SYSTEMS[name])})" for name in wrong
        )
        message = (
            f"{scheme.ref} is measured by {scheme.system} and would not look at {words}. Leave out"
            " what is not of it."
        )
        raise InputError(message, code="S105")
    if "compare" in given and "group" not in given:
        raise InputError("--compare names a group; name its column with --group.", code="E990")


def _unit(
    words: list[str] | None, read: ReadOptions, per: str | None
) -> tuple[ReadOptions, str | None]:
    """What `--unit` meant, for one release."""
    if not words:
        return read, per
    sys.stderr.write(
        "note: --unit is now --values (counts, tpm, …) and --per (sample, patient, cell).\n"
    )
    answers: list[str | None] = [word for word in words if word in PER]
    units = [word for word in words if word not in PER]
    if len(answers) > 1 or len(units) > 1:
        message = (
            f"--unit {' --unit '.join(words)}: give one unit of the values and one of the answer."
        )
        raise InputError(message, code="E990")
    values: Any = units[0] if units else read.unit
    return replace(read, unit=values), answers[0] if answers else per


def _per(per: str | None, scheme: Scheme) -> str | None:
    """What a row of the answer is, if the scheme calls it; the scheme is never replaced by
    another one.
    """
    called = list(dict.fromkeys(axis.level for axis in scheme.axes))
    cells = ["cell"] if scheme.system in CELLS else []
    if per is None or per in (*called, *cells):
        return per
    ways = "."
    if scheme.system in BULK:
        ways = (
            ": sum the cells of each sample to a profile first"
            " (resistype.systems.cells.pseudobulk), or take a scheme of cells (--scheme"
            f" {', '.join(CELLS)})."
        )
    message = f"{scheme.ref} calls {' and '.join([*called, *cells])}, not {per}{ways}"
    raise InputError(message, code="S105")


# ------------------------------------------------------------------ systems


def _biopsies(asked: _Asked, more: _Biopsies) -> tuple[Calls, ReportOptions]:
    courses = definitions.clinical(more.clinical) if more.clinical else None
    options = CallOptions(
        n_jobs=asked.jobs,
        read=asked.read,
        sample=asked.sample,
        batch=more.batch,
        same_as=more.same_as,
        stability=more.stability,
        method=more.method,
        timepoint_kinds=more.kinds,
        clinical=definitions.phenotypes(courses),
        keep=more.keep,
        mutations=more.mutations,
    )
    with show.progress("classifying", 2) as bar:
        calls = classify(
            asked.data,
            asked.named,
            samples=asked.samples,
            patient=asked.columns.patient,
            timepoint=asked.columns.timepoint,
            baseline=more.baseline,
            reference=more.reference,
            options=options,
        )
        bar.advance(bar.task_ids[0])
        report = opinions_of(asked.data, more.opinion, read=asked.read, n_jobs=asked.jobs)
        bar.advance(bar.task_ids[0])
    return calls, report


def _cells(asked: _Asked, more: _Cells) -> Calls:
    options = CellOptions(
        columns=asked.columns,
        samples=asked.samples,
        sample=asked.sample,
        cuts=_cuts(more.cut),
        gate=more.gate,
        isoform=more.isoform,
        clones=more.clones,
        score=ScoreOptions(
            read=asked.read, run=RunOptions(run_dir=more.run_dir, resume=more.resume)
        ),
        n_jobs=asked.jobs,
        parity=more.parity,
        keep_cells=asked.per == "cell",
        plan=DliPlan(before=more.before, after=more.after, reference_late=more.reference_late),
    )
    calls = classify(asked.data, asked.scheme, options=options)
    if more.compare is None:
        return calls
    return replace(calls, tables={**calls.tables, "comparison": _compared(calls, more.compare)})


def _tissue(asked: _Asked, more: _Tissue) -> Calls:
    if more.scale_um is None:
        raise TissueError("Tissue has no scale: give --scale-um (µm per pixel).", code="P101")
    roles = None
    if more.tumour or more.t_cell:
        roles = Roles(tumour=tuple(more.tumour or ()), t_cells=tuple(more.t_cell or ()))
    options = TissueOptions(
        roles=roles,
        margin=MarginRule(width_um=more.margin),
        scale_um=more.scale_um,
        columns=TissueColumns(region=more.region, kind=more.cell_type),
    )
    return classify(asked.data, asked.scheme, options=options)


def _named(words: list[str] | None) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in words or []]
    if any(not name or not value for name, _, value in pairs):
        raise InputError("--timepoint-kind: write TIME=KIND (Post=progression).", code="E990")
    return {name: value for name, _, value in pairs}


def _cuts(words: list[str] | None) -> dict[str, float]:
    cuts = {}
    for word in words or []:
        name, equals, text = word.partition("=")
        try:
            cuts[name] = float(text)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise InputError(
                f"--cut {word}: write NAME=VALUE, for example memory=0.4.", code="E990"
            )
    return cuts


def _compared(calls: Calls, group: str) -> pd.DataFrame:
    """The group against the rest of the cohort, patients only."""
    facts = calls.run["patients"]
    groups = {name: row["group"] for name, row in facts.items() if row.get("group") is not None}
    if group not in groups.values():
        known = ", ".join(sorted(set(groups.values())))
        raise SamplesError(f"No patient is of group {group!r}; there are: {known}.", code="E931")
    products = {
        name: row["product"] for name, row in facts.items() if row.get("product") is not None
    }
    strata = pd.Series(products) if products else None
    return compare_cells(calls, pd.Series(groups), first=group, strata=strata)


# ------------------------------------------------------------------ what comes out


def _write(
    calls: Calls, asked: _Asked, report: ReportOptions, *, patient_pages: bool, figures: bool
) -> None:
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    calls = replace(calls, run={**calls.run, "command": shlex.join(words)})
    calls = calls if asked.per in (None, "cell") else calls.at(asked.per)
    files = write_folder(calls, make_folder(asked.out), report)
    for table in report.opinions.values():
        text = table_text(table.rename_axis("sample").reset_index())
        files.append(write_text(asked.out / "opinion.tsv", text))
    if patient_pages:
        write_patient_pages(calls, asked.out / "patients", report)
    if figures:
        files += _figures(calls, asked.out)
    print_cohort(calls)
    show.say(f"\nWritten to {asked.out}: {', '.join(sorted(path.name for path in files))}")
    show.say("Research use only; not for treatment decisions.")


def _figures(calls: Calls, out: Path) -> list[Path]:
    if calls.scheme.system not in CELLS:
        draw_calls(calls, out / "figures")
        return []
    # matplotlib only where asked for
    from resistype.report.figures_cells import draw_cells  # noqa: PLC0415

    return list(draw_cells(calls.tables, out))
