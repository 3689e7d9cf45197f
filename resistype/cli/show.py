"""What the command line prints: progress on stderr, tables on stdout.

On a terminal a table is drawn to its width. In a pipe or a file a table of results is as wide as it
is, and a list (``listing``) is tab-separated, for cut, awk and a spreadsheet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_OUT = Console(highlight=False, soft_wrap=True)
_ERR = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line on stdout, as it is."""
    _OUT.print(Text(text))


@contextmanager
def progress(what: str, steps: int) -> Iterator[Progress]:
    """A bar on stderr for long work; advance it with ``bar.advance(bar.task_ids[0])``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_ERR, transient=True) as bar:
        bar.add_task(what, total=steps)
        yield bar


def table(frame: pd.DataFrame, *, title: str = "") -> None:
    """A table on stdout; cells are text and never markup."""
    shown = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for place, column in enumerate(frame.columns):
        right = pd.api.types.is_numeric_dtype(frame[column])
        # The first column holds the names by which things are asked for; they are never broken.
        shown.add_column(
            Text(str(column)),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=place == 0,
        )
    for row in frame.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    out = _OUT if _OUT.is_terminal else Console(highlight=False, width=_wide(frame))
    out.print(shown)


def _wide(frame: pd.DataFrame) -> int:
    """Columns of characters in which no cell of a table is broken."""
    cells = [
        [len(str(column)), *(len(_cell(value)) for value in frame.iloc[:, place])]
        for place, column in enumerate(frame.columns)
    ]
    return max(80, sum(max(column) + 3 for column in cells))


def listing(frame: pd.DataFrame, *, as_json: bool = False, drawn: list[str] | None = None) -> None:
    """A list of things, ids in its first column: JSON, a table on a terminal, otherwise TSV.
    A terminal has room for the columns `drawn`.
    """
    if as_json:
        rows = json.loads(frame.to_json(orient="records"))
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    elif _OUT.is_terminal:
        table(frame[drawn] if drawn else frame)
    else:
        for row in [list(frame.columns), *frame.itertuples(index=False)]:
            typer.echo("\t".join(" ".join(_cell(value).split()) for value in row))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3g}"
    return str(value)


def cohort_table(counts: pd.DataFrame, *, by_chance: bool = False) -> None:
    """Counts of calls an axis with their base rate, in the reference or by chance."""
    where = "where there is nothing to find" if by_chance else "in the reference itself"
    table(counts, title=f"Calls; beside each, how often the same rule gives it {where}")
