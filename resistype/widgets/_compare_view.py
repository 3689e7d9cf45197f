"""What the page of a comparison is told: words and numbers ready to show, and the flow laid out.

Names of samples stand only in the answer to the page's own request, and in an exported file only where they are asked
for. The same shape is declared in widgets/src/compare/spec.ts; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.cohort.agreement import Agreement, AxisAgreement, Change
from resistype.report.figures_compare import label_colours

__all__ = ["MAX_CHANGES", "compare_spec", "flow_layout", "gene_rows", "plain"]

MAX_CHANGES = 2_000
MAX_NAMES = 40
HEIGHT, GAP, LEFT, RIGHT = 250, 9, 170, 430


def plain(value: float) -> str:
    """A number with three digits, a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.3g}".replace("-", "−")


def compare_spec(
    agreement: Agreement, *, title: str, note: str = "", has_genes: bool = False, names: bool = True
) -> dict[str, Any]:
    """Description of a comparison.

    Parameters
    ----------
    agreement
        The comparison.
    title, note
        Words above; the note is a warning.
    has_genes
        Whether Python answers for genes.
    names
        Whether samples keep their names. Without, they are numbered.
    """
    sides = [agreement.first.name, agreement.second.name]
    shown = {sample: sample if names else f"sample {k + 1}" for k, sample in enumerate(agreement.samples)}
    return {
        "format": "resistype-compare",
        "format_version": 1,
        "title": title,
        "note": note,
        "names": sides,
        "lines": _lines(agreement, names=names),
        "differences": agreement.differences.astype(str).to_numpy().tolist(),
        "heads": {
            "matrix": f"Samples by label: {sides[0][:40]} in rows, {sides[1][:40]} in columns. A count shows who.",
            "shift": ["number (unit)", "n", *sides, "shift (quartiles)", "rank r"],
            "changes": ["sample", *sides, "kind", "why: first | second", "genes"],
            "differences": ["what", *sides],
        },
        "axes": [_axis(agreement, one, shown, has_genes=has_genes) for one in agreement.axes],
    }


def _lines(agreement: Agreement, *, names: bool) -> list[str]:
    lines = [f"{len(agreement.samples)} samples in both sides"]
    for side, only in ((agreement.first, agreement.only_first), (agreement.second, agreement.only_second)):
        who = f": {', '.join(only[:MAX_NAMES])}{' …' if len(only) > MAX_NAMES else ''}" if only and names else ""
        lines.append(f"{len(only)} only in {side.name}{who}")
    return ["; ".join(lines), *(f"Not compared, {axis}: {why}." for axis, why in agreement.refused.items())]


def _axis(agreement: Agreement, one: AxisAgreement, shown: dict[str, str], *, has_genes: bool) -> dict[str, Any]:
    labels = [str(name) for name in one.table.index]
    counts = one.table.to_numpy()
    colours = label_colours(agreement, one.axis)
    changes = [(at, change) for at, change in enumerate(agreement.changes) if change.axis == one.axis]
    share, low, high = one.share
    return {
        "id": one.axis,
        "title": one.title,
        "labels": labels,
        "counts": counts.tolist(),
        "lines": [
            f"All labels, abstentions as labels of their own: {one.kappa.words}.",
            f"The same label for {one.kappa.same} of {one.kappa.n} ({share:.0%}, {low:.0%} to {high:.0%}).",
            f"Only samples that both sides call: {one.kappa_called.words}.",
        ],
        **flow_layout(
            counts, labels, [colours[n] for n in labels], names=(agreement.first.name, agreement.second.name)
        ),
        "shift": _shift(one.shift),
        "changes": [
            _changed(at, change, shown, labels=labels, has_genes=has_genes) for at, change in changes[:MAX_CHANGES]
        ],
        "n_changes": len(changes),
    }


def _shift(shift: pd.DataFrame) -> list[list[str | int]]:
    rows: list[list[str | int]] = []
    for row in shift.to_dict("records"):
        moved = f"{plain(row['shift'])} ({plain(row['shift_low'])} to {plain(row['shift_high'])})"
        medians = [plain(row["median_first"]), plain(row["median_second"])]
        rows.append(
            [f"{row['title']} ({row['unit']})", row["n"], *medians, row["note"] or moved, plain(row["spearman"])]
        )
    return rows


def _changed(
    at: int, change: Change, shown: dict[str, str], *, labels: Sequence[str], has_genes: bool
) -> dict[str, Any]:
    words = [one.replace("_", " ") for one in (change.first, change.second)]
    return {
        "at": at,
        "cells": [shown[change.sample], *words, " + ".join(change.kinds)],
        "cell": f"{labels.index(change.first)}-{labels.index(change.second)}",
        "why": change.why,
        "genes": has_genes and any(crossing.quantity for crossing in change.crossings),
    }


def flow_layout(
    counts: NDArray[np.int64], labels: Sequence[str], colours: Sequence[str], *, names: tuple[str, str]
) -> dict[str, list[Any]]:
    """Bands, bars and texts of the flow on a picture of 600 × 280.

    Parameters
    ----------
    counts
        Shape (n_labels, n_labels), the first side in rows.
    labels, colours
        Of the rows and columns.
    names
        Names of the two sides.

    Returns
    -------
    dict
        bands (path, colour, width, opacity, words), bars (x, y, height, colour), texts (x, y, anchor, words).
    """
    words = [name.replace("_", " ") for name in labels]
    narrow = [name if len(name) <= 21 else f"{name[:20]}…" for name in words]
    totals = counts.sum(axis=1), counts.sum(axis=0)
    unit = (HEIGHT - GAP * len(labels)) / max(int(counts.sum()), 1)
    tops = [np.concatenate([[4.0], 4.0 + np.cumsum(side * unit + GAP * (side > 0))[:-1]]) for side in totals]
    left, right = tops[0].copy(), tops[1].copy()
    found: dict[str, list[Any]] = {"bands": [], "bars": [], "texts": []}
    middle = (LEFT + RIGHT) / 2
    for i, j in np.argwhere(counts > 0).tolist():
        thick = float(counts[i, j] * unit)
        a, b = (round(float(at) + thick / 2, 1) for at in (left[i], right[j]))
        left[i], right[j] = left[i] + thick, right[j] + thick
        path = f"M{LEFT} {a}C{middle} {a} {middle} {b} {RIGHT} {b}"
        text = f"{counts[i, j]}: {words[i]} | {words[j]}"
        found["bands"].append([path, colours[i], round(max(1.0, thick), 1), 0.3 if i == j else 0.85, text])
    for side, x, at, anchor in ((0, LEFT - 6, LEFT - 11, "end"), (1, RIGHT, RIGHT + 11, "start")):
        for k in np.flatnonzero(totals[side]).tolist():
            height, top = round(float(totals[side][k] * unit), 1), round(float(tops[side][k]), 1)
            found["bars"].append([x, top, height, colours[k]])
            found["texts"].append([at, round(top + height / 2 + 4, 1), anchor, f"{narrow[k]} {totals[side][k]}"])
        found["texts"].append([at, HEIGHT + 20, anchor, names[side]])
    return found


def gene_rows(frame: pd.DataFrame) -> list[list[str]]:
    """Rows of `carriers` as text."""
    return [
        [
            row["quantity"],
            row["gene"],
            *(plain(float(row[name])) for name in ("first", "second", "difference")),
            row["note"],
        ]
        for row in frame.to_dict("records")
    ]
