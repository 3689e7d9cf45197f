"""The verbs that run something: demo, score, clinical, doctor."""

from __future__ import annotations

import json
import shlex
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import typer

from resistype.cli import show
from resistype.cli.reading import reads_a_matrix
from resistype.clinical.definitions import clinical
from resistype.datasets import demo, write_demo
from resistype.errors import InputError, explained
from resistype.expression import ReadOptions, as_expression, collect, read_expression
from resistype.library import SignatureSpec, read_signatures
from resistype.opinions import second_opinion
from resistype.report import ReportOptions, make_folder, table_text, write_folder, write_text
from resistype.report.units import same_site_count, visible_labels
from resistype.safe.files import replace_file
from resistype.scheme import Calls
from resistype.scheme.caveats import FIRST, caveat_text
from resistype.score import Null, RunOptions, ScoreOptions, score
from resistype.systems import classify
from resistype.text import listed, mode_words

Expression = Annotated[Path, typer.Argument(help="csv, tsv (.gz), parquet, h5ad, zarr or 10x h5")]
PatientPages = Annotated[bool, typer.Option(help="a page for each patient, in OUT/patients")]
Figures = Annotated[bool, typer.Option(help="draw what was found (needs matplotlib)")]
Method = Annotated[
    str | None,
    typer.Option(help="takes every score of the scheme by another method, for example singscore"),
]
Opinion = Annotated[
    Path | None,
    typer.Option(
        help="templates (GMT, TOML, folder): nearest class of each sample, beside the calls"
    ),
]
Jobs = Annotated[
    int, typer.Option(help="threads; -1 for all cores; the result does not depend on it")
]


def demo_command(
    out: Annotated[Path, typer.Option(help="folder for the outputs")] = Path("resistype-demo"),
) -> None:
    """Classify a small simulated cohort with planted profiles and check that each is found."""
    target = make_folder(out)
    data = demo()
    write_demo(target / "input")
    calls = classify(data.expression, samples=data.samples, baseline="Pre")
    calls = _with_command(calls)
    write_folder(calls, target)
    show.say("SIMULATED data: they show the machinery, not biology. Research use only.\n")
    print_cohort(calls)
    frame = calls.to_frame()
    found = _compare(frame, data.truth)
    show.say("")
    show.table(found, title="Planted profiles")
    show.say(f"\nWritten to {target}: {', '.join(sorted(path.name for path in target.iterdir()))}")
    show.say(f"Open {target / 'report.html'} in a browser.")
    if not (found["found"] == found["planted"]).all():
        raise typer.Exit(1)


def _compare(frame: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (axis, label), part in truth.groupby(["axis", "label"], sort=False):
        hits = int((frame.loc[part["sample"], str(axis)] == label).sum())
        rows.append({"axis": axis, "planted profile": label, "planted": len(part), "found": hits})
    return pd.DataFrame(rows)


@reads_a_matrix(old="--unit")
def score_command(
    *,
    expression: Expression,
    out: Annotated[Path, typer.Option(help="table of scores to write (tsv)")],
    signatures: Annotated[
        list[str] | None,
        typer.Option(
            help="a GMT or TOML file, a folder, an axis or an id; may be given several times"
        ),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="ssgsea, singscore, zscore, weighted, …")
    ] = None,
    jobs: Jobs = -1,
    run_dir: Annotated[
        Path | None, typer.Option(help="folder where finished blocks are kept")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in --run-dir")
    ] = False,
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress", help="on stderr; by default when a run takes long"
        ),
    ] = None,
    null: Annotated[
        int,
        typer.Option(min=0, help="random gene sets of like expression to compare each score with"),
    ] = 0,
    read: ReadOptions,
) -> None:
    """Score samples or cells for signatures."""
    shown: Any = {None: "auto", True: "text", False: None}[progress]
    options = ScoreOptions(
        read=read,
        run=RunOptions(run_dir=run_dir, resume=resume, progress=shown),
        null=Null(n=null) if null else None,
    )
    scores = score(
        expression,
        _signature_spec(signatures),
        method=method or ["ssgsea"],
        n_jobs=jobs,
        options=options,
    )
    frame = scores.to_frame()
    if isinstance(frame.columns, pd.MultiIndex):
        frame.columns = pd.Index([f"{name}:{signature}" for name, signature in frame.columns])
    write_text(out, table_text(frame.rename_axis("sample").reset_index()))
    write_text(out.with_name(f"{out.stem}.coverage.tsv"), table_text(scores.coverage.reset_index()))
    if scores.null is not None:
        write_text(out.with_name(f"{out.stem}.null.tsv"), table_text(scores.null_frame()))
    show.say(f"Values {scores.read_as}.")
    show.say(
        f"{len(scores.samples)} samples × {len(scores.signatures)} signatures,"
        f" {', '.join(scores.specs.values())}"
    )
    show.say(f"digest {scores.digest}")


