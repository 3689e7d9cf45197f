"""Cell schemes: TOML files with the signatures, states, thresholds, rules and caveats of a cell system.

The scheme model of biopsies measures one matrix row by row. Here what is measured belongs to samples and patients made
of cells (shares, balances, clones) and code measures it; the file holds everything that can be argued about: which
signatures, which states count as what, every threshold with its source, the rules in the same language, the caveats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resistype.cohort.cells.caveats import CAVEAT_TEXTS
from resistype.errors import SchemeError, complain
from resistype.resources import signatures_dir
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import ABSTENTIONS, Axis, CaveatRule, Input, Threshold
from resistype.strict import RefusedError, read_toml

__all__ = ["CellScheme", "Measure", "list_cell_schemes", "load_cell_scheme"]

MAX_BYTES = 1_000_000


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Model):
    """A number that is measured for every sample or patient."""

    title: str
    unit: str


class CellScheme(_Model):
    """A scheme for cells, samples and patients: data only.

    Attributes
    ----------
    signatures
        What is scored in cells: a name, and the ids to use; the first that is in the library is used.
    states
        Which names of states count as what.
    quantities
        Numbers that rules may look at.
    axes, patient_axes
        What is called for samples, and for patients.
    never
        Words that no output of this scheme may hold.
    """

    format: Literal["resistype-cell-scheme"]
    format_version: Literal[1]
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    version: str
    title: str
    context: str
    summary: str
    citation: str
    doi: str = ""
    claim: str
    method: str = "ucell"
    signatures: dict[str, tuple[str, ...]] = {}
    states: dict[str, tuple[str, ...]] = {}
    inputs: dict[str, Input] = {}
    quantities: dict[str, Measure]
    thresholds: dict[str, Threshold] = {}
    axes: tuple[Axis, ...] = ()
    patient_axes: tuple[Axis, ...] = ()
    caveats: tuple[CaveatRule, ...] = ()
    never: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    def cut(self, name: str) -> float:
        """Value of a threshold of the scheme."""
        return self.thresholds[name].value

    def cuts_of(self, axis: Axis) -> dict[str, float]:
        """Values of the thresholds that rules of an axis may name."""
        return {name: t.value for name, t in (self.thresholds | axis.thresholds).items()}

    def threshold_rows(self) -> list[dict[str, Any]]:
        """Every threshold with its source, for the record of a run."""
        found = [("", name, one) for name, one in self.thresholds.items()]
        for axis in (*self.axes, *self.patient_axes):
            found += [(axis.id, name, one) for name, one in axis.thresholds.items()]
        return [{"axis": axis, "name": name, **one.model_dump()} for axis, name, one in found]


def list_cell_schemes() -> dict[str, Path]:
    """Shipped cell schemes: name and file.

    Examples
    --------
    >>> sorted(list_cell_schemes())
    ['cart_product', 'dli_response', 'tex_psr']
    """
    return {path.stem: path for path in sorted((signatures_dir() / "schemes" / "cells").glob("*.toml"))}


def load_cell_scheme(scheme: str | Path | CellScheme) -> CellScheme:
    """Load a cell scheme by its shipped name or from a TOML file.

    Raises
    ------
    SchemeError
        S101 for an unknown name, S102 for a file that cannot be read, S103 with every complaint about its content.

    Examples
    --------
    >>> load_cell_scheme("cart_product").cut("min_cells")
    50.0
    """
    if isinstance(scheme, CellScheme):
        return scheme
    shipped = list_cell_schemes()
    path = shipped.get(str(scheme), Path(scheme))
    if path.suffix != ".toml" or not path.is_file():
        message = f"There is no cell scheme {str(scheme)!r}. Shipped: {', '.join(shipped)}. Or give a .toml file."
        raise SchemeError(message, code="S101")
    if path.stat().st_size > MAX_BYTES:
        raise SchemeError(f"Scheme {path.name} is larger than {MAX_BYTES:,} bytes.", code="S102")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemeError(f"Scheme {path.name} cannot be read: {error}", code="S102") from None
    return _parsed(text, f"Scheme {path.name}")


@lru_cache(maxsize=16)
def _parsed(text: str, subject: str) -> CellScheme:
    try:
        scheme = CellScheme.model_validate(read_toml(text, finite=True))
    except RefusedError as error:
        raise SchemeError(f"{subject} is not valid TOML: {error}", code="S102") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors()]
        complain(lines, SchemeError, code="S103", subject=subject)
        raise
    complain(list(_wiring(scheme)), SchemeError, code="S103", subject=subject)
    return scheme


def _wiring(scheme: CellScheme) -> Iterator[str]:
    """What fits the model but cannot work."""
    for axes in (scheme.axes, scheme.patient_axes):
        earlier: list[str] = []
        for axis in axes:
            yield from _axis(scheme, axis, earlier)
            earlier.append(axis.id)
    both = {axis.id: axis for axis in (*scheme.axes, *scheme.patient_axes)}
    for rule in scheme.caveats:
        if rule.code not in CAVEAT_TEXTS:
            yield f"caveat {rule.code!r} has no text; known: {', '.join(CAVEAT_TEXTS)}"
        for condition in rule.conditions:
            yield from _condition(
                condition, scheme.quantities, list(both), set(scheme.thresholds), f"caveat {rule.code}"
            )


def _axis(scheme: CellScheme, axis: Axis, earlier: list[str]) -> Iterator[str]:
    where = f"axis {axis.id}"
    known = set(axis.labels) | set(ABSTENTIONS)
    for rule in axis.rules:
        if rule.call not in known:
            yield f"{where}: the call {rule.call!r} is no label; labels: {', '.join(axis.labels)}"
        if rule.detail and rule.detail not in scheme.quantities:
            yield f"{where}: detail {rule.detail!r} is no quantity"
        for condition in rule.conditions:
            cuts = set(scheme.thresholds) | set(axis.thresholds)
            yield from _condition(condition, scheme.quantities, earlier, cuts, where)
    for name in axis.evidence:
        if name not in scheme.quantities:
            yield f"{where}: evidence {name!r} is no quantity"
    reached = {rule.call for rule in axis.rules} | {axis.otherwise_call}
    yield from (f"{where}: no rule gives the label {name!r}" for name in axis.labels if name not in reached)


def _condition(
    condition: Condition, quantities: Mapping[str, Measure], axes: list[str], cuts: set[str], where: str
) -> Iterator[str]:
    if condition.kind == "call":
        if condition.subject not in axes:
            yield f"{where}: {condition.text!r} looks at {condition.subject!r}, which is no earlier axis"
        return
    if condition.subject not in quantities:
        yield f"{where}: {condition.text!r} looks at {condition.subject!r}, which is no quantity"
    if condition.kind == "compare" and condition.target not in cuts:
        yield f"{where}: {condition.text!r} names {condition.target!r}, which is no threshold"
