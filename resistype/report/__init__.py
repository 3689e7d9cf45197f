"""Reports and files made from calls. Everything here is a view: it computes nothing that the calls do not hold."""

from resistype.report.atomic import make_folder, write_text
from resistype.report.files import table_text, write_folder
from resistype.report.html import render_report, write_report

__all__ = ["make_folder", "render_report", "table_text", "write_folder", "write_report", "write_text"]
