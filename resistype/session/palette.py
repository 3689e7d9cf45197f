"""Colours by category, kept in `resistype.scheme.palette` so that reports and figures have the same ones."""

from __future__ import annotations

from resistype.scheme.palette import GREYS, NO_DATA, OKABE_ITO, axis_colors, category_colors, natural

__all__ = ["GREYS", "NO_DATA", "OKABE_ITO", "axis_colors", "category_colors", "natural"]
