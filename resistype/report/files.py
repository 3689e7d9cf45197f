"""The folder that a classification leaves: tables for programs, run.json to repeat it, report.html to read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from resistype.report.atomic import make_folder, write_text
from resistype.report.html import render_report
from resistype.report.visible import visible_thresholds
from resistype.scheme import Calls

__all__ = ["run_json", "table_text", "write_folder"]


def write_folder(calls: Calls, folder: str | Path) -> list[Path]:
    """Write calls.tsv, evidence.tsv, scores.tsv, genes.tsv, coverage.tsv, run.json and report.html.

    Everything is made in memory first, so that an error leaves no half of it behind.

    Raises
    ------
    OutputError
        When the folder or a file cannot be written.
    """
    texts = {
        "calls.tsv": table_text(calls.to_frame().reset_index()),
        "evidence.tsv": table_text(calls.evidence()),
        "scores.tsv": table_text(calls.quantities.rename_axis("sample").reset_index()),
        "genes.tsv": table_text(calls.genes),
        "coverage.tsv": table_text(calls.coverage.reset_index()),
        "run.json": run_json(calls),
        "report.html": render_report(calls),
    }
    target = make_folder(folder)
    return [write_text(target / name, text) for name, text in texts.items()]


def table_text(frame: pd.DataFrame) -> str:
    """A table as TSV; numbers with up to 10 significant digits, missing values empty.

    Text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    text = [column for column in frame.columns if frame[column].dtype == object]
    safe = frame.assign(**{column: frame[column].map(_inert) for column in text})
    return safe.to_csv(sep="\t", index=False, float_format="%.10g", lineterminator="\n")


def _inert(value: object) -> object:
    if isinstance(value, str) and value.strip()[:1] in ("=", "+", "-", "@", "\t", "\r", "＝"):
        return f"'{value}"
    return value


def run_json(calls: Calls) -> str:
    """The record of the run: versions, hashes, thresholds with their source, reference, caveats."""
    record = dict(calls.run)
    record["thresholds"] = visible_thresholds(calls)
    record["caveats"] = dict(calls.run_caveats)
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
