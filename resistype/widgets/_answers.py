"""What the Explorer answers to its page: the data, counts at given thresholds, genes, steps back and regions.

Every answer is worked out from what stands in the question. Counts come with the thresholds that they belong to, so
that the page never shows numbers of one state beside thresholds of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.expression import Expression
from resistype.library import load_library
from resistype.session import Session, call_names
from resistype.session.drivers import driver_genes
from resistype.widgets._base import Answer, read_bits
from resistype.widgets._spec import Drawn, build, quantity_buffers

__all__ = ["Answers", "thresholds_of"]

MAX_CELLS = 200_000  # numbers in the table of patients, time points and calls that is sent
MAX_CORNERS = 10_000

Thresholds = dict[str, dict[str, float]]


def thresholds_of(session: Session) -> Thresholds:
    """Thresholds of all axes as they stand, as the page compares them: in float32."""
    axes = session.scheme.axes
    return {axis.id: {n: float(np.float32(t.value)) for n, t in axis.thresholds.items()} for axis in axes}


@dataclass(eq=False)
class Answers:
    """Answers from a session.

    Parameters
    ----------
    session
        The session behind the page.
    rows
        Rows that are drawn.
    expression
        Matrix with the observations of the session in the same order, or None.
    title, note
        Words above the picture.
    """

    session: Session
    rows: NDArray[np.intp]
    expression: Expression | None = None
    title: str = ""
    note: str = ""
    _drawn: Drawn | None = field(default=None, init=False, repr=False)

    def table(self) -> dict[str, Callable[[dict[str, Any], list[bytes]], Answer]]:
        """Functions by the name of the question."""
        return {
            "data": self.data,
            "quantities": self.quantities,
            "count": self.count,
            "drivers": self.drivers,
            "gene": self.gene,
            "step": self.step,
        }

    def data(self, _content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Description and buffers of what is drawn."""
        found = self._build()
        return {"spec": found.spec}, found.buffers

    def quantities(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Values of the quantities that are named, of what is drawn."""
        names, known = content.get("names"), self.session.data.columns
        if not isinstance(names, list) or not all(isinstance(one, str) and one in known for one in names):
            raise InputError("Quantities are asked for by a list of their names.", code="V119")
        return {"names": names}, quantity_buffers(self.session.data, self.rows, names)

    def count(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Counts of every axis at the thresholds of the question, and of one axis per patient and time point."""
        given, axis = content.get("thresholds"), content.get("axis")
        if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
            raise InputError("Thresholds are given as {axis: {name: value}}.", code="V119")
        names = {one.id: call_names(one) for one in self.session.scheme_before.axes}
        codes = self.session.codes_at(given)
        counts = {one: np.bincount(codes[one], minlength=len(words)).tolist() for one, words in names.items()}
        parts = [] if axis not in names else [self._parts(codes[axis], len(names[axis]))]
        return {"thresholds": given, "axis": axis, "counts": counts}, parts

    def drivers(self, _content: dict[str, Any], buffers: list[bytes]) -> Answer:
        """Driver genes of the selection that comes with the question."""
        expression = self._matrix()
        mask = np.zeros(expression.n_obs, dtype=bool)
        mask[self.rows] = read_bits(buffers[0] if buffers else b"", len(self.rows))
        found = driver_genes(expression, mask, library=load_library())
        return {"genes": found.to_dict("records")}, []

    def gene(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """Values of a gene, log2, of what is drawn."""
        expression, asked = self._matrix(), content.get("gene")
        if not isinstance(asked, str) or not 0 < len(asked) <= 60:
            raise InputError("A gene is asked for by a name of 1 to 60 characters.", code="V114")
        column = expression.index.match([asked]).columns
        if column[0] < 0:
            raise InputError(f"No gene {asked!r} in the matrix, and no signature of that name.", code="V114")
        values = expression.log2(column)[self.rows, 0].astype("<f4")
        return {"gene": expression.genes[column[0]]}, [values.tobytes()]

    def step(self, content: dict[str, Any], _buffers: list[bytes]) -> Answer:
        """One step back or forth, or a region kept, selected or forgotten."""
        session, name = self.session, str(content.get("name", ""))
        acts: Mapping[Any, Callable[[], None]] = {
            "undo": session.undo,
            "redo": session.redo,
            "reset": session.reset_thresholds,
            "keep": lambda: session.add_region(name, str(content.get("embedding")), _corners(content.get("corners"))),
            "select": lambda: session.select_region(name),
            "remove": lambda: session.remove_region(name),
        }
        step = content.get("step")
        if not isinstance(step, str) or step not in acts:
            raise InputError(f"Unknown step {str(step)[:40]!r}.", code="V111")
        acts[step]()
        return {}, []

    def _build(self) -> Drawn:
        found = build(
            self.session.data,
            self.rows,
            title=self.title,
            note=self.note,
            has_genes=self.expression is not None,
        )
        self._drawn = found
        return found

    def _parts(self, codes: NDArray[np.uint8], n_calls: int) -> bytes:
        """How many observations of each patient at each time point have each call; nothing where that is too much."""
        found = self._drawn or self._build()
        if found.n_groups * n_calls > MAX_CELLS:
            return b""
        counts = np.bincount(found.groups * n_calls + codes, minlength=found.n_groups * n_calls)
        return counts.astype("<u4").tobytes()

    def _matrix(self) -> Expression:
        if self.expression is None:
            raise InputError("No matrix was given: Explorer(calls, expression=…) answers for genes.", code="V122")
        return self.expression


def _corners(given: Any) -> Sequence[tuple[float, float]]:
    numbers = (int, float)
    match given:
        case [*points] if len(points) <= MAX_CORNERS and all(
            isinstance(p, list) and len(p) == 2 and isinstance(p[0], numbers) and isinstance(p[1], numbers)
            for p in points
        ):
            return [(float(x), float(y)) for x, y in points]
    raise InputError(f"Corners are given as [[x, y], …], at most {MAX_CORNERS} of them.", code="V119")
