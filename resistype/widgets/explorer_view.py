"""What the Explorer stands on.

A session, with embeddings joined to its observations or a projection.

A table of coordinates is joined by the names of its rows, an array by position. Where no embedding
was given, the projection is that on the first two principal axes of the measured quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError, complain
from resistype.scheme import Calls
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import Axis, Scheme, natural
from resistype.session import Session, SessionData, axis_colors, call_names, category_colors
from resistype.session.data import coordinates
from resistype.widgets.base import PageData

NAME = "main axes of the quantities"


def session_of(source: Any, embeddings: Any) -> Session:
    """The session to show."""
    if isinstance(source, Session):
        if embeddings is not None:
            message = (
                f"A session has its embeddings, got {len(embeddings)} more: give them to "
                "Session(calls, embeddings=…)."
            )
            raise InputError(message, code="V124")
        material = source.data
        _check_any(material.samples)
    elif isinstance(source, (Calls, SessionData)):
        material = with_projection(source, embeddings)
    else:
        message = (
            f"Got {type(source).__name__}; wanted Calls of classify, a Session or a SessionData."
        )
        raise InputError(message, code="V117")
    return source if isinstance(source, Session) else Session(material)


def with_projection(source: Calls | SessionData, embeddings: Any) -> SessionData:
    """SessionData with at least one embedding."""
    samples = source.samples
    _check_any(samples)
    if embeddings is not None and not isinstance(embeddings, Mapping):
        message = (
            f"Embeddings: got {type(embeddings).__name__}; wanted a dictionary such as "
            "{'UMAP': coordinates}."
        )
        raise InputError(message, code="V124")
    points = coordinates(embeddings or {}, samples)
    _check_finite(points)
    if isinstance(source, SessionData):
        material = replace(source, embeddings={**source.embeddings, **points})
    else:
        material = SessionData.from_calls(source, points)
    return (
        material
        if material.embeddings
        else replace(material, embeddings={NAME: projection(material)})
    )


def _check_any(samples: Sequence[str]) -> None:
    if not len(samples):
        raise InputError(
            "There are 0 observations, nothing to show. Give calls of at least one.", code="V117"
        )


def _check_finite(points: Mapping[str, NDArray[np.float32]]) -> None:
    wrong = []
    for name, one in points.items():
        endless = int(np.isinf(one).sum())
        if endless or np.isnan(one).any(axis=1).all():
            has = f"{endless} infinite" if endless else "no finite"
            wrong.append(
                f"embedding {name!r} has {has} coordinates; give numbers, or NaN where there is no "
                "place"
            )
    complain(wrong, InputError, code="V124", subject="Embeddings")


def projection(material: SessionData) -> NDArray[np.float32]:
    """Coordinates (n_obs, 2) from the quantities that most observations have, scaled to SD 1.

    Missing values stand at the mean. The sign of an axis is fixed: its largest weight is positive.
    """
    columns = [
        v.astype(np.float64)
        for v in material.columns.values()
        if np.isnan(v).mean() < 0.5 and np.nanstd(v) > 0
    ]
    if len(columns) < 2:
        return np.zeros((material.n_obs, 2), dtype=np.float32)
    scaled = [np.nan_to_num((v - np.nanmean(v)) / np.nanstd(v)) for v in columns]
    matrix = np.column_stack(scaled)
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    first = vectors[:, [-1, -2]]
    first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
    points: NDArray[np.float32] = (matrix @ first).astype(np.float32)
    return points


def draw_rows(material: SessionData, most: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Rows to draw, sorted: all, or of each call of the first axis its share, by a fixed draw."""
    n_obs = material.n_obs
    if n_obs <= most:
        return np.arange(n_obs)
    rng = np.random.default_rng(seed)
    codes = material.final[material.scheme.axes[0].id]
    kept = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        kept.append(rng.choice(rows, size=max(1, int(len(rows) * most / n_obs)), replace=False))
    return np.sort(np.concatenate(kept))[:most]


# -- what the page is told -------------------------------------------------------------------------

MAX_CATEGORIES = 60


