"""The JSON twin of a page: a `Report` written out, its schema, and a way back.

The schema is made from the model and committed beside it, so that a change of the format is a change of a file. The
twin is strict JSON: no NaN, no names twice; a newer format is refused with a sentence.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resistype.errors import InputError, complain
from resistype.report.model import Report

__all__ = ["read_report", "report_json", "report_schema", "schema_path"]

_VERSION = 1


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
        O110 when it is no report, of a newer format, or does not fit its schema; with every complaint.
    """
    words = text.read_text(encoding="utf-8") if isinstance(text, Path) else text
    try:
        found = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise InputError(f"This is no report of resistype: {error}.", code="O110") from None
    if not isinstance(found, dict) or found.get("format") != "resistype-report":
        raise InputError("This is no report of resistype: 'format' is not 'resistype-report'.", code="O110")
    if found.get("format_version") != _VERSION:
        message = (
            f"The report has format {found.get('format_version')!r}; this version reads {_VERSION}. Update resistype."
        )
        raise InputError(message, code="O110")
    try:
        return Report.model_validate_json(words)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:20]]
        complain(lines, InputError, code="O110", subject="Report")
        raise
