"""`resistype compare A B`: two folders that `resistype classify` wrote, compared axis by axis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from resistype.agreement import Agreement, Kappa, compare_calls
from resistype.cli import show
from resistype.errors import InputError
from resistype.report import make_folder, table_text, write_text
from resistype.report.figures_evidence import write_figures


def compare_command(
    first: Annotated[Path, typer.Argument(help="folder written by classify")],
    second: Annotated[Path, typer.Argument(help="another, with samples of the same ids")],
    out: Annotated[Path, typer.Option(help="folder for agreement.tsv, changed.csv, figures, …")],
    name: Annotated[
        list[str] | None, typer.Option(help="names of the two sides; give it twice")
    ] = None,
    axis: Annotated[
        list[str] | None, typer.Option(help="only this axis; may be given several times")
    ] = None,
    figures: Annotated[bool, typer.Option(help="draw one PNG an axis")] = True,
) -> None:
    """What changes between two runs: counts, Cohen's kappa, shift of the numbers, and why each
    call changed.
    """
    agreement = compare_calls(first, second, names=_names(first, second, name), axes=axis)
    target = make_folder(out)
    for file, frame in _tables(agreement).items():
        write_text(target / file, table_text(frame))
    agreement.to_csv(target / "changed.csv")
    if figures:
        write_figures(agreement, target)
    _print(agreement)
    show.say(f"\nWritten to {out}. Research use only; not for treatment decisions.")


def _names(first: Path, second: Path, given: list[str] | None) -> tuple[str, str]:
    if given is not None and len(given) != 2:
        raise InputError(
            f"--name was given {len(given)} times; give it twice, or not at all.", code="E990"
        )
    one, two = given or (first.resolve().name, second.resolve().name)
    return (one, two) if one != two else ("first", "second")


def _tables(agreement: Agreement) -> dict[str, pd.DataFrame]:
    sides = (("first", agreement.only_first), ("second", agreement.only_second))
    unmatched = [(sample, side) for side, only in sides for sample in only]
    return {
        "agreement.tsv": agreement.summary().reset_index(),
        "confusion.tsv": agreement.confusion(),
        "shift.tsv": agreement.shift(),
        "differences.tsv": agreement.differences,
        "unmatched.tsv": pd.DataFrame(unmatched, columns=["sample", "only_in"]),
    }


def _print(agreement: Agreement) -> None:
    one, two = agreement.first.name, agreement.second.name
    only = f"{len(agreement.only_first)} only in {one}, {len(agreement.only_second)} only in {two}"
    show.say(f"{len(agreement.samples)} samples in both; {only}")
    for axis, why in agreement.refused.items():
        show.say(f"not compared, {axis}: {why}")
    if len(agreement.differences):
        show.table(
            agreement.differences.rename(columns={"first": one, "second": two}),
            title="What differs",
        )
    rows = [
        {
            "axis": found.axis,
            "same": f"{found.kappa.same} of {found.kappa.n}",
            "kappa": _kappa(found.kappa),
            "both call": found.kappa_called.n,
            "kappa of these": _kappa(found.kappa_called),
        }
        for found in agreement.axes
    ]
    show.table(
        pd.DataFrame(rows),
        title="Agreement; in the first kappa abstentions count as labels of their own",
    )
    show.say(f"{len(agreement.changes)} calls change; changed.csv says of each why.")


def _kappa(kappa: Kappa) -> str:
    return "none" if kappa.reason else f"{kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f})"
