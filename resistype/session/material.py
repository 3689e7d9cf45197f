"""Material: what a session looks at and never changes. Measured quantities, the calls they came with, the design.

Quantities are held as float32, because the browser compares in float32 and both must count the same. The cast is safe:
a value that lay below (or above) a threshold of the scheme lies on that side afterwards too, so the calls at the
scheme's own thresholds are those of `classify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError, complain
from resistype.scheme import Calls, Scheme
from resistype.scheme.scheme import ABSTENTIONS, Axis, Quantity
from resistype.session.joined import coordinates, in_order
from resistype.session.recall import recall, safe_float32

__all__ = ["Material", "call_names", "from_calls", "from_quantities", "with_quantity"]

Codes = NDArray[np.uint8]
DESIGN = ("patient", "timepoint", "baseline_sample")


def call_names(axis: Axis) -> tuple[str, ...]:
    """Calls that an axis may give; the position of a call is its code."""
    said = (*(rule.call for rule in axis.rules), axis.otherwise_call)
    return tuple(dict.fromkeys((*axis.labels, *ABSTENTIONS, *said)))


@dataclass(frozen=True, eq=False)
class Material:
    """What a session looks at.

    Attributes
    ----------
    scheme
        The scheme with its own thresholds.
    samples
        Ids, n_obs of them; cells where the observations are cells.
    columns
        Quantities, float32 of shape (n_obs,), NaN where not measured.
    raw
        Codes of what the rules alone say at the scheme's thresholds, for each axis of shape (n_obs,).
    final
        Codes of the calls as `classify` gave them: where it took a call back, this differs from `raw`.
    design
        Table with the columns patient, timepoint, baseline_sample and any others, one row an observation.
    embeddings
        Coordinates, float32 of shape (n_obs, 2), by name.
    calls
        The calls that the material came from, if any.
    added
        Quantities that a user added to look at; no rule uses them and `digest` leaves them out.
    """

    scheme: Scheme
    samples: tuple[str, ...]
    columns: Mapping[str, NDArray[np.float32]] = field(repr=False)
    raw: Mapping[str, Codes] = field(repr=False)
    final: Mapping[str, Codes] = field(repr=False)
    design: pd.DataFrame = field(repr=False)
    embeddings: Mapping[str, NDArray[np.float32]] = field(repr=False, default_factory=dict)
    calls: Calls | None = field(repr=False, default=None)
    added: frozenset[str] = frozenset()

    @property
    def n_obs(self) -> int:
        """Number of observations."""
        return len(self.samples)

    def digest(self) -> str:
        """SHA-256 of the quantities, the calls and the ids: which data a script was recorded on."""
        found = hashlib.sha256("\x1f".join(self.samples).encode())
        for part in (self.columns, self.final):
            for name in sorted(set(part) - self.added):
                found.update(name.encode())
                found.update(np.ascontiguousarray(part[name]).tobytes())
        return found.hexdigest()


def from_calls(calls: Calls, embeddings: Mapping[str, Any] | None = None) -> Material:
    """Material from the calls of `classify`."""
    columns = _columns(calls.scheme, {name: column.values for name, column in calls.columns.items()})
    final = {axis.id: _coded(axis, calls.verdicts.calls[axis.id]) for axis in calls.scheme.axes}
    design = _design(calls.design, len(calls.samples))
    points = coordinates(embeddings or {}, calls.samples)
    raw = recall(calls.scheme, columns, {axis.id: call_names(axis) for axis in calls.scheme.axes})
    return Material(calls.scheme, calls.samples, columns, raw, final, design, points, calls)


def from_quantities(
    scheme: Scheme,
    quantities: pd.DataFrame,
    *,
    design: pd.DataFrame | None = None,
    embeddings: Mapping[str, Any] | None = None,
) -> Material:
    """Material from quantities that were measured elsewhere, for example of a million cells.

    Parameters
    ----------
    scheme
        The scheme.
    quantities
        One row an observation, one column a quantity of the scheme; what is absent counts as not measured.
    design
        Patient, timepoint, baseline_sample and other columns, one row an observation; joined by the names of rows.
    embeddings
        Coordinates of shape (n_obs, 2), by name.

    Raises
    ------
    InputError
        S112 for a column that is no quantity of the scheme; V121 when lengths or names of rows differ.
    """
    unknown = [
        f"{name!r} is no quantity of scheme {scheme.id!r}" for name in quantities if name not in scheme.quantities
    ]
    complain(unknown, InputError, code="S112", subject="Quantities")
    n_obs = len(quantities)
    if design is not None and len(design) != n_obs:
        raise InputError(f"{len(design)} rows of design for {n_obs} rows of quantities; give one each.", code="V121")
    missing = np.full(n_obs, np.nan)
    found = {
        name: quantities[name].to_numpy(dtype=np.float64) if name in quantities else missing
        for name in scheme.quantities
    }
    columns = _columns(scheme, found)
    raw = recall(scheme, columns, {axis.id: call_names(axis) for axis in scheme.axes})
    samples = tuple(str(name) for name in quantities.index)
    table = _design(pd.DataFrame(index=range(n_obs)) if design is None else _of_samples(design, samples), n_obs)
    return Material(scheme, samples, columns, raw, dict(raw), table, coordinates(embeddings or {}, samples))


def with_quantity(material: Material, name: str, values: Any, *, title: str = "") -> Material:
    """The material with one more quantity to look at, such as the score of a draft; `values` has shape (n_obs,).

    Raises
    ------
    InputError
        V121 for another number of values, or the name of a quantity of the scheme.
    """
    column, known = np.asarray(values, dtype=np.float32), material.scheme.quantities
    if column.shape != (material.n_obs,) or (name in known and name not in material.added):
        message = f"{name[:60]!r}: {column.size} values for {material.n_obs} observations, or a name the scheme uses."
        raise InputError(message, code="V121")
    shown = Quantity(kind="measured", title=title or name, unit="score")
    scheme = material.scheme.model_copy(update={"quantities": {**known, name: shown}})
    return replace(material, scheme=scheme, columns={**material.columns, name: column}, added=material.added | {name})


def _columns(scheme: Scheme, values: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float32]]:
    limits: dict[str, list[float]] = {}
    for axis in scheme.axes:
        of = scheme.thresholds_of(axis.id)
        for condition in (c for rule in axis.rules for c in rule.conditions if c.kind == "compare"):
            limits.setdefault(condition.subject, []).append(condition.sign * of[condition.target])
    return {name: safe_float32(values[name], limits.get(name, [])) for name in scheme.quantities}


def _coded(axis: Axis, calls: NDArray[np.object_]) -> Codes:
    names = call_names(axis)
    found = pd.Categorical(calls, categories=list(names)).codes
    return np.asarray(found).astype(np.uint8)


def _of_samples(design: pd.DataFrame, samples: tuple[str, ...]) -> pd.DataFrame:
    try:
        return in_order(design, samples)
    except ValueError as error:
        raise InputError(f"The design: {error}.", code="V121") from error


def _design(table: pd.DataFrame, n_obs: int) -> pd.DataFrame:
    design = table.copy().reset_index(drop=True) if len(table) else pd.DataFrame(index=range(n_obs))
    for name in DESIGN:
        if name not in design:
            design[name] = ""
    return design
