"""Reports as files: a page or its JSON version by the name of the file, and a folder of pages, one
a patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pydantic import ValidationError

from resistype.errors import InputError, OutputError, complain
from resistype.report.build import build_report
from resistype.report.html import render
from resistype.report.model import Report, ReportOptions
from resistype.report.units import only_patient, patients_of, visible_thresholds
from resistype.safe.files import make_folder, write_text
from resistype.scheme import Calls
from resistype.text import file_names, inert_frame

# The JSON version of a page: a `Report` written out, its schema, and a way back.

_VERSION = 2
# keys of format 1, and what they are called now
_OLD_KEYS = {
    "why": "reason",
    "share": "proportion",
    "reference_share": "base_rate",
    "rules_say": "call_before_stability",
    "firmness": "stability",
    "n_firm": "n_stable",
    "n_taken_back": "n_withheld",
}


def report_json(report: Report) -> str:
    """The twin as text; the same report gives the same bytes.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.report import build_report, read_report, report_json
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> report = build_report(calls)
    >>> read_report(report_json(report)) == report
    True
    """
    return report.model_dump_json(exclude_none=False) + "\n"


def report_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of the twin.

    Examples
    --------
    >>> report_schema()["properties"]["format"]["const"]
    'resistype-report'
    """
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_path() -> Path:
    """File of the committed schema."""
    return Path(__file__).parent / "report.schema.json"


def read_report(text: str | Path) -> Report:
    """Read a twin back; `render` draws the same page from it.

    Parameters
    ----------
    text
        The JSON text, or the path of its file.

    Raises
    ------
    InputError
        O110 when it is no report, of a newer format, or does not fit its schema; with every
        complaint.
    """
    words = text.read_text(encoding="utf-8") if isinstance(text, Path) else text
    try:
        found = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise InputError(f"This is no report of resistype: {error}.", code="O110") from None
    if not isinstance(found, dict) or found.get("format") != "resistype-report":
        raise InputError(
            "This is no report of resistype: 'format' is not 'resistype-report'.", code="O110"
        )
    if found.get("format_version") == 1:
        found = _today(found) | {"format_version": _VERSION}
        words = json.dumps(found)
    if found.get("format_version") != _VERSION:
        message = (
            f"The report has format {found.get('format_version')!r}; this version reads {_VERSION}."
            " Update resistype."
        )
        raise InputError(message, code="O110")
    try:
        return Report.model_validate_json(words)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:20]]
        complain(lines, InputError, code="O110", subject="Report")
        raise


def _today(part: Any) -> Any:
    """A part of a report of format 1 with the keys of today."""
    if isinstance(part, dict):
        return {_OLD_KEYS.get(name, name): _today(value) for name, value in part.items()}
    return [_today(value) for value in part] if isinstance(part, list) else part


def render_report(calls: Calls, options: ReportOptions | None = None) -> str:
    """The report as one HTML page.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    options
        Second opinions to show; a patient, for a page of that patient alone.
    """
    return render(build_report(calls, options))


def write_report(calls: Calls, path: str | Path, options: ReportOptions | None = None) -> Path:
    """Write a report to a file, whole or not at all: a page, or its JSON version where the name
    ends with .json.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    path
        ``out.html`` for the page, ``out.json`` for everything on it.
    options
        Second opinions to show; a patient, for a page of that patient alone.

    Raises
    ------
    OutputError
        O101 when the file cannot be written.
    InputError
        S111 for a patient who is not there; O111 for a file name that is neither.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> write_report(calls, "p20.html", ReportOptions(patient="SIM-P20")).name
    'p20.html'
    """
    kind = Path(path).suffix.lower()
    if kind not in (".html", ".htm", ".json"):
        message = (
            f"A report is a page (.html) or its JSON version (.json); got {Path(path).name!r}."
            " Nothing was written."
        )
        raise InputError(message, code="O111")
    report = build_report(calls, options)
    return write_text(path, report_json(report) if kind == ".json" else render(report))


