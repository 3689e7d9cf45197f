"""What a session looks at and never changes: quantities, calls, design.

Quantities are held as float32, because the browser compares in float32 and both must count the
same. The cast is safe: a value that lay below (or above) a threshold of the scheme lies on that
side afterwards too, so the calls at the scheme's own thresholds are those of `classify`.

What comes beside the observations (coordinates, a design, a mask) is brought into their order by
name where it has names; an array, or a table whose rows are only numbered, by position.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError, complain
from resistype.scheme import Calls, Scheme
from resistype.scheme.scheme import ABSTENTIONS, Axis, Quantity, natural
from resistype.session.reapply import comparisons, reapply_rules, safe_float32
from resistype.stats import wilson

Codes = NDArray[np.uint8]
DESIGN = ("patient", "timepoint", "baseline_sample")


def call_names(axis: Axis) -> tuple[str, ...]:
    """Calls that an axis may give; the position of a call is its code."""
    ruled = (*(rule.call for rule in axis.rules), axis.otherwise_call)
    return tuple(dict.fromkeys((*axis.labels, *ABSTENTIONS, *ruled)))


@dataclass(frozen=True, eq=False)
class SessionData:
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
        Codes of what the rules alone say at the scheme's thresholds, of shape (n_obs,) per axis.
    final
        Codes of the calls as `classify` gave them: differs from `raw` where it withheld a call.
    design
        Table with the columns patient, timepoint, baseline_sample and any others, one row per
        observation.
    embeddings
        Coordinates, float32 of shape (n_obs, 2), by name.
    calls
        The calls that the data came from, if any.
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

    @classmethod
    def from_calls(cls, calls: Calls, embeddings: Mapping[str, Any] | None = None) -> SessionData:
        """From the calls of `classify`."""
        scheme = calls.scheme
        columns = _columns(scheme, {name: one.values for name, one in calls.columns.items()})
        final = {axis.id: _coded(axis, calls.verdicts.calls[axis.id]) for axis in scheme.axes}
        raw = reapply_rules(scheme, columns, {axis.id: call_names(axis) for axis in scheme.axes})
        design = _design(calls.design, len(calls.samples))
        points = coordinates(embeddings or {}, calls.samples)
        return cls(scheme, calls.samples, columns, raw, final, design, points, calls)

    @classmethod
    def from_quantities(
        cls,
        scheme: Scheme,
        quantities: pd.DataFrame,
        *,
        design: pd.DataFrame | None = None,
        embeddings: Mapping[str, Any] | None = None,
    ) -> SessionData:
        """From quantities that were measured elsewhere, for example of a million cells.

        Parameters
        ----------
        scheme
            The scheme.
        quantities
            One row per observation, one column per quantity of the scheme; what is absent counts
            as not measured.
        design
            Patient, timepoint, baseline_sample and other columns, one row per observation; joined
            by the names of rows.
        embeddings
            Coordinates of shape (n_obs, 2), by name.

        Raises
        ------
        InputError
            S112 for a column that is no quantity of the scheme; E903 when lengths or names of rows
            differ.
        """
        known, n_obs = scheme.quantities, len(quantities)
        unknown = [
            f"{name!r} is no quantity of scheme {scheme.id!r}"
            for name in quantities
            if name not in known
        ]
        complain(unknown, InputError, code="S112", subject="Quantities")
        if design is not None and len(design) != n_obs:
            message = f"{len(design)} rows of design for {n_obs} rows of quantities; give one each."
            raise InputError(message, code="V121")
        missing = np.full(n_obs, np.nan)
        values = {
            name: quantities[name].to_numpy(dtype=np.float64) if name in quantities else missing
            for name in known
        }
        columns = _columns(scheme, values)
        raw = reapply_rules(scheme, columns, {axis.id: call_names(axis) for axis in scheme.axes})
        samples = tuple(str(name) for name in quantities.index)
        try:
            table = pd.DataFrame() if design is None else in_order(design, samples)
        except ValueError as error:
            raise InputError(f"The design: {error}.", code="V121") from error
        points = coordinates(embeddings or {}, samples)
        return cls(scheme, samples, columns, raw, dict(raw), _design(table, n_obs), points)

    def with_quantity(self, name: str, values: Any, *, title: str = "") -> SessionData:
        """With one more quantity to look at, such as the score of a draft.

        Parameters
        ----------
        name, title
            What it is called.
        values
            Shape (n_obs,); a Series is joined by the names of its rows.

        Raises
        ------
        InputError
            E903 for values that do not fit, or the name of a quantity of the scheme.
        """
        known = self.scheme.quantities
        try:
            column = np.asarray(align(values, self.samples), dtype=np.float32)
        except ValueError as error:
            raise InputError(f"{name[:60]!r}: {error}.", code="V121") from error
        if column.shape != (self.n_obs,) or (name in known and name not in self.added):
            message = (
                f"{name[:60]!r}: {column.size} values for {self.n_obs} observations, "
                "or a name the scheme uses."
            )
            raise InputError(message, code="V121")
        shown = Quantity(kind="measured", title=title or name, unit="score")
        scheme = self.scheme.model_copy(update={"quantities": {**known, name: shown}})
        columns = {**self.columns, name: column}
        return replace(self, scheme=scheme, columns=columns, added=self.added | {name})


def _columns(
    scheme: Scheme, values: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float32]]:
    limits: dict[str, list[float]] = {}
    for axis in scheme.axes:
        of = scheme.thresholds_of(axis.id)
        for condition in comparisons(axis):
            limit = condition.sign * of[condition.target]
            limits.setdefault(condition.subject, []).append(limit)
    return {name: safe_float32(values[name], limits.get(name, [])) for name in scheme.quantities}


def _coded(axis: Axis, calls: NDArray[np.object_]) -> Codes:
    codes = pd.Categorical(calls, categories=list(call_names(axis))).codes
    return np.asarray(codes).astype(np.uint8)


def _design(table: pd.DataFrame, n_obs: int) -> pd.DataFrame:
    design = table.reset_index(drop=True) if len(table) else pd.DataFrame(index=range(n_obs))
    for name in DESIGN:
        if name not in design:
            design[name] = ""
    return design


# -- brought into the order of the observations ----------------------------------------------------


def in_order(table: pd.DataFrame, samples: Sequence[str]) -> pd.DataFrame:
    """The rows of the observations, in their order; rows that are only numbered stay as they are.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "a"])
    >>> in_order(table, ["a", "b"])["x"].tolist()
    [2.0, 1.0]
    """
    if isinstance(table.index, pd.RangeIndex):
        return table
    rows = pd.Index([str(name) for name in table.index])
    wanted = pd.Index([str(name) for name in samples])
    absent = int((~wanted.isin(rows)).sum())
    if absent or rows.has_duplicates:
        lacks = f"{absent} observations are not among its rows"
        message = (
            f"{lacks if absent else 'a name of its rows occurs twice'}; its rows need the names of "
            "the observations, or give them in their order without names"
        )
        raise ValueError(message)
    return table.iloc[rows.get_indexer(wanted)]


def align(values: Any, samples: Sequence[str]) -> Any:
    """Values in the order of the observations: a Series by the names of its rows, else as given."""
    if not isinstance(values, pd.Series):
        return values
    return in_order(values.to_frame(), samples).iloc[:, 0]


def coordinates(given: Mapping[str, Any], samples: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Coordinates by name, float32 of shape (n_obs, 2), in the order of the observations.

    NaN stands where there is no place.
    """
    found, wrong = {}, []
    for name, one in given.items():
        try:
            ordered = in_order(one, samples) if isinstance(one, pd.DataFrame) else one
        except ValueError as error:
            wrong.append(f"embedding {name!r}: {error}")
            continue
        try:
            points = np.asarray(ordered, dtype=np.float32)
        except (TypeError, ValueError) as error:
            text = f"cannot be read as numbers: {str(error)[:200]}; give numbers"
            wrong.append(f"embedding {name!r} {text}")
            continue
        if points.ndim != 2 or points.shape[0] != len(samples) or points.shape[1] < 2:
            text = f"has shape {points.shape}; ({len(samples)}, 2) is needed"
            wrong.append(f"embedding {name!r} {text}")
        else:
            found[str(name)] = np.ascontiguousarray(points[:, :2])
    complain(wrong, InputError, code="V124", subject="Embeddings")
    return found


