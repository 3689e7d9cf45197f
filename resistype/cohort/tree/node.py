"""What a tree is made of: its data, its rules, its nodes with the test of every covariate.

All of it is frozen. `Grown` is the whole tree and is what every table, text and figure is made from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype.cohort.tree.association import clopper_pearson
from resistype.cohort.tree.cut import Column, Cut

__all__ = ["Candidate", "Data", "Grown", "Node", "Rules", "format_p"]


@dataclass(frozen=True)
class Rules:
    """When to split: alpha after adjustment, the smallest leaf, the smallest node to split, the levels of splits."""

    alpha: float
    min_bucket: int
    min_split: int
    max_depth: int | None

    @property
    def levels(self) -> str:
        """The limit of depth in words."""
        return "1 level of splits" if self.max_depth == 1 else f"{self.max_depth} levels of splits"


@dataclass(frozen=True)
class Data:
    """Covariates x of shape (n_obs, n_columns) as numbers, no NaN, and the positions y of the classes, (n_obs,)."""

    x: NDArray[np.float64]
    y: NDArray[np.intp]
    columns: tuple[Column, ...]
    n_classes: int

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Data:
        """The same columns for other rows."""
        return Data(self.x[rows], self.y[rows], self.columns, self.n_classes)


@dataclass(frozen=True)
class Candidate:
    """Test of one covariate at one node; statistic and p are NaN, and `why` says why, where it could not be tested."""

    variable: str
    statistic: float
    df: int
    log_p: float
    log_p_adjusted: float
    why: str = ""

    @property
    def p(self) -> float:
        """Upper tail of χ²; 0.0 only where it is below 1e-308 (see `log_p`)."""
        return float(np.exp(self.log_p))

    @property
    def p_adjusted(self) -> float:
        """Šidák's adjusted p over the covariates tested at this node."""
        return float(np.exp(self.log_p_adjusted))


@dataclass(frozen=True)
class Node:
    """One node: who is in it, the test of every covariate, and its split or why there is none."""

    number: int
    parent: int | None
    depth: int
    rule: str
    counts: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    cut: Cut | None = None
    children: tuple[int, ...] = ()
    why: str = ""

    @property
    def n(self) -> int:
        """Number of observations."""
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each class."""
        return tuple(count / self.n for count in self.counts)

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """Clopper–Pearson interval (95 %) of each class's share, one class at a time."""
        return tuple(clopper_pearson(count, self.n) for count in self.counts)

    @property
    def chosen(self) -> Candidate | None:
        """The test of the covariate that the node is split on."""
        if self.cut is None:
            return None
        return next(one for one in self.candidates if one.variable == self.cut.column.name)


@dataclass(frozen=True)
class Grown:
    """A whole tree: node number k stands at place k − 1. `label` names the response, `classes` its classes."""

    nodes: tuple[Node, ...]
    columns: tuple[Column, ...]
    rules: Rules
    label: str
    classes: tuple[str, ...]
    left_out: int = 0

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that are not split."""
        return tuple(node for node in self.nodes if node.cut is None)

    @property
    def used(self) -> frozenset[str]:
        """Names of the covariates that are cut."""
        return frozenset(node.cut.column.name for node in self.nodes if node.cut is not None)

    def path(self, number: int) -> str:
        """All conditions from the root to a node; "all" for the root."""
        rules: list[str] = []
        node: Node | None = self.nodes[number - 1]
        while node is not None and node.parent is not None:
            rules.append(node.rule)
            node = self.nodes[node.parent - 1]
        return " and ".join(reversed(rules)) or "all"


def format_p(log_p: float) -> str:
    """A p from its natural logarithm: three decimals, or a power of ten where it is small, however small.

    Examples
    --------
    >>> format_p(np.log(0.0143)), format_p(np.log(2.98226e-07)), format_p(-5000.0), format_p(-1e-9)
    ('0.014', '3.0e-07', '3.4e-2172', '> 0.999')
    """
    if np.isnan(log_p):
        return "not tested"
    if log_p >= np.log(0.001):
        return f"{np.exp(log_p):.3f}" if log_p < np.log(0.9995) else "> 0.999"
    power = int(np.floor(log_p / np.log(10.0)))
    digits = f"{np.exp(log_p - power * np.log(10.0)):.1f}"
    if digits == "10.0":
        digits, power = "1.0", power + 1
    return f"{digits}e-{-power:02d}"
