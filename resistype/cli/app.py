"""The application: its verbs, and how errors and warnings leave it."""

from __future__ import annotations

import sys
import warnings
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from resistype.errors import ResistypeError, ResistypeWarning
from resistype.text import door

# The base of all usage errors; newer versions of typer carry their own copy of click.
_UsageError: Any = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)

# Each verb with its line in the help. It is loaded when it is asked for, so that `--help` is quick.
VERBS = {
    "demo": "Classify a small simulated cohort and check that each planted profile is found.",
    "score": "Score samples or cells for signatures.",
    "collect": "Join files of one sample each (RSEM, STAR, HTSeq, GDC, salmon, RCC) into a matrix.",
    "classify": "Call every axis of a scheme, with the evidence, or say why not.",
    "compare": "What changes between two runs, and why each call changed.",
    "clinical": "Clinical phenotype of each patient under published definitions.",
    "spatial": "Compartments, densities and margins of a tissue section.",
    "doctor": "Versions, optional parts, a self-test; --compile prepares the first run.",
    "signatures": "The signature library.",
    "schemes": "The classification schemes.",
    "references": "Frozen references: list, show, fit, check.",
    "opinion": "External classifiers beside the calls.",
}


def _load(verb: str) -> Any:
    """The function or the group of a verb; each verb loads what it needs."""
    # ruff: noqa: PLC0415
    found: Any
    if verb in ("signatures", "schemes"):
        from resistype.cli import library

        found = library.signatures if verb == "signatures" else library.schemes
    elif verb == "references":
        from resistype.cli.references import references as found
    elif verb == "opinion":
        from resistype.cli.opinion import opinion as found
    elif verb == "classify":
        from resistype.cli.classify import classify_command as found
    elif verb == "compare":
        from resistype.cli.compare import compare_command as found
    elif verb == "spatial":
        from resistype.cli.spatial import spatial_command as found
    else:
        from resistype.cli import run

        found = getattr(run, f"{verb}_command")
    return found


class _Verbs(TyperGroup):
    """The verbs, each loaded when it is run."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in VERBS:
            return None
        found = _load(cmd_name)
        if isinstance(found, typer.Typer):
            command: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(
                add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
            )
            alone.command(cmd_name)(found)
            command = typer.main.get_command(alone)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


app = typer.Typer(
    name="resistype",
    cls=_Verbs,
    help=(
        "Programmes of resistance to cancer immunotherapy in an expression matrix. Research use"
        " only."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _resistype() -> None:
    """Programmes of resistance to cancer immunotherapy in an expression matrix. Research use
    only.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 checks failed, 2 bad input,
    130 interrupted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", ResistypeWarning)
        warnings.showwarning = _one_line
        sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        with door("cli"):
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
