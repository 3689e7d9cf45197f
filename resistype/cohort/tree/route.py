"""Which leaf a row falls into, and when that cannot be said.

A row is followed down both sides of a cut where it lacks the covariate (or has a level that the node did not see). If
one leaf remains, the row is in it whatever it lacks elsewhere; if several remain, it is in none, and all of them are
named. Rows are never sent down one side by lot.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.cohort.tree.cut import Cut
from resistype.cohort.tree.node import Grown

__all__ = ["leaves_of", "paths_frame", "reached", "strata_frame"]

_PATH_COLUMNS = ["row", "node", "covariate", "value", "rule", "distance", "in_gap"]


def _sides(tree: Grown, values: NDArray[np.float64]) -> dict[int, NDArray[np.int8]]:
    """Side of every row at every node that is cut."""
    place = {column.name: number for number, column in enumerate(tree.columns)}
    cuts = [(node.number, node.cut) for node in tree.nodes if node.cut is not None]
    return {number: cut.sides(values[:, place[cut.column.name]]) for number, cut in cuts}


def reached(tree: Grown, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Nodes that each row may be in.

    Parameters
    ----------
    tree
        The tree.
    values
        Shape (n_obs, n_columns), from `encode`.

    Returns
    -------
    numpy.ndarray
        Shape (n_obs, n_nodes).
    """
    may = np.zeros((len(values), len(tree.nodes)), dtype=np.bool_)
    may[:, 0] = True
    for number, sides in _sides(tree, values).items():
        for side, child in enumerate(tree.nodes[number - 1].children):
            may[:, child - 1] = may[:, number - 1] & ((sides == side) | (sides == -1))
    return may


def leaves_of(tree: Grown, may: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Number of the leaf of each row, shape (n_obs,); 0 where several remain."""
    numbers = np.array([node.number for node in tree.leaves], dtype=np.intp)
    possible = may[:, numbers - 1]
    return np.where(possible.sum(axis=1) == 1, numbers[np.argmax(possible, axis=1)], 0)


def _lacking(tree: Grown, values: NDArray[np.float64], may: NDArray[np.bool_]) -> list[str]:
    """Covariates at which the way of each row parts."""
    names: list[dict[str, None]] = [{} for _ in range(len(values))]
    for number, sides in _sides(tree, values).items():
        cut = tree.nodes[number - 1].cut
        for row in np.flatnonzero((sides == -1) & may[:, number - 1]):
            names[row][cut.column.name if cut else ""] = None
    return [", ".join(one) for one in names]


def strata_frame(tree: Grown, values: NDArray[np.float64]) -> pd.DataFrame:
    """One row an observation: its leaf, the condition of it, the class shares there, and what it lacks."""
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
        table[f"share_{name}"] = [tree.nodes[leaf - 1].shares[place] if leaf else np.nan for leaf in leaves]
    return table


def paths_frame(tree: Grown, values: NDArray[np.float64]) -> pd.DataFrame:
    """One row an observation and cut on its way: its value, the side it takes, how far it is from the cut.

    `distance` is value − cut in the covariate's unit (NaN unless it is numeric); `in_gap` says that the value lies
    where the fit saw none, so that another cut of the same tree would put it on the other side.
    """
    may, place = reached(tree, values), {column.name: number for number, column in enumerate(tree.columns)}
    parts = [pd.DataFrame(columns=_PATH_COLUMNS)]
    for node in tree.nodes:
        rows = np.flatnonzero(may[:, node.number - 1])
        if node.cut is not None and len(rows):
            here = _at_cut(node.cut, values[rows, place[node.cut.column.name]])
            parts.append(here.assign(row=rows, node=node.number))
    table = pd.concat(parts[1:] or parts, ignore_index=True)[_PATH_COLUMNS]
    return table.sort_values(["row", "node"], kind="stable", ignore_index=True)


def _at_cut(cut: Cut, values: NDArray[np.float64]) -> pd.DataFrame:
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