def build(
    data: SessionData,
    rows: NDArray[np.intp],
    *,
    title: str,
    note: str = "",
    has_genes: bool = False,
    names: bool = True,
) -> PageData:
    """Description and buffers of some rows."""
    used = _quantities(data)
    columns = _columns(data, names=names)
    spec = {
        "format": "resistype-explorer",
        "format_version": 1,
        "title": title,
        "note": note,
        "n_obs": data.n_obs,
        "n_drawn": len(rows),
        "has_genes": has_genes,
        "quantities": [_quantity(data, name) for name in used],
        "n_ruled": len(_ruled(data)),
        "axes": [_axis(data, axis, used) for axis in data.scheme.axes],
        "columns": [one.about() for one in columns],
        "embeddings": list(data.embeddings),
        "patient": _position(columns, "patient"),
        "timepoint": _position(columns, "timepoint"),
    }
    arrays: list[NDArray[Any]] = [
        *(points[rows].astype("<f4") for points in data.embeddings.values()),
        *(data.raw[axis.id][rows] for axis in data.scheme.axes),
        *(data.final[axis.id][rows] for axis in data.scheme.axes),
        *(one.codes[rows].astype("<u2") for one in columns),
        _baseline(data, rows).astype("<i4"),
    ]
    return PageData(
        spec,
        [np.ascontiguousarray(array).tobytes() for array in arrays],
        _groups(columns, data.n_obs),
        _sizes(spec),
    )


def _groups(columns: Sequence[_Coded], n_obs: int) -> NDArray[np.int64]:
    patient, time = _position(columns, "patient"), _position(columns, "timepoint")
    people = columns[patient].codes if patient >= 0 else np.zeros(n_obs, dtype=np.int64)
    return people if time < 0 else people * len(columns[time].names) + columns[time].codes


def _sizes(spec: Mapping[str, Any]) -> int:
    columns = [spec["columns"][at] for at in (spec["patient"], spec["timepoint"]) if at >= 0]
    return int(np.prod([len(one["names"]) for one in columns], dtype=np.int64))


def quantity_buffers(
    data: SessionData, rows: NDArray[np.intp], names: Sequence[str]
) -> list[bytes]:
    """Values of quantities in float32; the page asks for them after the first picture."""
    return [
        np.ascontiguousarray(data.columns[name][rows].astype("<f4")).tobytes() for name in names
    ]


def whole(data: SessionData, drawn: PageData, rows: NDArray[np.intp]) -> PageData:
    """With the values of all quantities, for a page that cannot ask."""
    names = [one["name"] for one in drawn.spec["quantities"]]
    return replace(drawn, buffers=[*drawn.buffers, *quantity_buffers(data, rows, names)])


def _ruled(data: SessionData) -> list[str]:
    asked = [
        c.subject
        for a in data.scheme.axes
        for r in a.rules
        for c in r.conditions
        if c.kind != "call"
    ]
    return list(dict.fromkeys(asked))


def _quantities(data: SessionData) -> list[str]:
    """Quantities that rules look at, then others that were measured."""
    others = [name for name, values in data.columns.items() if not np.isnan(values).all()]
    return list(dict.fromkeys([*_ruled(data), *others]))


def _quantity(data: SessionData, name: str) -> dict[str, str]:
    quantities = data.scheme.quantities
    signed = quantities[name]
    while not signed.signature and signed.of:
        signed = quantities[signed.of]
    coverage = pd.DataFrame() if data.calls is None else data.calls.coverage
    known = coverage.loc[signed.signature] if signed.signature in coverage.index else None
    return {
        "name": name,
        "title": quantities[name].title,
        "unit": quantities[name].unit,
        "signature": signed.signature,
        "coverage": "" if known is None else f"{known['found']}/{known['asked']}",
        "shared": "" if known is None else str(known["shared"]),
    }


