"""The application: its verbs, and how errors and warnings leave it."""

from __future__ import annotations

import sys
import warnings
from typing import Any, TextIO

import typer

from resistype.cli.classify import classify_command
from resistype.cli.compare import compare_command
from resistype.cli.library import schemes, signatures
from resistype.cli.opinion import opinion
from resistype.cli.run import clinical_command, demo_command, doctor_command, score_command
from resistype.cli.spatial import spatial_command
from resistype.errors import ResistypeError, ResistypeWarning

__all__ = ["app", "main"]

# The base of all usage errors; newer versions of typer carry their own copy of click.
_UsageError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="resistype",
    help="Programmes of resistance to cancer immunotherapy in an expression matrix. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo_command)
app.command("score")(score_command)
app.command("classify")(classify_command)
app.command("compare")(compare_command)
app.command("clinical")(clinical_command)
app.command("spatial")(spatial_command)
app.command("doctor")(doctor_command)
app.add_typer(signatures, name="signatures")
app.add_typer(schemes, name="schemes")
app.add_typer(opinion, name="opinion")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 checks failed, 2 bad input, 130 interrupted."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", ResistypeWarning)
        warnings.showwarning = _one_line
        sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        result = app(args=arguments, standalone_mode=False)
    except ResistypeError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except _UsageError as error:
        error.show(file=sys.stderr)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        return 130
    except typer.Exit as stop:
        return int(stop.exit_code)
    return int(result) if isinstance(result, int) else 0


def _one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del category, filename, lineno, line
    (file or sys.stderr).write(f"warning: {message}\n")