def collect_command(
    files: Annotated[list[Path], typer.Argument(help="files of one sample each, of one layout")],
    out: Annotated[Path, typer.Option(help="matrix to write: .parquet, .tsv or .csv")],
    column: Annotated[
        str | None, typer.Option(help="column of the values; by default the counts")
    ] = None,
) -> None:
    """Join files of one sample each (RSEM, STAR, HTSeq, GDC, salmon, RCC) into a matrix."""
    collected = collect(files, column)
    table, ending = collected.table, out.suffix.lower()
    if ending in (".parquet", ".pq"):
        replace_file(out, table.to_parquet)
    elif ending in (".tsv", ".csv", ".txt"):
        separator = "," if ending == ".csv" else "\t"
        write_text(out, table.to_csv(sep=separator, lineterminator="\n"))
    else:
        message = f"--out {out}: a matrix is written as .parquet, .tsv or .csv. Choose one of them."
        raise InputError(message, code="E990")
    for note in collected.notes:
        show.say(note)
    show.say(f"{table.shape[0]:,} rows × {table.shape[1]:,} samples written to {out}")


def _signature_spec(words: list[str] | None) -> SignatureSpec:
    if not words:
        return None
    return Path(words[0]) if len(words) == 1 and Path(words[0]).exists() else words


def opinions_of(
    expression: Path, templates: Path | None, *, read: ReadOptions, n_jobs: int
) -> ReportOptions:
    """A second opinion by nearest templates, as the report takes it; none where no templates are
    given.
    """
    if templates is None:
        return ReportOptions()
    classes = {one.id: one.genes for one in read_signatures(templates).values()}
    table = second_opinion(read_expression(expression, read), classes, n_jobs=n_jobs)
    return ReportOptions(opinions={f"nearest template ({templates.name})": table})


def _with_command(calls: Calls) -> Calls:
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return replace(calls, run={**calls.run, "command": shlex.join(words)})


def print_cohort(calls: Calls) -> None:
    """Calls of each axis beside their base rates, of every unit of the run, and what must be
    said with them.
    """
    about = calls.reference
    if read_as := calls.run["input"].get("read_as"):
        show.say(f"Values {read_as}.")
    for code in FIRST:
        if code in calls.run_caveats:
            show.say(f"{code}: {calls.run_caveats[code]}")
    for one in (calls.at(unit) for unit in calls.units):
        show.say(
            f"{len(one.samples)} {one.unit}s, scheme {one.scheme.id} {one.scheme.version}, "
            f"reference: {about['name']} ({mode_words(about['mode'])}, n = {about['n']})"
        )
        show.cohort_table(pd.DataFrame(_counted(one)), by_chance=calls.scheme.system != "bulk")
        for line in _unassessed(one):
            show.say(line)
    for line in _of_one_site(calls):
        show.say(line)
    for code in sorted({code for codes in calls.verdicts.caveats for code in codes} & _OF_KINDS):
        show.say(f"{code}: {caveat_text(code)}")
    if calls.scheme.system != "bulk":
        for code, line in calls.run_caveats.items():
            show.say(f"{code}: {line}")


def _of_one_site(calls: Calls) -> Iterator[str]:
    """Counts of change over the pairs of one site alone."""
    for axis in calls.scheme.axes:
        near = {name: same_site_count(calls, axis.id, name) for name in visible_labels(calls, axis)}
        known = {name: counts for name, counts in near.items() if counts is not None}
        if known:
            words = [f"{n} {calls.words(axis.id, name).word}" for name, (n, _) in known.items()]
            total = next(iter(known.values()))[1]
            yield f"{axis.title}, same site only: {', '.join(words)} of {total} pairs"