def _axis(data: SessionData, axis: Axis, used: Sequence[str]) -> dict[str, Any]:
    names, colors, scheme = call_names(axis), axis_colors(axis), data.scheme
    cohort = [data.words(axis.id, name) for name in names]
    each = {kind: [axis.words(name, [kind]).word for name in names] for kind in data.kinds}
    return {
        "id": axis.id,
        "title": axis.title,
        "names": list(names),
        "texts": [
            one.text if name in axis.labels else "" for name, one in zip(names, cohort, strict=True)
        ],
        "words": [one.word for one in cohort],
        "by_kind": each,
        "colors": [colors[name] for name in names],
        "thresholds": [
            {
                "name": name,
                "value": float(np.float32(one.value)),
                "text": one.text,
                "source": f"{one.source}: {one.citation}" if one.citation else one.source,
            }
            for name, one in axis.thresholds.items()
        ],
        "rules": [
            {
                "code": names.index(rule.call),
                "when": [_condition(scheme, c, used) for c in rule.conditions],
            }
            for rule in axis.rules
        ],
        "otherwise": names.index(axis.otherwise_call),
    }


def _condition(scheme: Scheme, condition: Condition, used: Sequence[str]) -> dict[str, Any]:
    if condition.kind == "call":
        at = next(i for i, axis in enumerate(scheme.axes) if axis.id == condition.subject)
        names = call_names(scheme.axes[at])
        code = names.index(condition.target) if condition.target in names else 255
        return {"kind": "call", "axis": at, "code": code, "negated": condition.sign < 0}
    quantity = used.index(condition.subject)
    if condition.kind != "compare":
        return {"kind": condition.kind, "quantity": quantity}
    return {
        "kind": "compare",
        "quantity": quantity,
        "op": condition.op,
        "sign": condition.sign,
        "threshold": condition.target,
    }


@dataclass(frozen=True)
class _Coded:
    name: str
    names: tuple[str, ...]
    colors: tuple[str, ...]
    codes: NDArray[np.int64]

    def about(self) -> dict[str, Any]:
        counts = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return {
            "name": self.name,
            "names": list(self.names),
            "colors": list(self.colors),
            "counts": counts,
        }


def _columns(data: SessionData, *, names: bool) -> list[_Coded]:
    """Columns with few different values; never one that holds sample ids."""
    found = []
    for name in map(str, data.design.columns):
        column = data.design[name]
        if (
            name == "baseline_sample"
            or column.dtype.kind in "fc"
            or not (names or name in ("patient", "timepoint", "timepoint_kind"))
        ):
            continue
        first, found_values = pd.factorize(
            column, use_na_sentinel=False
        )  # words are made once a value, not once a row
        words = pd.Series(["" if pd.isna(one) else str(one) for one in found_values], dtype=object)
        again, values = pd.factorize(words)
        codes = np.asarray(again)[first]
        known = set(values) - {""}
        few = len(known) <= (65_000 if name == "patient" else MAX_CATEGORIES)
        if known and few and known.isdisjoint(data.samples):
            found.append(
                _coded(
                    name,
                    np.asarray(codes),
                    [str(v) for v in values],
                    hide=not names and name == "patient",
                )
            )
    return found


def _coded(name: str, codes: NDArray[Any], values: Sequence[str], *, hide: bool) -> _Coded:
    order = (
        sorted(range(len(values)), key=lambda i: natural(values[i]))
        if name != "timepoint"
        else range(len(values))
    )
    place = np.empty(len(values), dtype=np.int64)
    place[list(order)] = np.arange(len(values))
    names = [values[i] for i in order]
    if hide:
        first = int("" in names)  # no name sorts first
        names = [f"patient {number + 1 - first}" if one else "" for number, one in enumerate(names)]
    colors: Mapping[str, str] = category_colors(names)
    return _Coded(name, tuple(names), tuple(colors[one] for one in names), place[codes])


def _position(columns: Sequence[_Coded], name: str) -> int:
    return next((i for i, one in enumerate(columns) if one.name == name), -1)


def _baseline(data: SessionData, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """For each drawn row the drawn row of its baseline, −1 where there is none."""
    base = data.design["baseline_sample"].iloc[rows].astype(object).fillna("").tolist()
    if not any(base):
        return np.full(len(rows), -1)
    names = (
        data.samples if len(rows) == data.n_obs else [data.samples[row] for row in rows.tolist()]
    )
    place = dict(zip(names, range(len(rows)), strict=True))
    return np.fromiter(map(place.get, map(str, base), repeat(-1)), dtype=np.int64, count=len(rows))
