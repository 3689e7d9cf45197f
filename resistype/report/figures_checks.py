"""Figures that say how far the calls may be trusted: coverage of signatures, reliability of a stated share, a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.opinions import ConditionalInferenceTree, TreeBootstrap
from resistype.opinions.figures import draw_tree, grown_of
from resistype.report.drawn import INK, RUO, SOFT, Drawn, plain
from resistype.scheme import Calls
from resistype.stats import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["coverage_plot", "reliability_plot", "tree_plot"]

_FULL, _LOW, _NONE = "#0072B2", "#E69F00", "#D55E00"


def coverage_plot(calls: Calls, ax: Axes | None = None) -> Drawn:
    """Share of the genes of every signature that the matrix has, with the bounds at 50 % and 80 %.

    Parameters
    ----------
    calls
        From `resistype.classify`.
    ax
        Where to draw; without it only data and caption are returned. Height: 0.3 inch a signature.

    Returns
    -------
    Drawn
        Table: signature, found, asked, share.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> coverage_plot(calls).table["share"].min() > 0.9
    np.True_
    """
    table = calls.coverage[["found", "asked", "share"]].reset_index()
    caption = (
        f"Genes found of n = {len(table)} signatures in {calls.run['input']['n_genes']:,} genes of the matrix. Below "
        f"50 % a signature is not scored, below 80 % it is marked. {RUO}"
    )
    if ax is not None:
        places = np.arange(len(table))[::-1]
        colors = [_FULL if share >= 0.8 else _LOW if share >= 0.5 else _NONE for share in table["share"]]
        ax.barh(places, table["share"], color=colors, height=0.66)
        for place, row in zip(places, table.itertuples(), strict=True):
            ax.text(1.02, place, f"{row.found} of {row.asked}", fontsize=7, va="center", color=INK)
        for bound in (0.5, 0.8):
            ax.axvline(bound, color=SOFT, linewidth=0.8, linestyle="--")
        ax.set_yticks(places, table["signature"].tolist())
        ax.set_xlim(0, 1.18)
        ax.set_xticks([0, 0.5, 0.8, 1.0], ["0", "50 %", "80 %", "100 %"])
        ax.set_xlabel("share of the genes found", fontsize=8)
        plain(ax)
    return Drawn(table, caption)


def reliability_plot(stated: Sequence[float], right: Sequence[bool], ax: Axes | None = None, *, bins: int = 5) -> Drawn:
    """Whether what is said to hold so often does: share that is right against the share that was stated.

    Parameters
    ----------
    stated
        For each call the share that was printed beside it (its stability, or a probability), shape (n_calls,).
    right
        Whether the call was right, shape (n_calls,).
    ax
        Where to draw; without it only data and caption are returned.
    bins
        Bins with equally many calls; those with the same stated share stay together.

    Returns
    -------
    Drawn
        Table: low, high (of the stated share), stated (mean), n, n_right, share, share_low, share_high (Wilson, 95 %).

    Raises
    ------
    InputError
        O113 when the two differ in length, hold nothing, or a share lies outside 0 to 1.

    Examples
    --------
    >>> reliability_plot([0.6, 0.6, 0.9, 0.9], [True, False, True, True], bins=2).table["share"].tolist()
    [0.5, 1.0]
    """
    said, good = np.asarray(stated, dtype=np.float64), np.asarray(right, dtype=bool)
    if len(said) != len(good) or not len(said) or not bool(((said >= 0) & (said <= 1)).all()):
        message = (
            f"Reliability needs a share between 0 and 1 and an outcome for each call; got {len(said)}, {len(good)}."
        )
        raise InputError(message, code="O113")
    table = _binned(said, good, bins)
    caption = (
        f"Share right against share stated; n = {len(said)} calls in {len(table)} bins, Wilson intervals (95 %). {RUO}"
    )
    if ax is not None:
        _draw_reliability(ax, table)
    return Drawn(table, caption)


def _binned(said: NDArray[np.float64], good: NDArray[np.bool_], bins: int) -> pd.DataFrame:
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, max(len(edges) - 2, 0))
    rows = []
    for one in np.unique(place):
        own = place == one
        n, k = int(own.sum()), int(good[own].sum())
        low, high = wilson(k, n)
        about = {"low": said[own].min(), "high": said[own].max(), "stated": said[own].mean(), "n": n, "n_right": k}
        rows.append({**about, "share": k / n, "share_low": float(low), "share_high": float(high)})
    return pd.DataFrame(rows)


def _draw_reliability(ax: Axes, table: pd.DataFrame) -> None:
    error = np.stack([table["share"] - table["share_low"], table["share_high"] - table["share"]]).clip(min=0)
    ax.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle="--")
    ax.errorbar(table["stated"], table["share"], error, color=_FULL, marker="o", markersize=5, capsize=3, linewidth=1.2)
    for n, x in zip(table["n"].tolist(), table["stated"].tolist(), strict=True):
        ax.text(x, 0.02, str(n), ha="center", va="bottom", fontsize=7, color=INK)
    ax.set_xlim(0.0, 1.05)
    ax.set_ylim(0.0, 1.05)
    ax.set_xlabel("share stated (above the axis: n)", fontsize=8)
    ax.set_ylabel("share right", fontsize=8)
    plain(ax)


def tree_plot(
    tree: ConditionalInferenceTree, ax: Axes | None = None, *, bootstrap: TreeBootstrap | None = None
) -> Drawn:
    """A conditional inference tree: cuts with their adjusted p, leaves with shares and intervals.

    Parameters
    ----------
    tree
        A fitted tree.
    ax
        Where to draw; `tree_figure_size` says how large it should be. Without it only data and caption are returned.
    bootstrap
        From `resistype.opinions.bootstrap_tree`, printed under the tree.

    Returns
    -------
    Drawn
        Table: leaf, rule, n, class, count, share, low, high (Clopper–Pearson, 95 %).

    Raises
    ------
    SamplesError
        E943 when the tree is not fitted.

    Examples
    --------
    >>> tree = ConditionalInferenceTree().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"])
    >>> tree_plot(tree).table["count"].tolist()
    [2, 1]
    """
    grown = grown_of(tree)
    rows = [
        {"leaf": leaf.number, "rule": leaf.rule, "n": leaf.n, "class": name, "count": int(count), "share": float(share),
         "low": float(ends[0]), "high": float(ends[1])}
        for leaf in grown.leaves
        for name, count, share, ends in zip(grown.classes, leaf.counts, leaf.shares, leaf.intervals, strict=True)
    ]  # fmt: skip
    if ax is not None:
        draw_tree(tree, ax, bootstrap=bootstrap)
    caption = f"Conditional inference tree of {grown.label}; n = {grown.nodes[0].n}, {len(grown.leaves)} leaves. {RUO}"
    return Drawn(pd.DataFrame(rows), caption)
