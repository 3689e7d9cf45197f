"""Compare.

What changes when the method, the threshold, the scheme, a list, the reference or the cohort
changes.

Names of samples stand only in the answer to the page's own request, and in an exported file only
where they are asked for. The shape that the page is told is declared in widgets/src/compare/spec.ts
as well; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import traitlets
from numpy.typing import NDArray

from resistype.agreement import (
    Agreement,
    AxisAgreement,
    CallSet,
    Change,
    Matrices,
    carriers,
    compare_calls,
)
from resistype.errors import InputError
from resistype.report.figures_evidence import compare_figure, label_colours, write_figures
from resistype.scheme import Calls
from resistype.session import Session
from resistype.widgets.base import Answer, PageData, Widget, static_table
from resistype.widgets.export import write_page


class Compare(Widget):
    """Two labelings of the same samples.

    Counts, kappa, flow, shift of the numbers, and why each call changed.

    Parameters
    ----------
    first
        `Calls`, a `Session` (as its thresholds stand), a column of labels (Series or DataFrame,
        index: sample ids), a folder written by ``resistype classify``; or an `Agreement`, and then
        no second.
    second
        The other side.
    names
        Names of the two sides.
    matrices
        The matrix behind both sides, or `Matrices`: it answers which genes carried a change.
    title
        Words above.

    Raises
    ------
    SamplesError
        What `compare_calls` says of sides that cannot be compared.
    InputError
        V117 for names that are not two, or a second side beside an `Agreement`.

    Attributes
    ----------
    agreement
        The comparison in numbers: `summary`, `changed`, `numbers`, `shift`.
    axis
        The axis shown; follows the page and can be set.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.widgets import Compare
    >>> demo = rt.datasets.demo()
    >>> made = {"samples": demo.samples, "baseline": "Pre"}
    >>> calls = [rt.classify(demo.expression, options=rt.CallOptions(method=m), **made)
    ...          for m in ("ssgsea", "singscore")]
    >>> view = Compare(*calls, names=("ssGSEA", "singscore"), matrices=demo.expression)
    >>> view.axis
    'ifng'
    """

    _kind = traitlets.Unicode("compare").tag(sync=True)
    axis = traitlets.Unicode().tag(sync=True)
    _live = traitlets.Bool(default_value=True).tag(sync=True)

    def __init__(
        self,
        first: Any,
        second: Any = None,
        *,
        names: tuple[str, str] = ("first", "second"),
        matrices: Any = None,
        title: str = "",
    ) -> None:
        if isinstance(first, Agreement):
            if second is not None:
                raise InputError(
                    "An Agreement holds 2 sides already; leave the second out.", code="V117"
                )
        else:
            names = _two(names)
            first = compare_calls(_side(first, names[0]), _side(second, names[1]), names=names)
        self.agreement: Agreement = first
        self._matrices = (
            matrices if matrices is None or isinstance(matrices, Matrices) else Matrices(matrices)
        )
        self._title = title or f"{first.first.name} against {first.second.name}"
        super().__init__(axis=first.axes[0].axis)

    # -- what a user asks --------------------------------------------------------------------------

    def to_csv(self, path: str | Path) -> Path:
        """Write the changed samples with their reasons, see `Agreement.to_csv`."""
        return self.agreement.to_csv(path)

    def figure(self, axis: str = "") -> Any:
        """The matplotlib figure of an axis, by default of the one shown, from the same numbers."""
        return compare_figure(self.agreement, axis or self.axis)

    def to_png(self, folder: str | Path) -> list[Path]:
        """Write the figure of every axis into a folder."""
        return write_figures(self.agreement, folder)

    def to_html(self, path: str | Path, *, names: bool = False) -> Path:
        """Write the view to one file that needs no network and no Python.

        Parameters
        ----------
        path
            The file; it appears whole or not at all.
        names
            Whether samples keep their names; else they are numbered.
        """
        spec = compare_spec(self.agreement, title=self._title, note=self._note(), names=names)
        state = {"_kind": self._kind, "axis": self.axis, "_live": False}
        return write_page(
            path,
            PageData(spec),
            state=state,
            fallback=self.static_html(),
        )

    def static_html(self) -> str:
        """The kappas as a table, escaped; no names of samples."""
        rows = [
            (
                one.title,
                one.kappa.n,
                one.kappa.same,
                f"{plain(one.kappa.value)} ({plain(one.kappa.low)} to {plain(one.kappa.high)})",
                f"{plain(one.kappa_called.value)} (n = {one.kappa_called.n})",
            )
            for one in self.agreement.axes
        ]
        head = ("axis", "n", "same", "kappa (95 %)", "kappa of samples that both call")
        return static_table(f"{self._title}. Research use only.", head, rows)

    # -- between page and Python -------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: the comparison, and the genes of one change."""
        return {"data": self._data, "genes": self._genes}

    def _data(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        has_genes = self._matrices is not None
        return {
            "spec": compare_spec(
                self.agreement, title=self._title, note=self._note(), has_genes=has_genes
            )
        }, []

    def _genes(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        if self._matrices is None:
            message = (
                "No matrix was given: Compare(…, matrices=…) answers which genes carried a change."
            )
            raise InputError(message, code="V122")
        at, changes = content.get("change"), self.agreement.changes
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < len(changes):
            raise InputError(
                f"Change {str(at)[:20]!r} of {len(changes)}; changes are counted from 0.",
                code="V118",
            )
        found = carriers(self.agreement, changes[at], self._matrices)
        sides = [self.agreement.first.name, self.agreement.second.name]
        caption = (
            f"{changes[at].sample}: how much the score falls without each gene, in SD of the score"
        )
        head = ["score", "gene", *sides, "difference", "note"]
        return {"caption": caption[:300], "head": head, "rows": gene_rows(found)}, []

    def _note(self) -> str:
        sides = (self.agreement.first, self.agreement.second)
        simulated = any("SIMULATED" in side.run.get("caveats", {}) for side in sides)
        return "Simulated data. They show the machinery, not biology." if simulated else ""

    @traitlets.validate("axis")  # type: ignore[misc, unused-ignore]
    def _check_axis(self, proposal: Any) -> str:
        known = [one.axis for one in self.agreement.axes]
        if proposal["value"] not in known:
            message = (
                f"Axis {str(proposal['value'])[:40]!r} is not compared; there are "
                f"{', '.join(known)}."
            )
            raise InputError(message, code="V119")
        return str(proposal["value"])


def _two(names: Any) -> tuple[str, str]:
    given = [str(one) for one in names] if isinstance(names, (tuple, list)) else []
    if len(given) != 2 or given[0] == given[1] or not all(given):
        message = (
            f"names is {repr(names)[:60]}; two different names are needed, such as ('ssGSEA', "
            "'UCell')."
        )
        raise InputError(message, code="V117")
    return given[0], given[1]


def _side(source: Any, name: str) -> Any:
    """A session becomes the labelling of its thresholds as they stand.

    Everything else goes on as it is.
    """
    if not isinstance(source, Session):
        return source
    index = pd.Index(source.data.samples)
    calls: Calls | None = source.data.calls
    labels = (
        source.to_frame().set_axis(index)[[axis.id for axis in source.scheme.axes]].astype(object)
    )
    reasons = {} if calls is None else dict(calls.verdicts.reasons)
    return CallSet(
        name=name,
        labels=labels,
        scheme=source.scheme,
        values=(
            pd.DataFrame(dict(source.data.columns), index=index, dtype="float64")
            if calls is None
            else calls.quantities
        ),
        reasons=pd.DataFrame(reasons, index=index),
        baseline=pd.Series(source.data.design["baseline_sample"].to_numpy(), index=index),
        run={} if calls is None else {**calls.run, "caveats": dict(calls.run_caveats)},
    )


MAX_CHANGES = 2_000
MAX_NAMES = 40
HEIGHT, GAP, LEFT, RIGHT = 250, 9, 170, 430


def plain(value: float) -> str:
    """A number with three digits, a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.3g}".replace("-", "−")


def compare_spec(
    agreement: Agreement, *, title: str, note: str = "", has_genes: bool = False, names: bool = True
) -> dict[str, Any]:
    """Description of a comparison."""
    sides = [agreement.first.name, agreement.second.name]
    rows, columns = (name[:40] for name in sides)
    shown = {
        sample: sample if names else f"sample {k + 1}" for k, sample in enumerate(agreement.samples)
    }
    return {
        "format": "resistype-compare",
        "format_version": 1,
        "title": title,
        "note": note,
        "names": sides,
        "lines": _lines(agreement, names=names),
        "differences": agreement.differences.astype(str).to_numpy().tolist(),
        "heads": {
            "matrix": f"Samples by label: {rows} in rows, {columns} in columns. A count shows who.",
            "shift": ["number (unit)", "n", *sides, "shift (quartiles)", "rank r"],
            "changes": ["sample", *sides, "kind", "why: first | second", "genes"],
            "differences": ["what", *sides],
        },
        "axes": [_axis(agreement, one, shown, has_genes=has_genes) for one in agreement.axes],
    }


def _lines(agreement: Agreement, *, names: bool) -> list[str]:
    lines = [f"{len(agreement.samples)} samples in both sides"]
    for side, only in (
        (agreement.first, agreement.only_first),
        (agreement.second, agreement.only_second),
    ):
        who = (
            f": {', '.join(only[:MAX_NAMES])}{' …' if len(only) > MAX_NAMES else ''}"
            if only and names
            else ""
        )
        lines.append(f"{len(only)} only in {side.name}{who}")
    return [
        "; ".join(lines),
        *(f"Not compared, {axis}: {why}." for axis, why in agreement.refused.items()),
    ]


def _axis(
    agreement: Agreement, one: AxisAgreement, shown: dict[str, str], *, has_genes: bool
) -> dict[str, Any]:
    labels = [str(name) for name in one.table.index]
    counts = one.table.to_numpy()
    colours = label_colours(agreement, one.axis)
    changes = [
        (at, change) for at, change in enumerate(agreement.changes) if change.axis == one.axis
    ]
    percent = "({:.0%}, {:.0%} to {:.0%})".format(*one.proportion)
    return {
        "id": one.axis,
        "title": one.title,
        "labels": labels,
        "counts": counts.tolist(),
        "lines": [
            f"All labels, abstentions as labels of their own: {one.kappa.words}.",
            f"The same label for {one.kappa.same} of {one.kappa.n} {percent}.",
            f"Only samples that both sides call: {one.kappa_called.words}.",
        ],
        **flow_layout(
            counts,
            labels,
            [colours[n] for n in labels],
            names=(agreement.first.name, agreement.second.name),
        ),
        "shift": _shift(one.shift),
        "changes": [
            _changed(at, change, shown, labels=labels, has_genes=has_genes)
            for at, change in changes[:MAX_CHANGES]
        ],
        "n_changes": len(changes),
    }


def _shift(shift: pd.DataFrame) -> list[list[str | int]]:
    rows: list[list[str | int]] = []
    for row in shift.to_dict("records"):
        moved = f"{plain(row['shift'])} ({plain(row['shift_low'])} to {plain(row['shift_high'])})"
        medians = [plain(row["median_first"]), plain(row["median_second"])]
        rows.append(
            [
                f"{row['title']} ({row['unit']})",
                row["n"],
                *medians,
                row["note"] or moved,
                plain(row["spearman"]),
            ]
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
        "why": change.reason,
        "genes": has_genes and any(crossing.quantity for crossing in change.crossings),
    }


def flow_layout(
    counts: NDArray[np.int64],
    labels: Sequence[str],
    colours: Sequence[str],
    *,
    names: tuple[str, str],
) -> dict[str, list[Any]]:
    """Bands, bars and texts of the flow on a picture of 600 × 280."""
    words = [name.replace("_", " ") for name in labels]
    narrow = [name if len(name) <= 21 else f"{name[:20]}…" for name in words]
    totals = counts.sum(axis=1), counts.sum(axis=0)
    unit = (HEIGHT - GAP * len(labels)) / max(int(counts.sum()), 1)
    tops = [
        np.concatenate([[4.0], 4.0 + np.cumsum(side * unit + GAP * (side > 0))[:-1]])
        for side in totals
    ]
    left, right = tops[0].copy(), tops[1].copy()
    found: dict[str, list[Any]] = {"bands": [], "bars": [], "texts": []}
    middle = (LEFT + RIGHT) / 2
    for i, j in np.argwhere(counts > 0).tolist():
        thick = float(counts[i, j] * unit)
        a, b = (round(float(at) + thick / 2, 1) for at in (left[i], right[j]))
        left[i], right[j] = left[i] + thick, right[j] + thick
        path = f"M{LEFT} {a}C{middle} {a} {middle} {b} {RIGHT} {b}"
        text = f"{counts[i, j]}: {words[i]} | {words[j]}"
        found["bands"].append(
            [path, colours[i], round(max(1.0, thick), 1), 0.3 if i == j else 0.85, text]
        )
    for side, x, at, anchor in ((0, LEFT - 6, LEFT - 11, "end"), (1, RIGHT, RIGHT + 11, "start")):
        for k in np.flatnonzero(totals[side]).tolist():
            height, top = round(float(totals[side][k] * unit), 1), round(float(tops[side][k]), 1)
            found["bars"].append([x, top, height, colours[k]])
            found["texts"].append(
                [at, round(top + height / 2 + 4, 1), anchor, f"{narrow[k]} {totals[side][k]}"]
            )
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
