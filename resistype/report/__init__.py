"""Reports and figures made from calls: views, which compute nothing that decides a call.

A `Report` is a frozen value with everything that a page says. `render` draws the page from it, `report_json` writes
it out as the JSON twin. Figures are drawn on Axes that are given and come back as data.
"""

from __future__ import annotations

from resistype.report.atomic import make_folder, write_text
from resistype.report.build import build_report
from resistype.report.cells import build_cell_report
from resistype.report.files import table_text, write_folder
from resistype.report.html import render
from resistype.report.model import Report
from resistype.report.options import ReportOptions
from resistype.report.twin import read_report, report_json, report_schema
from resistype.report.write import render_report, write_patient_pages, write_report

__all__ = [
    "Report",
    "ReportOptions",
    "build_cell_report",
    "build_report",
    "make_folder",
    "read_report",
    "render",
    "render_report",
    "report_json",
    "report_schema",
    "table_text",
    "write_folder",
    "write_patient_pages",
    "write_report",
    "write_text",
]
