"""What the page is told: the scheme with its rules as numbers, names with their colours, and the numbers as buffers.

Sample ids are never sent. Names of patients go only in the answer to the page's own request, which no notebook saves.
The same shape is declared in widgets/src/spec.ts; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.palette import natural
from resistype.scheme.rules import Condition
from resistype.scheme.scheme import Axis, Scheme
from resistype.session import SessionData, axis_colors, call_names, category_colors

__all__ = ["Drawn", "build", "draw_rows", "quantity_buffers", "whole"]

MAX_CATEGORIES = 60


@dataclass(frozen=True)
class Drawn:
    """What goes to the page: the description, and buffers in the order in which the page reads them.

    `groups` has the patient and time point of every observation, drawn or not, as one number: patient × times + time.
    """

    spec: dict[str, Any]
    buffers: list[bytes]
    groups: NDArray[np.int64] = field(repr=False)

    @property
    def n_groups(self) -> int:
        """How many groups there can be."""
        return _sizes(self.spec)


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


def build(
    material: SessionData,
    rows: NDArray[np.intp],
    *,
    title: str,
    note: str = "",
    has_genes: bool = False,
    names: bool = True,
) -> Drawn:
    """Description and buffers of some rows.

    Parameters
    ----------
    material
        What the session looks at; its own thresholds are those of the description.
    rows
        Rows to draw.
    title, note
        Words above the picture; the note is a warning.
    has_genes
        Whether Python answers questions about genes.
    names
        Whether patients keep their names and other columns are told. Without, patients are numbered.
    """
    used = _quantities(material)
    columns = _columns(material, names=names)
    spec = {
        "format": "resistype-explorer",
        "format_version": 1,
        "title": title,
        "note": note,
        "n_obs": material.n_obs,
        "n_drawn": len(rows),
        "has_genes": has_genes,
        "quantities": [_quantity(material, name) for name in used],
        "n_ruled": len(_ruled(material)),
        "axes": [_axis(material.scheme, axis, used) for axis in material.scheme.axes],
        "columns": [one.about() for one in columns],
        "embeddings": list(material.embeddings),
        "patient": _position(columns, "patient"),
        "timepoint": _position(columns, "timepoint"),
    }
    arrays: list[NDArray[Any]] = [
        *(points[rows].astype("<f4") for points in material.embeddings.values()),
        *(material.raw[axis.id][rows] for axis in material.scheme.axes),
        *(material.final[axis.id][rows] for axis in material.scheme.axes),
        *(one.codes[rows].astype("<u2") for one in columns),
        _baseline(material, rows).astype("<i4"),
    ]
    return Drawn(spec, [np.ascontiguousarray(array).tobytes() for array in arrays], _groups(columns, material.n_obs))


def _groups(columns: Sequence[_Coded], n_obs: int) -> NDArray[np.int64]:
    patient, time = _position(columns, "patient"), _position(columns, "timepoint")
    people = columns[patient].codes if patient >= 0 else np.zeros(n_obs, dtype=np.int64)
    return people if time < 0 else people * len(columns[time].names) + columns[time].codes


def _sizes(spec: Mapping[str, Any]) -> int:
    columns = [spec["columns"][at] for at in (spec["patient"], spec["timepoint"]) if at >= 0]
    return int(np.prod([len(one["names"]) for one in columns], dtype=np.int64))


def quantity_buffers(material: SessionData, rows: NDArray[np.intp], names: Sequence[str]) -> list[bytes]:
    """Values of quantities in float32; the page asks for them after the first picture."""
    return [np.ascontiguousarray(material.columns[name][rows].astype("<f4")).tobytes() for name in names]


def whole(material: SessionData, drawn: Drawn, rows: NDArray[np.intp]) -> Drawn:
    """With the values of all quantities, for a page that cannot ask."""
    names = [one["name"] for one in drawn.spec["quantities"]]
    return replace(drawn, buffers=[*drawn.buffers, *quantity_buffers(material, rows, names)])


def _ruled(material: SessionData) -> list[str]:
    asked = [c.subject for a in material.scheme.axes for r in a.rules for c in r.conditions if c.kind != "call"]
    return list(dict.fromkeys(asked))


def _quantities(material: SessionData) -> list[str]:
    """Quantities that rules look at, then others that were measured."""
    others = [name for name, values in material.columns.items() if not np.isnan(values).all()]
    return list(dict.fromkeys([*_ruled(material), *others]))


def _quantity(material: SessionData, name: str) -> dict[str, str]:
    quantities = material.scheme.quantities
    signed = quantities[name]
    while not signed.signature and signed.of:
        signed = quantities[signed.of]
    coverage = pd.DataFrame() if material.calls is None else material.calls.coverage
    known = coverage.loc[signed.signature] if signed.signature in coverage.index else None
    return {
        "name": name,
        "title": quantities[name].title,
        "unit": quantities[name].unit,
        "signature": signed.signature,
        "coverage": "" if known is None else f"{known['found']}/{known['asked']}",
        "shared": "" if known is None else str(known["shared"]),
    }


def _axis(scheme: Scheme, axis: Axis, used: Sequence[str]) -> dict[str, Any]:
    names, colors = call_names(axis), axis_colors(axis)
    return {
        "id": axis.id,
        "title": axis.title,
        "names": list(names),
        "texts": [axis.labels[name].text if name in axis.labels else "" for name in names],
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
            {"code": names.index(rule.call), "when": [_condition(scheme, c, used) for c in rule.conditions]}
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
        return {"name": self.name, "names": list(self.names), "colors": list(self.colors), "counts": counts}


def _columns(material: SessionData, *, names: bool) -> list[_Coded]:
    """Columns with few different values; never one that holds sample ids."""
    found = []
    for name in map(str, material.design.columns):
        column = material.design[name]
        if name == "baseline_sample" or column.dtype.kind in "fc" or not (names or name in ("patient", "timepoint")):
            continue
        first, found_values = pd.factorize(column, use_na_sentinel=False)  # words are made once a value, not once a row
        words = pd.Series(["" if pd.isna(one) else str(one) for one in found_values], dtype=object)
        again, values = pd.factorize(words)
        codes = np.asarray(again)[first]
        known = set(values) - {""}
        few = len(known) <= (65_000 if name == "patient" else MAX_CATEGORIES)
        if known and few and known.isdisjoint(material.samples):
            found.append(
                _coded(name, np.asarray(codes), [str(v) for v in values], hide=not names and name == "patient")
            )
    return found


def _coded(name: str, codes: NDArray[Any], values: Sequence[str], *, hide: bool) -> _Coded:
    order = sorted(range(len(values)), key=lambda i: natural(values[i])) if name != "timepoint" else range(len(values))
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


def _baseline(material: SessionData, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """For each drawn row the drawn row of its baseline, −1 where there is none."""
    base = material.design["baseline_sample"].iloc[rows].astype(object).fillna("").tolist()
    if not any(base):
        return np.full(len(rows), -1)
    names = material.samples if len(rows) == material.n_obs else [material.samples[row] for row in rows.tolist()]
    place = dict(zip(names, range(len(rows)), strict=True))
    return np.fromiter(map(place.get, map(str, base), repeat(-1)), dtype=np.int64, count=len(rows))
