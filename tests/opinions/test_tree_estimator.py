"""The estimator: settings, what it says of rows, what it refuses, and scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.opinions import ConditionalInferenceTree


def cohort(n: int = 200, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """A label that goes with nlr, and below 3 with site."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "ifng": rng.normal(size=n),
            "nlr": np.exp(rng.normal(1.1, 0.5, n)).round(2),
            "site": rng.choice(["liver", "lung", "node"], n),
        },
        index=[f"P{number}" for number in range(n)],
    )
    push = np.where(table["nlr"] > 3, 1.5, np.where(table["site"] == "liver", 0.5, -2.0))
    label = np.where(push + rng.logistic(size=n) > 0, "PRef", "Resp")
    return table, pd.Series(label, index=table.index, name="pref")


@pytest.fixture(scope="module")
def tree() -> ConditionalInferenceTree:
    """Root nlr, below it site; three leaves: 3, 4 and 5."""
    return ConditionalInferenceTree(min_bucket=15).fit(*cohort())


def test_the_planted_tree_is_found(tree: ConditionalInferenceTree) -> None:
    cuts = {node.number: node.cut.column.name for node in tree.tree_.nodes if node.cut is not None}

    assert cuts == {1: "nlr", 2: "site"}
    assert tree.classes_.tolist() == ["PRef", "Resp"]
    assert tree.feature_names_in_.tolist() == ["ifng", "nlr", "site"]
    assert tree.n_features_in_ == 3


def test_a_fit_changes_no_setting() -> None:
    tree = ConditionalInferenceTree()
    before = tree.get_params()
    tree.fit(*cohort())

    assert tree.get_params() == before == ConditionalInferenceTree().get_params()


@pytest.mark.parametrize(("n", "smallest"), [(1, 20), (400, 20), (401, 21), (1000, 50), (1001, 51)])
def test_the_smallest_leaf_is_20_or_5_percent(n: int, smallest: int) -> None:
    assert ConditionalInferenceTree().rules(n).min_bucket == smallest
    assert ConditionalInferenceTree(min_bucket=7).rules(n).min_bucket == 7


# --- rows -----------------------------------------------------------------------------------------


def test_the_rows_of_the_fit_fall_into_leaves_of_the_printed_size(
    tree: ConditionalInferenceTree,
) -> None:
    table, label = cohort()
    leaves = tree.apply(table)
    for node in tree.tree_.leaves:
        here = label[leaves == node.number]
        assert node.counts == ((here == "PRef").sum(), (here == "Resp").sum())
    assert set(leaves.tolist()) == {node.number for node in tree.tree_.leaves}


def test_shares_are_those_of_the_leaf_and_the_commonest_label_is_given(
    tree: ConditionalInferenceTree,
) -> None:
    table, label = cohort()
    shares, leaves = tree.class_proportions(table), tree.apply(table)

    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    np.testing.assert_array_equal(tree.predict_proba(table), shares)
    for leaf in set(leaves.tolist()):
        assert tuple(shares[leaves == leaf][0]) == tree.tree_.nodes[leaf - 1].shares
    np.testing.assert_array_equal(tree.predict(table), tree.classes_[shares.argmax(axis=1)])
    assert tree.score(table, label) == pytest.approx((tree.predict(table) == label).mean())


def test_new_rows_need_only_the_covariates_that_are_cut(tree: ConditionalInferenceTree) -> None:
    table, _ = cohort()
    turned = table[["site", "nlr"]].iloc[::-1].assign(more=1)

    np.testing.assert_array_equal(tree.apply(turned)[::-1], tree.apply(table))


def test_an_array_gives_the_same_tree() -> None:
    table, label = cohort()
    numbers = table[["ifng", "nlr"]]
    by_frame = ConditionalInferenceTree().fit(numbers, label)
    by_array = ConditionalInferenceTree().fit(numbers.to_numpy(), label.to_numpy())

    assert [node.counts for node in by_array.tree_.nodes] == [
        node.counts for node in by_frame.tree_.nodes
    ]
    np.testing.assert_array_equal(by_array.apply(numbers.to_numpy()), by_frame.apply(numbers))
    assert by_array.tree_.used == {"x1"}


