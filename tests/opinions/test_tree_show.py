"""The tree as tables and in words: everything that was computed is there, and what must be said
beside it.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from resistype.opinions import ConditionalInferenceTree, bootstrap_tree
from resistype.opinions.tree_show import ONE_TREE, caveats


def cohort(n: int = 160) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {"nlr": rng.integers(100, 500, n) / 100, "albi": rng.normal(size=n), "flat": 1.0}
    )
    table.loc[:2, "nlr"] = 3.0
    label = np.where((table["nlr"] > 3.0) ^ (rng.random(n) < 0.1), "PRef", "Resp")
    return table, pd.Series(label, name="pref")


@pytest.fixture(scope="module")
def tree() -> ConditionalInferenceTree:
    return ConditionalInferenceTree(max_depth=1).fit(*cohort())


def test_one_row_a_node(tree: ConditionalInferenceTree) -> None:
    frame = tree.to_frame()
    table, label = cohort()
    left = table["nlr"] <= 3.0

    assert frame["node"].tolist() == [1, 2, 3]
    assert frame["parent"].tolist()[1:] == [1, 1]
    assert pd.isna(frame.loc[0, "parent"])
    assert frame["condition"].tolist() == ["all", "nlr <= 3", "nlr > 3"]
    assert frame["n"].tolist() == [160, left.sum(), (~left).sum()]
    assert frame.loc[1, "n_PRef"] == ((label == "PRef") & left).sum()
    assert frame.loc[1, "fraction_PRef"] == frame.loc[1, "n_PRef"] / frame.loc[1, "n"]
    assert (frame["low_PRef"] <= frame["fraction_PRef"]).all()
    assert (frame["fraction_PRef"] <= frame["high_PRef"]).all()


def test_the_cut_is_there_with_its_gap_and_who_lies_on_it(tree: ConditionalInferenceTree) -> None:
    root = tree.to_frame().iloc[0]
    above = cohort()[0]["nlr"].where(lambda nlr: nlr > 3.0).min()

    assert (root["covariate"], root["split"], root["cut"], root["at_cut"]) == (
        "nlr",
        "nlr <= 3",
        3.0,
        4,
    )
    assert root["next_value"] == above
    assert root["midpoint"] == pytest.approx((3.0 + above) / 2)
    assert root["reason_no_split"] == ""
    assert root["p_adjusted"] == tree.tree_.nodes[0].candidates[0].p_adjusted


def test_leaves_say_why_they_are_leaves(tree: ConditionalInferenceTree) -> None:
    leaves = tree.to_frame().iloc[1:]

    assert (
        leaves["reason_no_split"]
        .str.startswith("No split is supported at alpha = 0.05; nearest is ")
        .all()
    )
    assert leaves[["cut", "midpoint", "statistic", "p_adjusted"]].isna().all(axis=None)


def test_one_row_a_node_and_covariate(tree: ConditionalInferenceTree) -> None:
    frame = tree.candidates()

    assert len(frame) == 9
    assert frame["covariate"].tolist() == ["nlr", "albi", "flat"] * 3
    assert frame["chosen"].tolist() == [True] + [False] * 8
    assert set(frame.loc[frame["covariate"] == "flat", "reason_not_tested"]) == {
        "all values are the same here"
    }
    tested = frame[frame["reason_not_tested"] == ""]
    np.testing.assert_allclose(tested["p_adjusted"], tested["p"] * (2 - tested["p"]), rtol=1e-9)
    np.testing.assert_allclose(np.exp(tested["log_p"]), tested["p"])


# --- words ----------------------------------------------------------------------------------------


def test_the_words_hold_every_node_test_and_interval(tree: ConditionalInferenceTree) -> None:
    text = tree.to_text()

    assert "Conditional inference tree of pref on 3 covariates, 160 observations." in text
    assert "alpha 0.05 after Šidák's adjustment" in text
    assert "at least 20 observations in a leaf; at most 1 level of splits." in text
    for node in tree.tree_.nodes:
        assert f"[{node.number}] {node.rule or 'all'}: n = {node.n}" in text
    assert text.count("all tests: nlr ") == 3
    assert text.count("flat not tested (all values are the same here)") == 3
    assert text.count("95 % interval") == 6
    assert "left: nlr <= 3; right: nlr > 3" in text
    assert re.search(
        r"at the cut: next value 3\.\d+, midpoint 3\.\d+; 4 observations lie exactly at 3, on the"
        r" lower",
        text,
    )


def test_the_words_carry_the_caveats(tree: ConditionalInferenceTree) -> None:
    text = tree.to_text()

    assert "RUO: Research use only; not for treatment decisions." in text
    assert re.search(
        r"CUT_OPTIMISED: The cut was chosen on these data; its p is optimistic; corrected p: \S+"
        r" for nlr",
        text,
    )
    assert f"ONE_TREE: {ONE_TREE}" in text
    assert "No bootstrap was given (resistype.opinions.bootstrap_tree)." in text
    assert "not the chance that a patient responds to a treatment" in text


def test_the_bootstrap_stands_in_the_words_when_it_is_given(tree: ConditionalInferenceTree) -> None:
    boot = bootstrap_tree(tree, *cohort(), n=12)
    text = tree.to_text(boot)

    assert boot.to_text() in text
    assert "No bootstrap was given" not in text


def test_no_split_is_a_result_with_a_sentence() -> None:
    table, label = cohort()
    tree = ConditionalInferenceTree().fit(table[["albi"]], label)
    text = tree.to_text()

    assert "No split is supported at alpha = 0.05; nearest is albi (adjusted p 0." in text
    assert "That is a result: these covariates do not divide this cohort." in text
    assert set(caveats(tree.tree_)) == {"RUO", "ONE_TREE"}
    assert len(tree.to_frame()) == 1


def test_rows_that_were_left_out_are_told() -> None:
    table, label = cohort()
    table.loc[3:6, "albi"] = np.nan
    text = ConditionalInferenceTree(missing="leave_out", max_depth=None).fit(table, label).to_text()

    assert "156 observations.\n4 rows that lacked a covariate or the label were left out." in text
    assert "no limit to the levels" in text


def test_nothing_is_called_a_prediction(tree: ConditionalInferenceTree) -> None:
    """The label may be a response; the tree describes it."""
    words = tree.to_text(bootstrap_tree(tree, *cohort(), n=3)).lower()

    assert "predict" not in words
    assert "probability" not in words


def test_the_same_tree_gives_the_same_words() -> None:
    assert (
        ConditionalInferenceTree().fit(*cohort()).to_text()
        == ConditionalInferenceTree().fit(*cohort()).to_text()
    )
