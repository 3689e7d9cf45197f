"""The figure of a tree: everything in it is of the tree, no text lies on another, nothing falls
off the edge.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.opinions import ConditionalInferenceTree, TreeBootstrap, bootstrap_tree
from resistype.opinions.figures import draw_tree, tree_figure_size
from resistype.opinions.tree_fit import format_p

DATA = Path(__file__).resolve().parents[1] / "data" / "partykit"


def mixed() -> pd.DataFrame:
    table = pd.read_csv(DATA / "mixed.tsv", sep="\t")
    return table.assign(
        stage=pd.Categorical(table["stage"], ["I", "II", "III", "IV"], ordered=True)
    )


def grown(label: str, **settings: Any) -> ConditionalInferenceTree:
    table = mixed()
    covariates = ["score", "ratio", "count", "stage", "site", "steroid", "flat"]
    return ConditionalInferenceTree(**settings).fit(table[covariates], table[label])


def drawn(tree: ConditionalInferenceTree, bootstrap: TreeBootstrap | None = None) -> Any:
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=tree_figure_size(tree))
    axes = figure.subplots()
    draw_tree(tree, axes, bootstrap=bootstrap)
    figure.canvas.draw()
    return axes


def words(axes: Any) -> str:
    """All text of the figure, as one line each."""
    return "\n".join(text.get_text().replace("\n", " ") for text in axes.texts)


TREES = {
    "two classes": {"label": "two"},
    "four classes": {"label": "four", "min_bucket": 7},
    "seven leaves": {"label": "four", "alpha": 0.6, "min_bucket": 5},
    "deep": {"label": "four", "alpha": 0.6, "min_bucket": 5, "max_depth": 5},
    "no split": {"label": "steroid", "alpha": 1e-6},
}


@pytest.fixture(scope="module", params=TREES.values(), ids=TREES.keys())
def tree(request: pytest.FixtureRequest) -> ConditionalInferenceTree:
    settings = dict(request.param)
    if settings["label"] == "steroid":
        table = mixed()
        return ConditionalInferenceTree(alpha=1e-6).fit(table[["score", "ratio"]], table["steroid"])
    return grown(**settings)


def test_every_node_cut_and_share_is_there(tree: ConditionalInferenceTree) -> None:
    axes = drawn(tree)
    said = words(axes)
    for node in tree.tree_.nodes:
        if node.cut is not None and node.chosen is not None:
            assert (
                f"[{node.number}] {node.chosen.variable} adjusted p"
                f" {format_p(node.chosen.log_p_adjusted)} n = {node.n}" in said
            )
            assert node.cut.rule(0) in said
            assert node.cut.rule(1) in said
        else:
            assert f"[{node.number}] n = {node.n}" in said
            for name, count, share in zip(
                tree.tree_.classes, node.counts, node.shares, strict=True
            ):
                assert f"{name} {count}, {share:.0%}" in said


def test_no_text_lies_on_another(tree: ConditionalInferenceTree) -> None:
    axes = drawn(tree)
    boxes = [(text.get_text(), text.get_window_extent()) for text in axes.texts]
    boxes.append((axes.get_title(loc="left"), axes._left_title.get_window_extent()))
    over = [
        (one, other)
        for (one, a), (other, b) in combinations(boxes, 2)
        if a.padded(-1).overlaps(b.padded(-1))
    ]

    assert over == []


def test_dots_and_bars_stand_at_shares_and_intervals(tree: ConditionalInferenceTree) -> None:
    axes = drawn(tree)
    lines = [line for line in axes.lines if line.get_linewidth() == 3.0]
    dots = [line for line in axes.lines if line.get_marker() == "o" and line.get_markersize() == 5]
    scales = [line for line in axes.lines if line.get_linewidth() == 0.8]
    ends = [pair for node in tree.tree_.leaves for pair in node.intervals]
    shares = [share for node in tree.tree_.leaves for share in node.shares]

    assert len(lines) == len(dots) == len(scales) == len(ends)
    for line, dot, scale, (low, high), share in zip(lines, dots, scales, ends, shares, strict=True):
        left, right = scale.get_xdata()
        np.testing.assert_allclose(
            (line.get_xdata() - left) / (right - left), [low, high], atol=1e-12
        )
        np.testing.assert_allclose((dot.get_xdata() - left) / (right - left), [share], atol=1e-12)


def test_the_caveats_stand_under_the_tree(tree: ConditionalInferenceTree) -> None:
    foot = drawn(tree).texts[-1].get_text().replace("\n", " ")

    assert "Research use only; not for treatment decisions." in foot
    assert "One tree is not a hierarchy of covariates: look at the bootstrap." in foot
    assert ("The cut was chosen on these data" in foot) == (len(tree.tree_.nodes) > 1)
    assert "No bootstrap was given." in foot


def test_leaves_stand_side_by_side_in_the_order_of_reading(tree: ConditionalInferenceTree) -> None:
    axes = drawn(tree)
    place = {text.get_text(): text.get_position() for text in axes.texts}
    at = [place[f"[{leaf.number}] n = {leaf.n}"] for leaf in tree.tree_.leaves]

    assert [x for x, _ in at] == [float(number) for number in range(len(at))]
    assert len({y for _, y in at}) == 1


def test_no_split_is_said_in_large() -> None:
    table = mixed()
    tree = ConditionalInferenceTree(alpha=1e-6).fit(table[["score", "ratio"]], table["steroid"])

    assert tree.tree_.nodes[0].reason in [text.get_text() for text in drawn(tree).texts]


def test_the_bootstrap_stands_under_the_tree() -> None:
    table = mixed()
    covariates = table[["score", "site"]]
    tree = ConditionalInferenceTree().fit(covariates, table["two"])
    boot = bootstrap_tree(tree, covariates, table["two"], n=12)
    foot = drawn(tree, boot).texts[-1].get_text()

    assert "Bootstrap of 12 samples of the same cohort (seed 0):" in foot
    assert "at the root: site " in foot
    assert "No bootstrap was given" not in foot


def test_the_cut_shows_who_lies_on_it() -> None:
    x = [[value] for value in (1.0, 2.0, 3.0, 3.0, 3.5, 4.0, 5.0, 6.0)]
    tree = ConditionalInferenceTree(min_bucket=2, min_split=4).fit(x, list("aaaabbbb"))
    foot = drawn(tree).texts[-1].get_text().replace("\n", " ")

    assert (
        "Root, x0 <= 3: next value 3.5, midpoint 3.25; 2 observations lie exactly at 3, on the"
        " lower side." in foot
    )


def test_long_names_are_kept_short_in_the_leaves() -> None:
    tree = ConditionalInferenceTree().fit(
        [[1.0], [2.0]], ["primary refractory disease", "responder"]
    )

    assert "primary refract… 1, 50%" in words(drawn(tree))


def test_many_levels_and_long_names_do_not_run_into_each_other() -> None:
    name = "centre at which the biopsy was taken"
    table = pd.DataFrame({name: [f"hospital number {number}" for number in range(12)] * 20})
    label = np.where(np.arange(240) % 12 < 6, "a", "b")
    axes = drawn(ConditionalInferenceTree().fit(table, label))
    boxes = [text.get_window_extent() for text in axes.texts]

    assert "…" in words(axes)
    assert not any(
        one.padded(-1).overlaps(other.padded(-1)) for one, other in combinations(boxes, 2)
    )


def test_a_picture_can_be_saved(tmp_path: Path) -> None:
    tree = grown("two")
    axes = drawn(tree)
    axes.figure.savefig(tmp_path / "tree.png", bbox_inches="tight")

    assert (tmp_path / "tree.png").stat().st_size > 10_000


@pytest.mark.parametrize("what", [lambda tree: draw_tree(tree, None), tree_figure_size])
def test_a_tree_that_is_not_fitted_cannot_be_drawn(what: Any) -> None:
    with pytest.raises(SamplesError) as caught:
        what(ConditionalInferenceTree())

    assert str(caught.value) == "E943 The tree is not fitted; call fit(X, y) before it is drawn."
