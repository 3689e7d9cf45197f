"""The verbs about the library: signatures and schemes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from resistype.cli import curate, show
from resistype.errors import SchemeError
from resistype.library import check_library, check_paths, list_frame, load_library
from resistype.library import show as show_signature
from resistype.scheme import Scheme, check_scheme, list_schemes, load_scheme

__all__ = ["schemes", "signatures"]

signatures = typer.Typer(help="The signature library.", no_args_is_help=True, rich_markup_mode=None)
schemes = typer.Typer(
    help="The classification schemes.", no_args_is_help=True, rich_markup_mode=None
)

signatures.command("new")(curate.new_command)
signatures.command("import")(curate.import_command)
signatures.command("derive")(curate.derive_command)
signatures.command("translate")(curate.translate_command)
signatures.command("quality")(curate.quality_command)
signatures.command("diff")(curate.diff_command)
signatures.command("export")(curate.export_command)
signatures.command("schema")(curate.schema_command)

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable")]


@signatures.command("list")
def list_signatures(
    axis: Annotated[str | None, typer.Option(help="only this axis")] = None,
    as_json: AsJson = False,
) -> None:
    """Every shipped signature: axis, genes, status, source."""
    library = load_library()
    frame = list_frame(library.select(axis=axis) if axis else library)
    if as_json:
        show.say(frame.to_json(orient="records", force_ascii=False, indent=1))
    else:
        show.table(frame)


@signatures.command("show")
def show_one(name: Annotated[str, typer.Argument(help="id, or id@version")]) -> None:
    """One signature with its genes and its whole provenance."""
    show.say(show_signature(load_library()[name]))


@signatures.command("check")
def check_signatures(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="TOML, GMT, JSON, csv or tsv files, or folders; default: the library"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Everything that is wrong with signature files, at once; exit code 1 when there is an
    error.
    """
    findings = check_paths(paths) if paths else check_library()
    if as_json:
        show.say(
            json.dumps([finding.to_json() for finding in findings], indent=1, ensure_ascii=False)
        )
    for finding in () if as_json else findings:
        show.say(str(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    if not as_json:
        warnings = sum(finding.severity == "warning" for finding in findings)
        show.say(f"{errors} errors, {warnings} warnings, {len(findings) - errors - warnings} notes")
    if errors:
        raise typer.Exit(1)


@schemes.command("list")
def list_all_schemes() -> None:
    """Every shipped scheme, for biopsies and for cells."""
    rows = [_row(load_scheme(name)) for name in list_schemes()]
    show.table(pd.DataFrame(rows))


def _row(scheme: Scheme) -> dict[str, str]:
    axes = ", ".join(axis.id for axis in scheme.axes)
    return {
        "scheme": scheme.id,
        "version": scheme.version,
        "reads": scheme.system,
        "title": scheme.title,
        "axes": axes,
    }


@schemes.command("show")
def show_scheme(name: Annotated[str, typer.Argument(help="shipped name or .toml file")]) -> None:
    """Axes, rules and thresholds of a scheme, each threshold with its source."""
    scheme = load_scheme(name)
    show.say(
        f"{scheme.title} ({scheme.id}"
        f" {scheme.version})\n{scheme.summary.strip()}\n{scheme.scope}\n{scheme.citation}\n"
    )
    for axis in scheme.axes:
        rules = [
            {"call": rule.call, "when": "; ".join(rule.when), "reason": rule.reason}
            for rule in axis.rules
        ]
        show.table(pd.DataFrame(rules), title=f"{axis.title} ({axis.id})")
        limits = [
            {
                "threshold": key,
                "value": t.value,
                "source": f"{t.source} {t.citation}".strip(),
                "meaning": t.text,
            }
            for key, t in {**scheme.parameters, **axis.thresholds}.items()
        ]
        show.table(pd.DataFrame(limits))
        show.say("")


@schemes.command("check")
def check_one_scheme(
    names: Annotated[
        list[str] | None, typer.Argument(help="shipped names or .toml files; default: all shipped")
    ] = None,
) -> None:
    """Everything that is wrong with schemes; exit code 1 when there is something."""
    known = list(load_library())
    shipped = list_schemes()
    count = 0
    for name in names or list(shipped):
        if name not in shipped and not Path(name).is_file():
            message = (
                f"There is no scheme {name!r}. Shipped: {', '.join(shipped)}. Or give the path of a"
                " .toml file."
            )
            raise SchemeError(message, code="S101")
        complaints = check_scheme(name, known)
        count += len(complaints)
        for line in complaints:
            show.say(f"{name}: {line}")
    show.say(f"{count} complaints")
    if count:
        raise typer.Exit(1)
