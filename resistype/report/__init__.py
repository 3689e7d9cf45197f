"""Reports and figures made from calls: views, which compute nothing that decides a call.

A `Report` is a frozen value with everything that a page says. `render` draws the page from it,
`report_json` writes it out as the JSON version. Figures are drawn on Axes that are given and come
back as data.
"""

from __future__ import annotations

from resistype._renamed import old_names
from resistype.report.build import build_report
from resistype.report.figures import (
    FigureResult,
    axis_scatter,
    change_plot,
    coverage_plot,
    draw_calls,
    profile_strip,
    reliability_plot,
    tree_plot,
)
from resistype.report.figures_cells import composition_plot, flow_plot
from resistype.report.figures_evidence import evidence_lollipop
from resistype.report.html import render
from resistype.report.model import Report, ReportOptions
from resistype.report.write import (
    read_report,
    render_report,
    report_json,
    report_schema,
    table_text,
    write_folder,
    write_patient_pages,
    write_report,
)
from resistype.safe.files import make_folder, write_text

__all__ = [
    "FigureResult",
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

__getattr__ = old_names(__name__)
