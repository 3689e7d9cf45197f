"""The rows of a tree: from the user's table to numbers and back to leaves, with everything that is
wrong, at once.

Numbers are numeric; an ordered pandas Categorical is ordered (its levels count 1, 2, 3 …); other
Categoricals, text and True/False are categorical. Levels that do not occur are dropped.

A missing value is never filled in or sent down one side by lot. In a fit the rows are refused with
their number, or, when asked for, left out and counted. In a fitted tree a row is followed down both
sides of a cut where it lacks the covariate (or has a level that the node did not see): if one leaf
remains, the row is in it; if several remain, it is in none, and all of them are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SamplesError, complain
from resistype.opinions.frame import Codes, Flags, Floats, some
from resistype.opinions.tree_fit import Column, Cut, Data, Grown

MAX_LEVELS = 12
MAX_CLASSES = 10

Table = pd.DataFrame | NDArray[Any] | Sequence[Sequence[float]]
Labels = pd.Series | ArrayLike


@dataclass(frozen=True)
class Prepared:
    """What is grown from: data, classes in order, name of the label, number of rows left out."""

    data: Data
    classes: NDArray[Any]
    label: str
    left_out: int


def as_frame(table: Table, names: Sequence[str] | None = None) -> pd.DataFrame:
    """The covariates as a table with text as names; an array gets x0, x1 … or the names given."""
    if isinstance(table, pd.DataFrame):
        return table.set_axis([str(name) for name in table.columns], axis=1)
    if hasattr(table, "toarray"):
        raise SamplesError("Sparse input is not supported; give X.toarray().", code="E941")
    values = np.asarray(table)
    if values.ndim != 2:
        message = (
            f"Covariates of shape {values.shape}; a table (n_obs, n_covariates) was wanted. Reshape"
            " your data."
        )
        raise SamplesError(message, code="E941")
    if names is not None and len(names) != values.shape[1]:
        message = (
            f"X has {values.shape[1]} features, but ConditionalInferenceTree is expecting"
            f" {len(names)} features as input: {some(names)}."
        )
        raise SamplesError(message, code="E942")
    columns = (
        list(names) if names is not None else [f"x{place}" for place in range(values.shape[1])]
    )
    return pd.DataFrame(values, columns=columns).infer_objects()


def _as_labels(labels: Labels) -> pd.Series:
    if labels is None:
        message = (
            "The tree requires y to be passed, but the target y is None: one label per observation."
        )
        raise SamplesError(message, code="E941")
    if isinstance(labels, pd.DataFrame) and labels.shape[1] == 1:
        return labels.iloc[:, 0]
    if isinstance(labels, pd.Series):
        return labels
    values = labels if isinstance(labels, pd.Categorical) else np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        message = f"Labels of shape {values.shape}; one label an observation was wanted."
        raise SamplesError(message, code="E941")
    return pd.Series(values, name="label")


def prepare(table: Table, labels: Labels, *, missing: str) -> Prepared:
    """Check and encode what a tree is to be fitted to."""
    frame, y = as_frame(table), _as_labels(labels)
    _complain(_shape_complaints(frame, y))
    lacking = frame.isna().any(axis=1).to_numpy() | y.isna().to_numpy()
    complaints = _missing_complaints(frame, y) if missing == "refuse" else []
    if lacking.all():
        _complain(
            complaints or [f"every one of the {len(frame)} rows lacks a covariate or the label"]
        )
    kept, y = frame[~lacking], y[~lacking]
    columns, classes = [_column(name, kept[name]) for name in kept.columns], _classes(y)
    complaints += [one for one in (*columns, classes) if isinstance(one, str)]
    _complain(complaints)
    known = tuple(one for one in columns if isinstance(one, Column))
    order = np.asarray(classes)
    data = Data(
        encode(kept, known), _positions(y, order.tolist()).astype(np.intp), known, len(order)
    )
    return Prepared(data, order, str(y.name) if y.name is not None else "label", int(lacking.sum()))


def _complain(
    complaints: list[str], *, code: str = "E941", subject: str = "The tree cannot be fitted"
) -> None:
    complain(complaints, SamplesError, code=code, subject=subject)


def _shape_complaints(frame: pd.DataFrame, y: pd.Series) -> list[str]:
    if not frame.shape[0] or not frame.shape[1]:
        size = f"{frame.shape[0]} sample(s) and {frame.shape[1]} feature(s) (shape={frame.shape})"
        return [f"{size} while a minimum of 1 is required of each"]
    complaints = []
    if not frame.columns.is_unique:
        twice = ", ".join(sorted(set(frame.columns[frame.columns.duplicated()])))
        complaints.append(f"covariates that occur more than once: {twice}")
    if len(frame) != len(y):
        complaints.append(f"{len(frame)} rows of covariates but {len(y)} labels")
    elif not (frame.index.equals(y.index) or _plain(frame.index) or _plain(y.index)):
        place = int(np.argmax(frame.index.to_numpy() != y.index.to_numpy()))
        names = f"{frame.index[place]!r} and {y.index[place]!r}"
        complaints.append(
            f"rows and labels are indexed differently (first: {names}); give y.loc[X.index]"
        )
    return complaints


def _plain(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex)


def _missing_complaints(frame: pd.DataFrame, y: pd.Series) -> list[str]:
    counts = frame.isna().sum()
    said = [
        f"{name}: {count} of {len(frame)} values missing"
        for name, count in counts[counts > 0].items()
    ]
    if y.isna().any():
        said.append(f"the label: {int(y.isna().sum())} of {len(y)} missing")
    if said:
        rows = int((frame.isna().any(axis=1).to_numpy() | y.isna().to_numpy()).sum())
        said.append(f'{rows} rows are concerned; missing="leave_out" leaves them out and says so')
    return said


def _column(name: str, values: pd.Series) -> Column | str:
    """The kind of a covariate without missing values, or a complaint."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = _present(values)
        return Column(name, "ordered", levels) if dtype.ordered else _categorical(name, levels)
    if pd.api.types.is_bool_dtype(dtype):
        return _categorical(name, tuple(sorted(set(values.tolist()))))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        infinite = int(np.isinf(values.to_numpy(dtype=np.float64)).sum())
        return (
            f"{name}: {infinite} infinite values (a ratio with 0 below?)"
            if infinite
            else Column(name, "numeric")
        )
    plain = values.infer_objects()
    if plain.dtype != dtype:
        return _column(name, plain)
    if not all(isinstance(value, str) for value in values):
        no = "Complex data not supported" if dtype.kind == "c" else f"{dtype} values"
        return f"{name}: {no}; numbers, text, True/False or a Categorical were wanted"
    return _categorical(name, tuple(sorted(set(values))))


