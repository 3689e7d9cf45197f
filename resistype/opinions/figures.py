"""A conditional inference tree as a figure.

Where it cuts and on what p, and what each leaf holds with its interval.

Leaves stand side by side at the bottom, each with the fraction of every class as a dot on a line
from 0 to 100 % and its 95 % interval as a bar, labelled in words, so that no colour has to be read
from a key. Under the tree stand the bootstrap, if it is given, and the caveats: a figure travels
without its text. Everything is drawn through the axes that are given; matplotlib itself is never
imported here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from resistype.errors import SamplesError
from resistype.opinions import ConditionalInferenceTree, TreeBootstrap
from resistype.opinions.tree_fit import Grown, Node, format_p
from resistype.opinions.tree_show import caveats
from resistype.scheme.scheme import category_colors

_LEVEL = 1.5
_ROW = 0.42
_WIDTH = 0.4
_CHARACTERS = 14.0  # of the small print in an inch of the figure
_INK = "#222222"
_FAINT = "#BBBBBB"


def tree_figure_size(tree: ConditionalInferenceTree) -> tuple[float, float]:
    """Width and height in inches at which the text of `draw_tree` stands free.

    Examples
    --------
    >>> tree = ConditionalInferenceTree().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"])
    >>> tree_figure_size(tree)
    (7.0, 3.4)
    """
    grown = grown_of(tree)
    top, bottom = _levels(grown)
    return _width(grown), round(0.72 * (top - bottom) + 1.6, 1)


def draw_tree(
    tree: ConditionalInferenceTree, ax: Any, *, bootstrap: TreeBootstrap | None = None
) -> None:
    """Draw a fitted tree.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> tree = ConditionalInferenceTree().fit([[1.0], [2.0], [3.0]], ["a", "b", "a"])
    >>> ax = Figure(figsize=tree_figure_size(tree)).subplots()
    >>> draw_tree(tree, ax)
    >>> ax.get_title(loc="left")
    'label: 3 observations, 1 covariate'
    """
    grown = grown_of(tree)
    place = _places(grown)
    top, bottom = _levels(grown)
    ax.set_axis_off()
    ax.set_xlim(-0.6, len(grown.leaves) - 0.4)
    ax.set_ylim(bottom, top)
    covariates = "1 covariate" if len(grown.columns) == 1 else f"{len(grown.columns)} covariates"
    ax.set_title(
        f"{grown.label}: {grown.nodes[0].n} observations, {covariates}",
        loc="left",
        fontsize=11,
        color=_INK,
    )
    for node in grown.nodes:
        if node.cut is None:
            _draw_leaf(ax, grown, node, place[node.number])
        else:
            _draw_inner(ax, grown, node, place)
    if len(grown.nodes) == 1:
        ax.text(
            0.0, 0.45, grown.nodes[0].reason, ha="center", va="center", fontsize=9.5, color=_INK
        )
    ax.text(
        0.0,
        0.0,
        _foot(grown, bootstrap),
        transform=ax.transAxes,
        fontsize=7.5,
        color=_INK,
        va="top",
    )


def grown_of(tree: ConditionalInferenceTree) -> Grown:
    """The nodes of a fitted tree; E943 when it is not fitted."""
    if not hasattr(tree, "tree_"):
        message = "The tree is not fitted; call fit(X, y) before it is drawn."
        raise SamplesError(message, code="E943")
    return tree.tree_


def _width(grown: Grown) -> float:
    return max(7.0, 2.4 * len(grown.leaves))


def _depth(grown: Grown) -> int:
    return max(node.depth for node in grown.nodes)


def _levels(grown: Grown) -> tuple[float, float]:
    """Top and bottom of the drawing."""
    return 0.6, -_LEVEL * _depth(grown) - 0.9 - _ROW * (len(grown.classes) + 0.3)


def _places(grown: Grown) -> dict[int, tuple[float, float]]:
    """Where each node stands: leaves at the bottom, a cut above the middle of its two sides."""
    floor = -_LEVEL * _depth(grown)
    place = {leaf.number: (float(number), floor) for number, leaf in enumerate(grown.leaves)}
    for node in reversed(grown.nodes):
        if node.cut is not None:
            left, right = (place[child][0] for child in node.children)
            place[node.number] = ((left + right) / 2.0, -_LEVEL * node.depth)
    return place


def _draw_inner(ax: Any, grown: Grown, node: Node, place: dict[int, tuple[float, float]]) -> None:
    x, y = place[node.number]
    chosen = node.chosen
    p = format_p(chosen.log_p_adjusted) if chosen is not None else ""
    for side, child in enumerate(node.children):
        to_x, to_y = place[child]
        ax.plot([x, to_x, to_x], [y, y, to_y], color=_FAINT, linewidth=1.2, zorder=1)
        rule = grown.nodes[child - 1].rule
        words = textwrap.fill(rule, 24, max_lines=3, placeholder=" …")
        ax.text(
            to_x,
            y - 0.5,
            words,
            ha="center",
            va="top",
            fontsize=8.5,
            color=_INK,
            bbox=_BACK,
            zorder=3,
        )
        _mark_side(ax, (to_x, y), side)
    name = (
        textwrap.fill(chosen.variable, 20, max_lines=2, placeholder="…")
        if chosen is not None
        else ""
    )
    words = f"[{node.number}] {name}\nadjusted p {p}\nn = {node.n}"
    ax.text(x, y, words, ha="center", va="center", fontsize=8.5, color=_INK, bbox=_BOX, zorder=4)


def _mark_side(ax: Any, corner: tuple[float, float], side: int) -> None:
    """A dot where the branch turns down: filled on the side of the cut itself (`<=`), else open."""
    fill = _INK if side == 0 else "white"
    ax.plot(
        [corner[0]],
        [corner[1]],
        marker="o",
        markersize=4,
        color=_INK,
        markerfacecolor=fill,
        zorder=3,
    )


_BOX = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": _INK, "linewidth": 0.8}
_BACK = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}


def _draw_leaf(ax: Any, grown: Grown, node: Node, place: tuple[float, float]) -> None:
    x, y = place
    ax.text(
        x,
        y,
        f"[{node.number}] n = {node.n}",
        ha="center",
        va="center",
        fontsize=8.5,
        color=_INK,
        bbox=_BOX,
        zorder=4,
    )
    left, right = x - _WIDTH, x + _WIDTH
    colors = category_colors(grown.classes)
    rows = zip(grown.classes, node.counts, node.shares, node.intervals, strict=True)
    for row, (name, count, share, ends) in enumerate(rows):
        level = y - 0.75 - _ROW * row
        colour = colors[name]
        low, high = (left + (right - left) * end for end in ends)
        ax.plot([left, right], [level, level], color=_FAINT, linewidth=0.8, zorder=1)
        ax.plot(
            [low, high],
            [level, level],
            color=colour,
            linewidth=3.0,
            alpha=0.45,
            solid_capstyle="butt",
            zorder=2,
        )
        ax.plot(
            [left + (right - left) * share],
            [level],
            marker="o",
            markersize=5,
            color=colour,
            zorder=3,
        )
        words = f"{_short(name)} {count}, {share:.0%}"
        ax.text(
            left, level + 0.05, words, ha="left", va="bottom", fontsize=7.5, color=_INK, zorder=3
        )
    base = y - 0.75 - _ROW * (len(grown.classes) - 0.75)
    ax.text(left, base, "0 %", ha="left", va="top", fontsize=6.5, color="#666666")
    ax.text(right, base, "100 %", ha="right", va="top", fontsize=6.5, color="#666666")


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:15]}…"


def _foot(grown: Grown, bootstrap: TreeBootstrap | None) -> str:
    root = grown.nodes[0].cut
    lines = (
        [f"Root, {root.rule(0)}: {root.boundary()}."]
        if root is not None and root.boundary()
        else []
    )
    lines += [
        (
            "Bars: 95 % interval (Clopper–Pearson) of a class's fraction. Smallest leaf allowed:"
            f" {grown.rules.min_bucket}."
        )
    ]
    lines += bootstrap.to_text().splitlines()[:3] if bootstrap else ["No bootstrap was given."]
    lines += caveats(grown).values()
    return "\n".join(_wrapped(lines, int(_CHARACTERS * _width(grown))))


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, width)]
