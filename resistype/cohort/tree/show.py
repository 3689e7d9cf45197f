"""The tree as tables and in words.

The words say what the numbers do not carry by themselves: that the cut was chosen on these very data, that one tree is
not a hierarchy of covariates, and that an association in a labelled cohort is no prediction.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from resistype.cohort.tree.node import Grown, Node, format_p
from resistype.cohort.tree.stability import TreeBootstrap
from resistype.scheme.caveats import caveat_text

__all__ = ["ONE_TREE", "candidates_frame", "caveats", "nodes_frame", "tree_text"]

ONE_TREE = "One tree is not a hierarchy of covariates: look at the bootstrap."
_ASSOCIATION = (
    "It describes how the covariates go with {label} in this labelled cohort. "
    "The shares are not the chance that a patient responds to a treatment. "
    "Each p below the root is taken as if the cuts above it had been known beforehand."
)


def nodes_frame(tree: Grown) -> pd.DataFrame:
    """One row a node: its condition, class counts, shares with their 95 % intervals, and its split or why none."""
    return pd.DataFrame([_node_row(tree, node) for node in tree.nodes])


def _node_row(tree: Grown, node: Node) -> dict[str, object]:
    row: dict[str, object] = {
        "node": node.number,
        "parent": pd.NA if node.parent is None else node.parent,
        "depth": node.depth,
        "rule": node.rule,
        "condition": tree.path(node.number),
        "n": node.n,
    }
    for name, count, share, ends in zip(tree.classes, node.counts, node.shares, node.intervals, strict=True):
        row |= {f"n_{name}": count, f"share_{name}": share, f"low_{name}": ends[0], f"high_{name}": ends[1]}
    cut, chosen = node.cut, node.chosen
    numeric = cut is not None and cut.column.kind == "numeric"
    return row | {
        "covariate": cut.column.name if cut else "",
        "split": cut.rule(0) if cut else "",
        "cut": cut.low if cut and numeric else np.nan,
        "next_value": cut.high if cut and numeric else np.nan,
        "midpoint": cut.midpoint if cut else np.nan,
        "at_cut": cut.at_low if cut and numeric else 0,
        "statistic": chosen.statistic if chosen else np.nan,
        "p_adjusted": chosen.p_adjusted if chosen else np.nan,
        "cut_statistic": cut.statistic if cut else np.nan,
        "why_no_split": node.why,
    }


def candidates_frame(tree: Grown) -> pd.DataFrame:
    """One row a node and covariate: its statistic, degrees of freedom, p, adjusted p, and whether it was cut."""
    rows = [
        {
            "node": node.number,
            "covariate": one.variable,
            "statistic": one.statistic,
            "df": one.df,
            "p": one.p,
            "p_adjusted": one.p_adjusted,
            "log_p": one.log_p,
            "log_p_adjusted": one.log_p_adjusted,
            "chosen": one is node.chosen,
            "why_not_tested": one.why,
        }
        for node in tree.nodes
        for one in node.candidates
    ]
    return pd.DataFrame(rows)


def caveats(tree: Grown) -> dict[str, str]:
    """Codes and lines that must stand beside the tree."""
    found = {"RUO": caveat_text("RUO")}
    root = tree.nodes[0].chosen
    if root is not None:
        tested = sum(1 for one in tree.nodes[0].candidates if not one.why)
        whole = f"for {root.variable} as a whole, no cut used, adjusted for {tested} covariates"
        found["CUT_OPTIMISED"] = caveat_text("CUT_OPTIMISED", {"p": f"{format_p(root.log_p_adjusted)} {whole}"})
    found["ONE_TREE"] = ONE_TREE
    return found


def tree_text(tree: Grown, bootstrap: TreeBootstrap | None = None) -> str:
    """The tree in words: every node with the test of every covariate, then the bootstrap, then the caveats."""
    lines = [*_head(tree), ""]
    for node in tree.nodes:
        lines += _node_lines(tree, node)
    if len(tree.nodes) == 1:
        lines += ["", tree.nodes[0].why, "That is a result: these covariates do not divide this cohort."]
    lines += ["", bootstrap.to_text() if bootstrap else "No bootstrap was given (resistype.cohort.bootstrap_tree)."]
    lines += ["", *(f"{code}: {text}" for code, text in caveats(tree).items())]
    return "\n".join(lines) + "\n"


def _head(tree: Grown) -> Iterator[str]:
    root, rules = tree.nodes[0], tree.rules
    yield f"Conditional inference tree of {tree.label} on {len(tree.columns)} covariates, {root.n} observations."
    if tree.left_out:
        yield f"{tree.left_out} rows that lacked a covariate or the label were left out."
    depth = "no limit to the levels" if rules.max_depth is None else f"at most {rules.levels}"
    yield (
        f"Rules: alpha {rules.alpha:g} after Šidák's adjustment for the covariates tested at a node; "
        f"at least {rules.min_bucket} observations in a leaf; {depth}."
    )
    yield _ASSOCIATION.format(label=tree.label)


def _node_lines(tree: Grown, node: Node) -> Iterator[str]:
    indent = "    " * node.depth
    yield f"{indent}[{node.number}] {node.rule or 'all'}: n = {node.n}"
    for name, count, share, (low, high) in zip(tree.classes, node.counts, node.shares, node.intervals, strict=True):
        yield f"{indent}    {name}: {count} of {node.n}, {share:.1%} (95 % interval {low:.1%} to {high:.1%})"
    cut, chosen = node.cut, node.chosen
    if cut is not None and chosen is not None:
        test = f"statistic {chosen.statistic:.2f}, df {chosen.df}, adjusted p {format_p(chosen.log_p_adjusted)}"
        yield f"{indent}    split on {chosen.variable} ({test})"
        yield f"{indent}    left: {cut.rule(0)}; right: {cut.rule(1)}"
        if cut.boundary():
            yield f"{indent}    at the cut: {cut.boundary()}"
    elif node.depth:
        yield f"{indent}    {node.why}"
    yield f"{indent}    all tests: {'; '.join(_tests(node))}"


def _tests(node: Node) -> Iterator[str]:
    for one in node.candidates:
        if one.why:
            yield f"{one.variable} not tested ({one.why})"
        else:
            yield f"{one.variable} {one.statistic:.2f} (df {one.df}), adjusted p {format_p(one.log_p_adjusted)}"
