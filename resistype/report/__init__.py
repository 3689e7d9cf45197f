"""Reports and figures made from calls: views, which compute nothing that decides a call.

A `Report` is a frozen value with everything that a page says. `render` draws the page from it, `report_json` writes
it out as the JSON twin. Figures are drawn on Axes that are given and come back as data.
"""

from __future__ import annotations

from resistype.atomic import make_folder, write_text
from resistype.report.build import build_report
from resistype.report.drawn import Drawn
from resistype.report.figures_checks import coverage_plot, reliability_plot, tree_plot
from resistype.report.figures_course import composition_plot, flow_plot
from resistype.report.figures_evidence import evidence_lollipop
from resistype.report.figures_files import draw_calls
from resistype.report.figures_samples import axis_scatter, change_plot, profile_strip
from resistype.report.files import table_text, write_folder
from resistype.report.html import render
from resistype.report.model import Report
from resistype.report.options import ReportOptions
from resistype.report.twin import read_report, report_json, report_schema
from resistype.report.write import render_report, write_patient_pages, write_report

__all__ = [
    "Drawn",
    "Report",
    "ReportOptions",
    "axis_scatter",
    "build_report",
    "change_plot",
    "composition_plot",
    "coverage_plot",
    "draw_calls",
    "evidence_lollipop",
    "flow_plot",
    "make_folder",
    "profile_strip",
    "read_report",
    "reliability_plot",
    "render",
    "render_report",
    "report_json",
    "report_schema",
    "table_text",
    "tree_plot",
    "write_folder",
    "write_patient_pages",
    "write_report",
    "write_text",
]
