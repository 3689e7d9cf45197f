"""The report: one HTML file that needs nothing else, readable by someone who never ran the code.

Rendered by jinja2 with autoescaping, so names from the data are text and never markup. The page may load nothing:
its policy is ``default-src 'none'`` with the inline style only.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from resistype.report.atomic import write_text
from resistype.report.visible import has_baseline, visible_labels, visible_thresholds
from resistype.scheme import Calls
from resistype.scheme.caveats import caveat_text
from resistype.scheme.scheme import ABSTENTIONS, Axis

__all__ = ["render_report", "write_report"]

_WORDS = {"indeterminate": "indeterminate", "not_assessable": "not assessable"}
_MEANINGS = {
    "indeterminate": "measured, but in a grey zone or with evidence that does not agree",
    "not_assessable": "cannot be called; the reason is given below",
}


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = _number
    environment.filters["percent"] = _percent
    return environment.get_template("report.html.jinja")


def write_report(calls: Calls, path: str | Path) -> Path:
    """Write the report to a file, whole or not at all."""
    return write_text(path, render_report(calls))


def render_report(calls: Calls) -> str:
    """The report as one HTML page."""
    return _template().render(
        calls=calls,
        paired=has_baseline(calls),
        axes=[_axis_view(calls, axis) for axis in calls.scheme.axes],
        samples=[_sample_view(calls, row, sample) for row, sample in enumerate(calls.samples)],
        refused=_refused(calls),
        caveats={code: caveat_text(code) for codes in calls.verdicts.caveats for code in codes},
        thresholds=visible_thresholds(calls),
        coverage=calls.coverage.reset_index().to_dict("records"),
        run=calls.run,
    )


def _axis_view(calls: Calls, axis: Axis) -> dict[str, Any]:
    counts = pd.Series(calls.verdicts.calls[axis.id]).value_counts()
    labels = {**visible_labels(calls, axis), **_MEANINGS}
    rows = []
    for label, text in labels.items():
        share, basis = calls.base_rate(axis.id, label)
        rows.append({"label": label, "text": text, "n": int(counts.get(label, 0)), "share": share, "basis": basis})
    return {"id": axis.id, "title": axis.title, "rows": rows}


def _sample_view(calls: Calls, row: int, sample: str) -> dict[str, Any]:
    cells = []
    for axis in calls.scheme.axes:
        call = str(calls.verdicts.calls[axis.id][row])
        label = axis.labels.get(call)
        share, basis = calls.base_rate(axis.id, call)
        cells.append(
            {
                "axis": axis.title,
                "call": call,
                "word": _WORDS.get(call, call.replace("_", " ")),
                "text": label.text if label else calls.verdicts.reasons[axis.id][row],
                "kind": "abstain" if call in ABSTENTIONS else ("mark" if label and label.headline else "plain"),
                "share": share,
                "basis": basis,
            }
        )
    return {
        "id": sample,
        "design": {k: v for k, v in calls.design.iloc[row].items() if k in ("patient", "timepoint", "baseline_sample")},
        "cells": cells,
        "headline": calls.headline(sample),
        "caveats": calls.caveats(sample),
        "evidence": calls.evidence(sample).to_dict("records"),
    }


def _refused(calls: Calls) -> list[dict[str, Any]]:
    rows = []
    for axis in calls.scheme.axes:
        frame = pd.DataFrame({"call": calls.verdicts.calls[axis.id], "reason": calls.verdicts.reasons[axis.id]})
        frame = frame[frame["call"].isin(ABSTENTIONS)]
        for (call, reason), part in frame.groupby(["call", "reason"], sort=False):
            rows.append({"axis": axis.title, "call": _WORDS[str(call)], "reason": reason, "n": len(part)})
    return rows


def _number(value: object) -> str:
    if not isinstance(value, (int, float)) or math.isnan(value):
        return "–"
    return f"{value:.3g}".replace("-", "−")


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"