# caveats of samples that change how every count above is read
_OF_KINDS = {"ON_TREATMENT", "AFTER_STOP", "KIND_UNKNOWN", "OTHER_BATCH", "BATCH_UNKNOWN"}


def _counted(calls: Calls) -> list[dict[str, object]]:
    """Each call that was given, of those that could have it, beside its base rate."""
    rows: list[dict[str, object]] = []
    for axis in calls.scheme.axes:
        counts = calls.counts(axis.id)
        for call, one in counts[counts["n"] > 0].to_dict("index").items():
            rate = one["basis"]
            if not np.isnan(one["base_rate"]):
                rate = f"{one['base_rate']:.0%} of {rate}"
            rows.append(
                {
                    "axis": axis.title,
                    "call": calls.words(axis.id, str(call)).word,
                    "n": f"{one['n']} of {one['of']} {one['among']}",
                    "base rate": rate,
                }
            )
    return rows


REASONS = 3  # that are named of an axis; all stand in calls.tsv


def _unassessed(calls: Calls) -> Iterator[str]:
    """Why axes were not assessed, each with its commonest reasons."""
    for axis in calls.scheme.axes:
        reasons = calls.unassessed(axis.id)
        if not reasons:
            continue
        named = [f"{why} ({n})" for why, n in [*reasons.items()][:REASONS]]
        rest = sum([*reasons.values()][REASONS:])
        more = [f"other reasons ({rest})"] if rest else []
        of = f"{sum(reasons.values())} of {len(calls.samples)} {calls.unit}s"
        yield f"{axis.title}, not assessed in {of}: {'; '.join([*named, *more])}"


def clinical_command(
    table: Annotated[Path, typer.Argument(help="csv or tsv, one row per patient")],
    out: Annotated[Path, typer.Option(help="table to write (tsv)")],
    definition: Annotated[str, typer.Option(help="a definition, or all")] = "nsclc_ar_2021",
    column: Annotated[
        list[str] | None,
        typer.Option(help="FIELD=COLUMN, such as progression=PFS; repeatable"),
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option(help="times are days or months since the start; default: dates")
    ] = None,
) -> None:
    """Clinical phenotype of each patient under published definitions."""
    named = [one.partition("=") for one in column or ()]
    if not all(equals and name for _, equals, name in named):
        message = f"--column {listed(column or ())}: give it as FIELD=COLUMN (progression=PFS)."
        raise InputError(message, code="E990")
    columns = {field.strip(): name.strip() for field, _, name in named}
    frame = clinical(table, definition, columns=columns, time_unit=time_unit)
    write_text(out, table_text(frame))
    disagree = int(frame["definitions_disagree"].sum())
    show.say(
        f"{len(frame)} patients; the published definitions disagree on {disagree} of them. Written"
        f" to {out}."
    )


def _compile() -> None:
    """Compile the loops of scoring and calling for dense and sparse matrices; numba keeps them
    on disk.
    """
    show.say("Compiling the loops of scoring and calling (about a minute, once) …")
    start = time.monotonic()
    data = demo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the demonstration lacks genes of many signatures
        quiet, whole = RunOptions(progress=None), as_expression(data.expression)
        dense: Any = whole.values
        for values in (dense, sp.csr_matrix(dense)):
            for kind in (np.float64, np.float32):
                matrix = replace(whole, values=values.astype(kind))
                options = ScoreOptions(run=quiet, null=Null(n=20))
                score(matrix, method=("ssgsea", "ucell", "zscore"), n_jobs=1, options=options)
        classify(data.expression, samples=data.samples, baseline="Pre")
    show.say(f"Done in {time.monotonic() - start:.0f} s.")


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="what a code means and what to do")
    ] = None,
    compile_now: Annotated[
        bool, typer.Option("--compile", help="compile what scoring and calling need, once")
    ] = False,
) -> None:
    """Versions, optional parts, front end of the widgets, display, a self-test. Ends with 1
    where one is at fault.
    """
    if explain is not None:
        show.say(explained(explain))
        return
    if compile_now:
        _compile()
        return
    from resistype.cli.doctor import examine  # noqa: PLC0415  imports every optional package

    findings = examine()
    if as_json:
        show.say(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        show.table(pd.DataFrame(findings))
    if any(finding.state == "fault" for finding in findings):
        sys.stderr.write(
            "The self-test or a required part is at fault; see the lines marked 'fault'.\n"
        )
        raise typer.Exit(1)