def _present(values: pd.Series) -> tuple[object, ...]:
    """The categories that occur, in their order."""
    there = set(values)
    return tuple(level for level in values.cat.categories if level in there)


def _categorical(name: str, levels: tuple[object, ...]) -> Column | str:
    if len(levels) <= MAX_LEVELS:
        return Column(name, "categorical", levels)
    numbers = (
        pd.to_numeric(pd.Series([str(level) for level in levels]), errors="coerce").notna().mean()
    )
    remedy = (
        "they look like numbers: convert with pandas.to_numeric"
        if numbers > 0.5
        else "join rare ones, or leave it out"
    )
    return f"{name}: {len(levels)} levels, at most {MAX_LEVELS} can be grouped; {remedy}"


def _classes(y: pd.Series) -> NDArray[Any] | str:
    """The classes in order, or a complaint."""
    if isinstance(y.dtype, pd.CategoricalDtype):
        classes = np.asarray(_present(y))
    elif len({type(value) for value in y.tolist()}) > 1:
        return "labels of several types; give all as text, or all as whole numbers"
    else:
        classes = np.unique(np.asarray(y.tolist()))
    if len(classes) < 2:
        return f"every label is {classes[0]!s} (1 class); two classes or more were wanted"
    if len(classes) > MAX_CLASSES:
        kind = "Unknown label type: continuous numbers, " if classes.dtype.kind == "f" else ""
        return (
            f"{kind}{len(classes)} different labels; 2 to {MAX_CLASSES} classes were wanted (group"
            " them first)"
        )
    return classes


def encode(
    frame: pd.DataFrame, columns: Sequence[Column], needed: frozenset[str] | None = None
) -> Floats:
    """Covariates as numbers, shape (n_obs, n_columns)."""
    wanted = frozenset(column.name for column in columns) if needed is None else needed
    absent = sorted(wanted - set(frame.columns))
    twice = sorted(wanted & set(frame.columns[frame.columns.duplicated()]))
    complaints = [f"absent: {', '.join(absent)}"] if absent else []
    complaints += [f"more than once: {', '.join(twice)}"] if twice else []
    _complain(complaints, code="E942", subject="The covariates cannot be used")
    values = np.full((len(frame), len(columns)), np.nan)
    for place, column in enumerate(columns):
        if column.name in wanted:
            found = _column_values(frame[column.name], column)
            complaints += [f"{column.name}: {found}"] if isinstance(found, str) else []
            values[:, place] = np.nan if isinstance(found, str) else found
    _complain(complaints, code="E942", subject="The covariates cannot be used")
    return values


