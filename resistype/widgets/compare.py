"""Compare: what changes when the method, the threshold, the scheme, a list, the reference or the cohort changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from resistype.cohort.agreement import Agreement, Labelling, Matrices, carriers, compare_calls
from resistype.errors import InputError
from resistype.report.figures_compare import compare_figure, write_figures
from resistype.scheme import Calls
from resistype.session import Session
from resistype.widgets._base import Answer, Widget, static_table
from resistype.widgets._compare_view import compare_spec, gene_rows, plain
from resistype.widgets._spec import Drawn
from resistype.widgets.export import write_page

__all__ = ["Compare"]


class Compare(Widget):
    """Two labelings of the same samples: counts, kappa, flow, shift of the numbers, and why each call changed.

    Parameters
    ----------
    first
        `Calls`, a `Session` (as its thresholds stand), a column of labels (Series or DataFrame, index: sample ids), a
        folder written by ``resistype classify``; or an `Agreement`, and then no second.
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
    >>> calls = [rt.classify(demo.expression, samples=demo.samples, baseline="Pre", options=rt.CallOptions(method=m))
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
                raise InputError("An Agreement holds 2 sides already; leave the second out.", code="V117")
        else:
            names = _two(names)
            first = compare_calls(_side(first, names[0]), _side(second, names[1]), names=names)
        self.agreement: Agreement = first
        self._matrices = matrices if matrices is None or isinstance(matrices, Matrices) else Matrices(matrices)
        self._title = title or f"{first.first.name} against {first.second.name}"
        super().__init__(axis=first.axes[0].axis)

    # -- what a user asks ------------------------------------------------------------------------------------------

    def to_csv(self, path: str | Path) -> Path:
        """Write the changed samples with their reasons, see `Agreement.to_csv`."""
        return self.agreement.to_csv(path)

    def figure(self, axis: str = "") -> Any:
        """The matplotlib figure of an axis, by default of the one shown, drawn in Python from the same numbers."""
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
        return write_page(path, Drawn(spec, [], np.empty(0, dtype=np.int64)), state=state, fallback=self.static_html())

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

    # -- between page and Python -----------------------------------------------------------------------------------

    def answers(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Questions of the page: the comparison, and the genes of one change."""
        return {"data": self._data, "genes": self._genes}

    def _data(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        has_genes = self._matrices is not None
        return {"spec": compare_spec(self.agreement, title=self._title, note=self._note(), has_genes=has_genes)}, []

    def _genes(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        if self._matrices is None:
            message = "No matrix was given: Compare(…, matrices=…) answers which genes carried a change."
            raise InputError(message, code="V122")
        at, changes = content.get("change"), self.agreement.changes
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < len(changes):
            raise InputError(f"Change {str(at)[:20]!r} of {len(changes)}; changes are counted from 0.", code="V118")
        found = carriers(self.agreement, changes[at], self._matrices)
        sides = [self.agreement.first.name, self.agreement.second.name]
        caption = f"{changes[at].sample}: how much the score falls without each gene, in SD of the score"
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
            message = f"Axis {str(proposal['value'])[:40]!r} is not compared; there are {', '.join(known)}."
            raise InputError(message, code="V119")
        return str(proposal["value"])


def _two(names: Any) -> tuple[str, str]:
    given = [str(one) for one in names] if isinstance(names, (tuple, list)) else []
    if len(given) != 2 or given[0] == given[1] or not all(given):
        message = f"names is {repr(names)[:60]}; two different names are needed, such as ('ssGSEA', 'UCell')."
        raise InputError(message, code="V117")
    return given[0], given[1]


def _side(source: Any, name: str) -> Any:
    """A session becomes the labelling of its thresholds as they stand; everything else goes on as it is."""
    if not isinstance(source, Session):
        return source
    index = pd.Index(source.data.samples)
    calls: Calls | None = source.data.calls
    labels = source.to_frame().set_axis(index)[[axis.id for axis in source.scheme.axes]].astype(object)
    reasons = {} if calls is None else dict(calls.verdicts.reasons)
    return Labelling(
        name=name,
        labels=labels,
        scheme=source.scheme,
        values=pd.DataFrame(dict(source.data.columns), index=index, dtype="float64")
        if calls is None
        else calls.quantities,
        reasons=pd.DataFrame(reasons, index=index),
        baseline=pd.Series(source.data.design["baseline_sample"].to_numpy(), index=index),
        run={} if calls is None else {**calls.run, "caveats": dict(calls.run_caveats)},
    )
