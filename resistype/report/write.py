"""Reports as files: a page or its JSON twin by the name of the file, and a folder of pages, one a patient."""

from __future__ import annotations

from pathlib import Path

from resistype.atomic import make_folder, write_text
from resistype.errors import InputError
from resistype.report.build import build_report
from resistype.report.html import render
from resistype.report.options import ReportOptions
from resistype.report.patient import only_patient, patients_of
from resistype.report.twin import report_json
from resistype.scheme import Calls
from resistype.text import file_names

__all__ = ["render_report", "write_patient_pages", "write_report"]


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
    """Write a report to a file, whole or not at all: a page, or its JSON twin where the name ends with .json.

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
        message = f"A report is a page (.html) or its JSON twin (.json); got {Path(path).name!r}. Nothing was written."
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
        message = "There are no patients: give a samples table with the column that names them (patient=)."
        raise InputError(message, code="S113")
    target = make_folder(folder)
    names = file_names(patients, ".html")
    return {name: write_text(target / names[name], render(only_patient(whole, name))) for name in patients}
