"""Figures of a run as files: each with its caption under it, whole or not at all."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from resistype.atomic import make_folder, write_file
from resistype.extras import needs
from resistype.report.drawn import INK, Drawn
from resistype.report.figures_checks import coverage_plot
from resistype.report.figures_samples import axis_scatter, change_plot, profile_strip
from resistype.report.overview import build_cohort
from resistype.scheme import Calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["captioned", "draw_calls"]

Draw = Callable[["Axes"], Drawn]


def captioned(draw: Draw, *, width: float, height: float) -> Figure:
    """A figure of its own with one drawing and its caption under it.

    Parameters
    ----------
    draw
        Draws on Axes and gives a `Drawn`.
    width, height
        In inches, without the caption.

    Raises
    ------
    MissingExtraError
        X101 without matplotlib.

    Examples
    --------
    >>> from resistype.report import reliability_plot
    >>> figure = captioned(lambda ax: reliability_plot([0.6, 0.9], [True, True], ax), width=4, height=3)
    >>> len(figure.axes)
    1
    """
    with needs("matplotlib", extra="report", what="A figure"):
        from matplotlib.figure import Figure as Made  # noqa: PLC0415  only where a figure is drawn
    figure = Made(figsize=(width, height + 0.5), layout="constrained")
    drawn = draw(figure.subplots())
    figure.supxlabel(textwrap.fill(drawn.caption, int(16 * width)), fontsize=7, color=INK, x=0.01, ha="left")
    return figure


def draw_calls(calls: Calls, folder: str | Path, *, kind: Literal["png", "pdf", "svg"] = "png") -> list[Path]:
    """Draw the figures of a run into a folder: profile, changes, two axes, coverage.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    folder
        Made when it is not there.
    kind
        ``png`` (200 dots an inch), ``pdf`` or ``svg``.

    Raises
    ------
    MissingExtraError
        X101 without matplotlib.
    OutputError
        O101, O102 when the folder or a file cannot be written.
    """
    target, files = make_folder(folder), []
    for name, draw, size in _figures(calls):
        figure = captioned(draw, width=size[0], height=size[1])
        path = target / f"{name}.{kind}"
        files.append(write_file(path, partial(_save, figure, kind=kind)))
    return files


def _save(figure: Figure, stream: BinaryIO, *, kind: str) -> None:
    about: Any = {"Software": "resistype"} if kind == "png" else {"Creator": "resistype"}
    figure.savefig(stream, format=kind, dpi=200, metadata=about)


def _figures(calls: Calls) -> Iterator[tuple[str, Draw, tuple[float, float]]]:
    yield "profile", partial(profile_strip, calls), (7.5, 0.95 * len(calls.scheme.axes) + 0.2)
    for panel in build_cohort(calls, {}).panels:
        height = 0.14 * len(panel.changes) + 0.9
        yield f"change_{panel.axis}", partial(change_plot, calls, axis=panel.axis), (5.5, max(2.2, height))
    first, *others = _levels(calls) or [""]
    for name in others:
        yield f"{name}_by_{first}", partial(_scatter, calls, first, name), (5.0, 4.0)
    yield "coverage", partial(coverage_plot, calls), (6.0, 0.3 * len(calls.coverage) + 0.6)


def _levels(calls: Calls) -> list[str]:
    """For each axis the first level that its rules look at."""
    kinds = ("level", "residual", "residual_sd")
    found: list[str] = []
    for axis in calls.scheme.axes:
        compared = [c.subject for rule in axis.rules for c in rule.conditions if c.kind == "compare"]
        found += [name for name in compared if calls.scheme.quantities[name].kind in kinds][:1]
    return found


def _scatter(calls: Calls, x: str, y: str, ax: Axes) -> Drawn:
    return axis_scatter(calls, x, y, ax=ax)
