"""The same trees as R's partykit::ctree: splits, node sizes, every statistic and p.

The figures in tests/data/partykit were made by the script beside them (make.R: R 4.2.2, partykit
1.2-16, libcoin 1.0-9). `hcc_*` are the three trees of the shared synthetic cohort, read from there;
`mixed_*` are trees of a simulated cohort with numbers, counts, ordered and unordered categories,
two, four and five classes, and ties.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.opinions import ConditionalInferenceTree
from resistype.opinions.tree_fit import log_p_chi2

DATA = Path(__file__).resolve().parents[1] / "data" / "partykit"
NODES = pd.read_csv(DATA / "nodes.tsv", sep="\t", keep_default_na=False)
CANDIDATES = pd.read_csv(DATA / "candidates.tsv", sep="\t")
CHISQ = pd.read_csv(DATA / "chisq.tsv", sep="\t")

GIVEN = ["ifng", "nlr", "cd163", "treg_teff", "afp", "albi", "ecog"]
ALL = ["score", "ratio", "count", "stage", "site", "steroid", "flat"]
FOR_SITE = ["score", "ratio", "count", "stage", "steroid", "two", "four"]
DEFAULT = {"min_bucket": 7, "min_split": 20, "max_depth": None}

SHARED = {
    "hcc_binary": ("pref", GIVEN, DEFAULT),
    "hcc_three": ("three", GIVEN, DEFAULT),
    "hcc_binary_30": ("pref", GIVEN, DEFAULT | {"min_bucket": 30}),
}
MIXED = {
    "mixed_two": ("two", ALL, DEFAULT),
    "mixed_four": ("four", ALL, DEFAULT),
    "mixed_four_deep": (
        "four",
        ALL,
        {"alpha": 0.6, "min_bucket": 5, "min_split": 12, "max_depth": None},
    ),
    "mixed_site": ("site", FOR_SITE, DEFAULT | {"alpha": 0.9, "min_bucket": 10}),
}


def mixed() -> pd.DataFrame:
    """The simulated cohort, its stage ordered."""
    table = pd.read_csv(DATA / "mixed.tsv", sep="\t")
    return table.assign(
        stage=pd.Categorical(table["stage"], ["I", "II", "III", "IV"], ordered=True)
    )


def grown(
    table: pd.DataFrame, label: str, covariates: list[str], settings: dict[str, Any]
) -> ConditionalInferenceTree:
    """Our tree with the settings of theirs."""
    return ConditionalInferenceTree(**settings).fit(table[covariates], table[label])


def our_nodes(tree: ConditionalInferenceTree) -> pd.DataFrame:
    """Our nodes in the columns of nodes.tsv."""
    rows = []
    for node in tree.tree_.nodes:
        cut = node.cut
        counts = zip(tree.tree_.classes, node.counts, strict=True)
        categorical = cut is not None and cut.column.kind == "categorical"
        rows.append(
            {
                "node": node.number,
                "kids": "|".join(map(str, node.children)),
                "variable": cut.column.name if cut else "",
                "cut": cut.column.words(cut.low) if cut and not categorical else "",
                "left": (
                    "|".join(sorted(cut.column.words(level) for level in cut.left)) if cut else ""
                ),
                "n": node.n,
                "counts": "|".join(f"{name}={count}" for name, count in counts),
            }
        )
    return pd.DataFrame(rows)


def their_nodes(name: str) -> pd.DataFrame:
    """partykit's nodes, cuts with the digits that people write."""
    table = NODES[NODES["tree"] == name].drop(columns="tree").reset_index(drop=True)
    number = table["cut"].str.fullmatch(r"-?[\d.]+(e-?\d+)?")
    return table.assign(
        cut=[
            f"{float(cut):.10g}" if yes else cut
            for cut, yes in zip(table["cut"], number, strict=True)
        ]
    )


def agrees(tree: ConditionalInferenceTree, name: str) -> None:
    """Assert that splits and sizes are the same, statistics and p to 1e-9."""
    pd.testing.assert_frame_equal(our_nodes(tree), their_nodes(name))
    ours = tree.candidates().set_index(["node", "covariate"])
    theirs = CANDIDATES[CANDIDATES["tree"] == name].set_index(["node", "variable"])
    assert len(theirs)
    found = ours.loc[theirs.index]
    # partykit prints a statistic of 0 as the smallest step of a double
    np.testing.assert_allclose(found["statistic"], theirs["statistic"], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(found["p_adjusted"], theirs["p_adjusted"], rtol=1e-9)
    np.testing.assert_allclose(
        found["log_p_adjusted"], np.log(theirs["p_adjusted"]), rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize("name", SHARED)
def test_the_three_trees_of_the_shared_cohort(name: str, shared: Path) -> None:
    table = pd.read_csv(shared / "science" / "golden" / "synthetic_hcc.csv")

    agrees(grown(table, *SHARED[name]), name)


@pytest.mark.parametrize("name", MIXED)
def test_trees_of_every_kind_of_covariate(name: str) -> None:
    agrees(grown(mixed(), *MIXED[name]), name)


def test_a_covariate_that_partykit_could_not_test_is_not_tested_here_either() -> None:
    """`flat` has one value everywhere; deeper down others lose all but one level."""
    for name, chosen in MIXED.items():
        tree = grown(mixed(), *chosen)
        tested = tree.candidates().query("reason_not_tested == ''")
        theirs = CANDIDATES[CANDIDATES["tree"] == name]
        nodes = set(theirs["node"])
        ours = {
            (node, one)
            for node, one in zip(tested["node"], tested["covariate"], strict=True)
            if node in nodes
        }
        assert ours == set(zip(theirs["node"], theirs["variable"], strict=True))


SECTIONS = {
    "binary default": "hcc_binary",
    "three-class default": "hcc_three",
    "binary minbucket30": "hcc_binary_30",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_figures_are_those_of_the_shared_print_out(section: str, shared: Path) -> None:
    """Both runs of R agree to the 12 digits of the print-out, which shows nodes 1, 2, 3 and 5."""
    text = (shared / "science" / "golden" / "partykit_out.txt").read_text(encoding="utf-8")
    part = text.split(f"===== {section}")[1].split("=====")[0]
    ours = CANDIDATES[CANDIDATES["tree"] == SECTIONS[section]].set_index(["node", "variable"])
    found = 0
    for node, block in re.findall(
        r"^node (\d+) \n(.*?)(?=^node |^pred)", part, flags=re.MULTILINE | re.DOTALL
    ):
        for variable, statistic, p in re.findall(
            r'^"(\w+)","\s*(\S+)","\s*(\S+)","', block, flags=re.MULTILINE
        ):
            row = ours.loc[int(node), variable]
            assert float(statistic) == pytest.approx(row["statistic"], rel=1e-9)
            assert float(p) == pytest.approx(row["p_adjusted"], rel=1e-9)
            found += 1
    assert found == 28


@pytest.mark.parametrize("row", range(len(CHISQ)))
def test_log_p_equals_r_where_p_underflows(row: int) -> None:
    case = CHISQ.iloc[row]

    assert log_p_chi2(case["statistic"], int(case["df"])) == pytest.approx(
        case["log_p"], rel=1e-11, abs=1e-15
    )


def test_the_recipe_stands_beside_the_figures() -> None:
    recipe = (DATA / "make.R").read_text(encoding="utf-8")

    assert "partykit 1.2-16" in recipe
    assert set(NODES["tree"]) == {*SHARED, *MIXED} == set(re.findall(r'tree_rows\("(\w+)"', recipe))