def write_patient_pages(
    calls: Calls, folder: str | Path, options: ReportOptions | None = None
) -> dict[str, Path]:
    """Write one page a patient into a folder; on each, nobody else is named.

    Parameters
    ----------
    calls
        With patients.
    folder
        Made when it is not there.
    options
        Second opinions to show.

    Returns
    -------
    dict
        Patient: page. File names hold plain letters only, whatever a patient is called.

    Raises
    ------
    InputError
        S113 when no column says who the patients are.
    OutputError
        When the folder or a page cannot be written.
    """
    whole = build_report(calls, options)
    patients = patients_of(whole)
    if not patients:
        message = (
            "There are no patients: give a samples table with the column that names them"
            " (patient=)."
        )
        raise InputError(message, code="S113")
    target = make_folder(folder)
    names = file_names(patients, ".html")
    return {
        name: write_text(target / names[name], render(only_patient(whole, name)))
        for name in patients
    }


# The folder that a classification leaves: tables for programs, run.json to repeat it, the report to
# read.


def write_folder(
    calls: Calls, folder: str | Path, options: ReportOptions | None = None
) -> list[Path]:
    """Write calls.tsv, evidence.tsv, scores.tsv, genes.tsv, coverage.tsv, run.json, report.html and
    report.json.

    Everything is made in memory first and written beside its place, so that an error leaves no half
    of it behind.

    Raises
    ------
    OutputError
        When the folder or a file cannot be written.
    """
    report = build_report(calls, options)
    texts = {
        "calls.tsv": table_text(calls.to_frame().reset_index()),
        "evidence.tsv": table_text(calls.evidence()),
        "scores.tsv": table_text(calls.quantities.rename_axis(calls.unit).reset_index()),
        "genes.tsv": table_text(calls.genes),
        "coverage.tsv": table_text(calls.coverage.reset_index()),
        "report.html": render(report),
        "report.json": report_json(report),
    }
    texts["scheme.toml"] = calls.whole_scheme().to_toml()
    for one in (calls.at(unit) for unit in calls.units[1:]):
        texts[f"calls_{one.unit}.tsv"] = table_text(one.to_frame().reset_index())
        texts[f"evidence_{one.unit}.tsv"] = table_text(one.evidence())
        texts[f"scores_{one.unit}.tsv"] = table_text(
            one.quantities.rename_axis(one.unit).reset_index()
        )
    for name, table in calls.tables.items():
        texts[f"{name}.tsv" if f"{name}.tsv" not in texts else f"{name}_table.tsv"] = table_text(
            table
        )
    texts["run.json"] = run_json(
        calls, texts
    )  # last: its hashes tell files of this run from those of an older one
    target = make_folder(folder)
    for name in texts:
        if (target / name).is_dir():
            message = (
                f"{str(target / name)!r} cannot be written: it is a folder. Nothing was written."
            )
            raise OutputError(message, code="O101")
    with TemporaryDirectory(prefix=".resistype-", dir=target) as stage:
        whole = [write_text(Path(stage) / name, text) for name, text in texts.items()]
        return [path.replace(target / path.name) for path in whole]


def table_text(frame: pd.DataFrame) -> str:
    """A table as TSV; numbers with up to 10 significant digits, missing values empty.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; line breaks within a
    cell become LF.
    """
    return inert_frame(frame).to_csv(
        sep="\t", index=False, float_format="%.10g", lineterminator="\n"
    )


def run_json(calls: Calls, files: Mapping[str, str] | None = None) -> str:
    """The record of the run: versions, hashes, thresholds with their source, reference, caveats.

    With `files`, the texts written beside it by name, also the SHA-256 of each.
    """
    record = dict(calls.run)
    record["thresholds"] = visible_thresholds(calls)
    record["caveats"] = dict(calls.run_caveats)
    if files:
        hashes = {
            name: hashlib.sha256(text.encode(errors="replace")).hexdigest()
            for name, text in files.items()
        }
        record["files"] = hashes
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