def _column_values(values: pd.Series, column: Column) -> Floats | str:
    """The numbers of one covariate, or what is wrong with it."""
    if column.kind != "numeric":
        return _positions(values, column.levels)
    plain = values.infer_objects()
    if not (pd.api.types.is_numeric_dtype(plain.dtype) or plain.isna().all()):
        return "not numbers"
    numbers = np.asarray(plain.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return "infinite values" if np.isinf(numbers).any() else numbers


def _positions(values: pd.Series, levels: Sequence[object]) -> Floats:
    place = {level: float(number) for number, level in enumerate(levels)}
    return np.array([place.get(value, np.nan) for value in values.astype(object)], dtype=np.float64)


_PATH_COLUMNS = ["row", "node", "covariate", "value", "rule", "distance", "in_gap"]


def _sides(tree: Grown, values: Floats) -> dict[int, NDArray[np.int8]]:
    """Side of every row at every node that is cut."""
    place = {column.name: number for number, column in enumerate(tree.columns)}
    cuts = [(node.number, node.cut) for node in tree.nodes if node.cut is not None]
    return {number: cut.sides(values[:, place[cut.column.name]]) for number, cut in cuts}


def reached(tree: Grown, values: Floats) -> Flags:
    """Nodes that each row may be in."""
    may = np.zeros((len(values), len(tree.nodes)), dtype=np.bool_)
    may[:, 0] = True
    for number, sides in _sides(tree, values).items():
        for side, child in enumerate(tree.nodes[number - 1].children):
            may[:, child - 1] = may[:, number - 1] & ((sides == side) | (sides == -1))
    return may


def leaves_of(tree: Grown, may: Flags) -> Codes:
    """Number of the leaf of each row, shape (n_obs,); 0 where several remain."""
    numbers = np.array([node.number for node in tree.leaves], dtype=np.intp)
    possible = may[:, numbers - 1]
    return np.where(possible.sum(axis=1) == 1, numbers[np.argmax(possible, axis=1)], 0)


def _lacking(tree: Grown, values: Floats, may: Flags) -> list[str]:
    """Covariates at which the way of each row parts."""
    names: list[dict[str, None]] = [{} for _ in range(len(values))]
    for number, sides in _sides(tree, values).items():
        cut = tree.nodes[number - 1].cut
        for row in np.flatnonzero((sides == -1) & may[:, number - 1]):
            names[row][cut.column.name if cut else ""] = None
    return [", ".join(one) for one in names]


def strata_frame(tree: Grown, values: Floats) -> pd.DataFrame:
    """One row per observation: its leaf, the condition of it, class shares there, what it lacks."""
    may = reached(tree, values)
    leaves = leaves_of(tree, may)
    ends = [node.number for node in tree.leaves]
    possible = [[number for number in ends if row[number - 1]] for row in may]
    table = pd.DataFrame(
        {
            "leaf": pd.array([int(leaf) if leaf else None for leaf in leaves], dtype="Int64"),
            "condition": ["; or ".join(tree.path(number) for number in one) for one in possible],
            "possible_leaves": [", ".join(map(str, one)) for one in possible],
            "lacking": _lacking(tree, values, may),
        }
    )
    for place, name in enumerate(tree.classes):
        table[f"fraction_{name}"] = [
            tree.nodes[leaf - 1].shares[place] if leaf else np.nan for leaf in leaves
        ]
    return table


def paths_frame(tree: Grown, values: Floats) -> pd.DataFrame:
    """One row per observation and cut on its way.

    Value, side, distance (NaN unless numeric), in its gap.
    """
    may, place = (
        reached(tree, values),
        {column.name: number for number, column in enumerate(tree.columns)},
    )
    parts = [pd.DataFrame(columns=_PATH_COLUMNS)]
    for node in tree.nodes:
        rows = np.flatnonzero(may[:, node.number - 1])
        if node.cut is not None and len(rows):
            here = _at_cut(node.cut, values[rows, place[node.cut.column.name]])
            parts.append(here.assign(row=rows, node=node.number))
    table = pd.concat(parts[1:] or parts, ignore_index=True)[_PATH_COLUMNS]
    return table.sort_values(["row", "node"], kind="stable", ignore_index=True)


def _at_cut(cut: Cut, values: Floats) -> pd.DataFrame:
    numeric = cut.column.kind == "numeric"
    rules = np.array([cut.rule(0), cut.rule(1), "cannot be said"], dtype=object)
    return pd.DataFrame(
        {
            "covariate": cut.column.name,
            "value": ["" if np.isnan(value) else cut.column.words(value) for value in values],
            "rule": rules[cut.sides(values)],
            "distance": values - cut.low if numeric else np.nan,
            "in_gap": (values > cut.low) & (values < cut.high) if numeric else False,
        }
    )