# -- tables ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proportion:
    """Observations of a patient at a time point with a call: n of total, with Wilson's 95 %."""

    patient: str
    timepoint: str
    call: str
    n: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class Flow:
    """Patients whose call went from one to another between baseline and a later time point."""

    timepoint: str
    before: str
    after: str
    patients: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many."""
        return len(self.patients)


def composition(design: pd.DataFrame, codes: Codes, names: Sequence[str]) -> tuple[Proportion, ...]:
    """Calls in each patient and time point; observations without a patient are left out."""
    patient, people = _factors(design["patient"])
    time, times = _factors(design["timepoint"])
    known = patient >= 0
    if not known.any():
        return ()
    cell = (patient[known] * (len(times) + 1) + time[known] + 1) * len(names) + codes[known]
    size = len(people) * (len(times) + 1) * len(names)
    table = np.bincount(cell, minlength=size).reshape(-1, len(names))
    total = table.sum(axis=1)
    low, high = wilson(table.ravel(), np.repeat(total, len(names)))
    shares = []
    for at in np.flatnonzero(table.ravel()).tolist():
        group, call = divmod(at, len(names))
        who, when = divmod(group, len(times) + 1)
        word, limits = times[when - 1] if when else "", (float(low[at]), float(high[at]))
        counts = int(table[group, call]), int(total[group])
        shares.append(Proportion(people[who], word, names[call], *counts, *limits))
    return tuple(sorted(shares, key=lambda one: natural(one.patient)))


def _factors(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Codes in the order of appearance and the words; -1 where there is none."""
    words = column.astype(object).where(column.notna() & (column.astype(str) != ""), None)
    codes, found = pd.factorize(words)
    return np.asarray(codes, dtype=np.intp), [str(one) for one in found]


def flows(
    design: pd.DataFrame, samples: Sequence[str], *, codes: Codes, names: Sequence[str]
) -> tuple[Flow, ...]:
    """From each patient's call at baseline to the call of the later sample."""
    base = design["baseline_sample"].astype(str).tolist()
    if not any(base):
        return ()
    row_of = {name: row for row, name in enumerate(samples)}
    patients = design["patient"].astype(str).tolist()
    times = design["timepoint"].astype(str).tolist()
    found: dict[tuple[str, int, int], list[str]] = {}
    for row, baseline in enumerate(base):
        if baseline in row_of and row_of[baseline] != row:
            key = (times[row], int(codes[row_of[baseline]]), int(codes[row]))
            found.setdefault(key, []).append(patients[row])
    return tuple(
        Flow(time, names[before], names[after], tuple(sorted(people, key=natural)))
        for (time, before, after), people in sorted(found.items())
    )
