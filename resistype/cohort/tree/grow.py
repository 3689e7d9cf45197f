"""Growing the tree: at each node first *whether* any covariate is associated with the labels, only then *where* to cut.

Every node keeps the test of every covariate, also where no split is made and where the tree stops for another reason,
so that what was passed over can be seen. Nodes are numbered from 1 in the order of reading (the left side first), as
partykit numbers them.

At each node: covariates that vary are tested, their p adjusted for their number; the smallest must lie below alpha. If
no cut of that covariate leaves `min_bucket` on both sides, the next supported one is tried (two in all, as in
partykit).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resistype.cohort.tree.association import adjust, associate
from resistype.cohort.tree.cut import Cut, best_cut
from resistype.cohort.tree.node import Candidate, Data, Node, Rules, format_p

__all__ = ["grow"]

_TRIES = 2
_TIE = 1e-9


def grow(data: Data, rules: Rules) -> tuple[Node, ...]:
    """Grow a tree.

    Parameters
    ----------
    data
        At least one row.
    rules
        When to split.

    Returns
    -------
    tuple of Node
        Node number k stands at place k − 1.

    Examples
    --------
    >>> from resistype.cohort.tree.cut import Column
    >>> data = Data(np.arange(40.0)[:, None], np.repeat([0, 1], 20), (Column("nlr", "numeric"),), 2)
    >>> [(node.rule, node.counts) for node in grow(data, Rules(0.05, 7, 20, None))]
    [('', (20, 20)), ('nlr <= 19', (20, 0)), ('nlr > 19', (0, 20))]
    """
    nodes: list[Node] = []
    _grow(data, rules, nodes, Node(1, None, 0, "", (), ()))
    return tuple(nodes)


def _grow(data: Data, rules: Rules, nodes: list[Node], stub: Node) -> None:
    """Fill in the stub of a node, put it at its place, and go on below it."""
    candidates = _candidates(data)
    cut, why = _decide(data, rules, candidates, stub.depth)
    counts = tuple(np.bincount(data.y, minlength=data.n_classes).tolist())
    node = replace(stub, counts=counts, candidates=candidates, cut=cut, why=why)
    nodes.append(node)
    if cut is None:
        return
    sides = cut.sides(data.x[:, data.columns.index(cut.column)])
    children = []
    for side in (0, 1):
        child = Node(len(nodes) + 1, node.number, node.depth + 1, cut.rule(side), (), ())
        children.append(child.number)
        _grow(data.take(sides == side), rules, nodes, child)
    nodes[node.number - 1] = replace(node, children=tuple(children))


def _candidates(data: Data) -> tuple[Candidate, ...]:
    tested = [
        associate(data.x[:, place], data.y, n_classes=data.n_classes, n_levels=column.n_levels)
        for place, column in enumerate(data.columns)
    ]
    number = sum(1 for one in tested if not one.why)
    return tuple(
        Candidate(
            column.name, one.statistic, one.df, one.log_p, np.nan if one.why else adjust(one.log_p, number), one.why
        )
        for column, one in zip(data.columns, tested, strict=True)
    )


def _decide(data: Data, rules: Rules, candidates: tuple[Candidate, ...], depth: int) -> tuple[Cut | None, str]:
    """The cut to make, or None and the reason in a sentence."""
    ranked = _ranked(candidates)
    supported = [place for place in ranked if candidates[place].log_p_adjusted < np.log(rules.alpha)]
    stop = _stop(data, rules, depth, [candidates[place] for place in ranked])
    if stop or not supported:
        return None, stop
    for place in supported[:_TRIES]:
        cut = best_cut(
            data.x[:, place], data.y, data.columns[place], n_classes=data.n_classes, min_bucket=rules.min_bucket
        )
        if cut is not None:
            return cut, ""
    names = " or ".join(_named(candidates[place]) for place in supported[:_TRIES])
    return None, f"A split on {names} is supported, but no cut leaves {rules.min_bucket} observations on both sides."


def _ranked(candidates: tuple[Candidate, ...]) -> list[int]:
    """Places of the tested covariates, the smallest p first; a tie goes to the column that comes first."""
    left = [place for place, one in enumerate(candidates) if not one.why]
    ranked: list[int] = []
    while left:
        least = min(candidates[place].log_p_adjusted for place in left)
        within = _TIE * max(abs(least), np.finfo(np.float64).tiny)
        first = next(place for place in left if candidates[place].log_p_adjusted <= least + within)
        ranked.append(first)
        left.remove(first)
    return ranked


def _stop(data: Data, rules: Rules, depth: int, ranked: list[Candidate]) -> str:
    """Why this node is not split, as a sentence; "" when it may be."""
    if not ranked:
        same = "labels are" if len(np.unique(data.y)) == 1 else "values of each covariate are"
        return f"Nothing to test: the {same} all the same here."
    best = _named(ranked[0])
    if ranked[0].log_p_adjusted >= np.log(rules.alpha):
        return f"No split is supported at alpha = {rules.alpha:g}; nearest is {best}."
    if len(data.y) < rules.min_split:
        return f"A split on {best} is supported, but fewer than {rules.min_split} observations are not split."
    if rules.max_depth is not None and depth >= rules.max_depth:
        return f"A split on {best} is supported, but the tree stops at {rules.levels}."
    return ""


def _named(candidate: Candidate) -> str:
    return f"{candidate.variable} (adjusted p {format_p(candidate.log_p_adjusted)})"
