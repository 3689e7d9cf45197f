"""The folder that a classification leaves: tables for programs, run.json to repeat it, the report to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from resistype.atomic import make_folder, write_text
from resistype.errors import OutputError
from resistype.report.build import build_report
from resistype.report.html import render
from resistype.report.options import ReportOptions
from resistype.report.twin import report_json
from resistype.report.visible import visible_thresholds
from resistype.scheme import Calls
from resistype.text import inert_frame

__all__ = ["run_json", "table_text", "write_folder"]


def write_folder(calls: Calls, folder: str | Path, options: ReportOptions | None = None) -> list[Path]:
    """Write calls.tsv, evidence.tsv, scores.tsv, genes.tsv, coverage.tsv, run.json, report.html and report.json.

    Everything is made in memory first and written beside its place, so that an error leaves no half of it behind.

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
        texts[f"scores_{one.unit}.tsv"] = table_text(one.quantities.rename_axis(one.unit).reset_index())
    for name, table in calls.tables.items():
        texts[f"{name}.tsv" if f"{name}.tsv" not in texts else f"{name}_table.tsv"] = table_text(table)
    texts["run.json"] = run_json(calls, texts)  # last: its hashes tell files of this run from those of an older one
    target = make_folder(folder)
    for name in texts:
        if (target / name).is_dir():
            message = f"{str(target / name)!r} cannot be written: it is a folder. Nothing was written."
            raise OutputError(message, code="O101")
    with TemporaryDirectory(prefix=".resistype-", dir=target) as stage:
        whole = [write_text(Path(stage) / name, text) for name, text in texts.items()]
        return [path.replace(target / path.name) for path in whole]


def table_text(frame: pd.DataFrame) -> str:
    """A table as TSV; numbers with up to 10 significant digits, missing values empty.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; line breaks within a cell become LF.
    """
    return inert_frame(frame).to_csv(sep="\t", index=False, float_format="%.10g", lineterminator="\n")


def run_json(calls: Calls, files: Mapping[str, str] | None = None) -> str:
    """The record of the run: versions, hashes, thresholds with their source, reference, caveats.

    With `files`, the texts written beside it by name, also the SHA-256 of each.
    """
    record = dict(calls.run)
    record["thresholds"] = visible_thresholds(calls)
    record["caveats"] = dict(calls.run_caveats)
    if files:
        hashes = {name: hashlib.sha256(text.encode(errors="replace")).hexdigest() for name, text in files.items()}
        record["files"] = hashes
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