def test_a_missing_value_that_is_not_on_the_way_does_not_matter(
    tree: ConditionalInferenceTree,
) -> None:
    rows = pd.DataFrame({"nlr": [9.0], "site": [None]})

    assert tree.apply(rows).tolist() == [5]


ROWS = pd.DataFrame(
    {
        "nlr": [9.0, None, 1.0, None, 1.0, 3.0],
        "site": ["liver", "liver", None, None, "brain", "node"],
    },
    index=["a", "b", "c", "d", "e", "f"],
)


def test_rows_that_cannot_be_put_into_one_leaf_are_refused_with_their_number(
    tree: ConditionalInferenceTree,
) -> None:
    with pytest.raises(SamplesError) as caught:
        tree.predict(ROWS)

    assert (
        str(caught.value)
        == "E944 4 of 6 rows cannot be put into one leaf. Missing, or a level not seen in the fit:"
        " nlr in 1; nlr, site in 1; site in 2. Give the values, or use strata(X): it names the"
        " leaves left open."
    )


def test_strata_abstain_and_name_what_is_left_open(tree: ConditionalInferenceTree) -> None:
    cut = tree.tree_.nodes[0].cut
    assert cut is not None
    low = f"{cut.low:g}"
    table = tree.strata(ROWS)
    nodes = tree.tree_.nodes

    assert table.index.tolist() == list("abcdef")
    assert table["leaf"].isna().tolist() == [False, True, True, True, True, False]
    assert table.loc["a", "leaf"] == 5
    assert table["lacking"].tolist() == ["", "nlr", "site", "nlr, site", "site", ""]
    assert table.loc["a", "condition"] == f"nlr > {low}"
    assert (
        table.loc["f", "condition"]
        == f"nlr <= {low} and {nodes[int(table.loc['f', 'leaf']) - 1].rule}"
    )
    assert table["possible_leaves"].tolist()[2:5] == ["3, 4", "3, 4, 5", "3, 4"]
    assert table.loc["c", "condition"].count("; or ") == 1
    assert table.loc["b", ["fraction_PRef", "fraction_Resp"]].isna().all()
    assert table.loc["a", "fraction_PRef"] == nodes[4].shares[0]


def test_paths_show_value_cut_and_distance(tree: ConditionalInferenceTree) -> None:
    cut = tree.tree_.nodes[0].cut
    assert cut is not None
    gap = (cut.low + cut.high) / 2
    rows = pd.DataFrame(
        {"nlr": [cut.low, gap, cut.high, None], "site": ["node", "node", "node", "liver"]},
        index=list("abcd"),
    )
    paths = tree.paths(rows)
    root = paths[paths["node"] == 1].set_index("row")

    assert paths["row"].tolist() == ["a", "a", "b", "c", "d", "d"]
    assert root["rule"].tolist() == [cut.rule(0), cut.rule(1), cut.rule(1), "cannot be said"]
    assert root.loc["a", "distance"] == 0.0
    assert root.loc["c", "distance"] == pytest.approx(cut.high - cut.low)
    assert root["in_gap"].tolist() == [False, True, False, False]
    assert root.loc["d", "value"] == ""
    assert paths.loc[paths["node"] == 2, "distance"].isna().all()
    assert paths.loc[paths["node"] == 2, "value"].tolist() == ["node", "liver"]


def test_a_tree_without_a_split_puts_every_row_into_its_root() -> None:
    table, label = cohort()
    tree = ConditionalInferenceTree().fit(table[["ifng"]], label)

    assert len(tree.tree_.nodes) == 1
    assert set(tree.apply(table.assign(ifng=np.nan)).tolist()) == {1}
    assert tree.paths(table).empty
    assert tree.strata(table)["condition"].unique().tolist() == ["all"]


def test_left_out_rows_are_counted() -> None:
    table, label = cohort()
    table.iloc[:7, 0] = np.nan
    tree = ConditionalInferenceTree(missing="leave_out").fit(table, label)

    assert tree.tree_.left_out == 7
    assert tree.tree_.nodes[0].n == 193


# --- refusals -------------------------------------------------------------------------------------

SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "alpha 0": ({"alpha": 0}, "alpha=0: wanted a number above 0 and below 1"),
    "alpha 5": ({"alpha": 5}, "alpha=5: wanted a number above 0 and below 1"),
    "alpha text": ({"alpha": "0.05"}, "alpha='0.05': wanted a number above 0 and below 1"),
    "min_bucket": ({"min_bucket": 0}, "min_bucket=0: wanted a whole number from 1 or None"),
    "min_bucket share": (
        {"min_bucket": 0.05},
        "min_bucket=0.05: wanted a whole number from 1 or None",
    ),
    "min_split": ({"min_split": None}, "min_split=None: wanted a whole number from 2"),
    "max_depth": ({"max_depth": True}, "max_depth=True: wanted a whole number from 1 or None"),
    "missing": ({"missing": "drop"}, 'missing=\'drop\': wanted "refuse" or "leave_out"'),
}


@pytest.mark.parametrize(("settings", "complaint"), SETTINGS.values(), ids=SETTINGS.keys())
def test_bad_settings(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SamplesError) as caught:
        ConditionalInferenceTree(**settings).fit(*cohort(30))

    assert str(caught.value) == f"E940 Settings of the tree: 1 problem\n  - {complaint}"


def test_all_bad_settings_come_at_once() -> None:
    with pytest.raises(SamplesError, match="E940 Settings of the tree: 3 problems"):
        ConditionalInferenceTree(alpha=2, min_split=1, max_depth=0).fit(*cohort(30))


@pytest.mark.parametrize("what", ["apply", "predict", "class_proportions", "strata", "paths"])
def test_rows_before_a_fit(what: str) -> None:
    with pytest.raises(SamplesError) as caught:
        getattr(ConditionalInferenceTree(), what)(ROWS)

    assert str(caught.value) == "E943 The tree is not fitted; call fit(X, y) first."


@pytest.mark.parametrize("what", ["to_frame", "to_text", "candidates"])
def test_tables_before_a_fit(what: str) -> None:
    with pytest.raises(SamplesError, match="E943"):
        getattr(ConditionalInferenceTree(), what)()


def test_a_fit_that_fails_leaves_the_old_tree() -> None:
    tree = ConditionalInferenceTree().fit(*cohort())
    before = tree.tree_
    with pytest.raises(SamplesError):
        tree.fit(pd.DataFrame({"nlr": [1.0]}), ["a"])

    assert tree.tree_ is before


# --- scikit-learn ---------------------------------------------------------------------------------


def test_settings_by_name() -> None:
    tree = ConditionalInferenceTree(alpha=0.01)

    assert tree.set_params(min_bucket=9, max_depth=None) is tree
    assert tree.get_params() == {
        "alpha": 0.01,
        "min_bucket": 9,
        "min_split": 20,
        "max_depth": None,
        "missing": "refuse",
    }
    assert (
        repr(tree)
        == "ConditionalInferenceTree(alpha=0.01, min_bucket=9, min_split=20, max_depth=None,"
        " missing='refuse')"
    )
    with pytest.raises(TypeError, match="depth"):
        tree.set_params(depth=3)  # type: ignore[call-arg]


def test_scikit_learn_clones_and_knows_a_classifier() -> None:
    base = pytest.importorskip("sklearn.base")
    tree = ConditionalInferenceTree(alpha=0.2, min_bucket=11).fit(*cohort())
    copy = base.clone(tree)

    assert copy.get_params() == tree.get_params()
    assert not hasattr(copy, "tree_")
    assert base.is_classifier(tree)


def test_scikit_learn_cross_validates_searches_and_pipes() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    table, label = cohort()
    pipe = pipeline.Pipeline(
        [
            ("same", preprocessing.FunctionTransformer()),
            ("tree", ConditionalInferenceTree(min_bucket=10)),
        ]
    )
    scores = selection.cross_val_score(pipe, table, label, cv=4)
    search = selection.GridSearchCV(pipe, {"tree__max_depth": [1, 2]}, cv=3).fit(table, label)
    auc = selection.cross_val_score(pipe, table, label, cv=4, scoring="roc_auc")

    assert scores.min() > 0.5
    assert search.best_params_["tree__max_depth"] in {1, 2}
    assert auc.min() > 0.5
