"""Case against controls: groups, pseudobulk, tests against scipy and scanpy, and what is
refused.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import stats

from resistype.curation.derive import Contrast, compare, groups_of, house_rows
from resistype.errors import SamplesError
from resistype.expression import Expression, ReadOptions, as_expression

GENES = ["TOX", "LAG3", "B2M", "IL7R", "GAPDH", "PDCD1"]


def table(states: str, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {"state": list(states), **columns}, index=[f"s{n}" for n in range(len(states))]
    )


def matrix(n: int, *, seed: int = 0, unit: str = "log2") -> Expression:
    rng = np.random.default_rng(seed)
    values = (
        rng.normal(5, 1, (n, len(GENES))).clip(0)
        if unit == "log2"
        else rng.poisson(20, (n, len(GENES))) * 1.0
    )
    frame = pd.DataFrame(values, columns=GENES, index=[f"s{k}" for k in range(n)])
    options: Any = ReadOptions(unit=unit)  # type: ignore[arg-type]
    return as_expression(frame, options)


def contrast(*controls: str, **more: Any) -> Contrast:
    return Contrast(case="state=a", controls=controls or ("state=b",), **more)


def test_groups_are_the_rows_that_were_named() -> None:
    data = matrix(7)

    groups = groups_of(data, table("aabbccb"), contrast("state=b", "state=c,b"))

    assert groups.names == ("state=a", "state=b", "state=c,b")
    np.testing.assert_array_equal(groups.values[0], data.log2()[:2])
    np.testing.assert_array_equal(groups.values[1], data.log2()[[2, 3, 6]])
    assert [len(rows) for rows in groups.values] == [2, 3, 5]


def test_samples_are_joined_by_name_and_not_by_place() -> None:
    data = matrix(4)

    groups = groups_of(data, table("abab").iloc[::-1], contrast())

    np.testing.assert_array_equal(groups.values[0], data.log2()[[0, 2]])


@pytest.mark.parametrize(
    ("made", "code", "message"),
    [
        (
            Contrast(case="stat=a", controls=("state=b",)),
            "E920",
            "'stat=a' names no column of the samples table. Did",
        ),
        (Contrast(case="state", controls=("state=b",)), "E920", "'state' names no column"),
        (
            Contrast(case="state=z", controls=("state=b",)),
            "E920",
            "Column 'state' has no sample with z.",
        ),
        (
            Contrast(case="state=a", controls=("state=a,b",)),
            "E920",
            "2 samples are in the case and in 'state=a,b'.",
        ),
        (
            Contrast(case="state=a", controls=("state=c",)),
            "E925",
            "'state=c' has 1 samples; at least 2 are needed",
        ),
        (
            Contrast(case="state=a", controls=("state=b",), replicate="pat"),
            "E903",
            "There is no column 'pat'.",
        ),
    ],
)
def test_what_names_nothing_is_refused(made: Contrast, code: str, message: str) -> None:
    with pytest.raises(SamplesError, match=re.escape(message)) as caught:
        groups_of(matrix(5), table("aabbc"), made)
    assert caught.value.code == code


def test_welch_is_that_of_scipy() -> None:
    data = matrix(11)
    groups = groups_of(data, table("aaaaabbbbbb"), contrast())

    found = compare(groups, GENES, contrast(), expressed=0.5)

    p = stats.ttest_ind(*groups.values, axis=0, equal_var=False).pvalue
    np.testing.assert_allclose(found["fdr"], stats.false_discovery_control(p), rtol=1e-12)
    np.testing.assert_allclose(
        found["effect"], groups.values[0].mean(0) - groups.values[1].mean(0), rtol=1e-12
    )


def test_a_gene_that_never_varies_is_no_finding() -> None:
    data = pd.DataFrame(
        {"TOX": [5.0] * 4, "B2M": [1.0, 2.0, 3.0, 4.0]}, index=[f"s{n}" for n in range(4)]
    )
    groups = groups_of(as_expression(data, ReadOptions(unit="log2")), table("aabb"), contrast())

    found = compare(groups, ["TOX", "B2M"], contrast(), expressed=0.5)

    assert found.loc["TOX", "fdr"] == 1.0
    assert found.loc["TOX", "effect"] == 0.0


@pytest.mark.parametrize("method", ["wilcoxon", "t-test_overestim_var"])
def test_tests_through_scanpy(method: Any) -> None:
    pytest.importorskip("scanpy")
    made = contrast(method=method)
    groups = groups_of(matrix(16, seed=2), table("aaaaaaaabbbbbbbb"), made)

    found = compare(groups, GENES, made, expressed=0.5)

    assert found["fdr"].between(0, 1).all()
    if method == "wilcoxon":
        p = [
            stats.ranksums(groups.values[0][:, g], groups.values[1][:, g]).pvalue
            for g in range(len(GENES))
        ]
        np.testing.assert_allclose(found["fdr"], stats.false_discovery_control(p), rtol=1e-6)


def test_the_smallest_effect_over_the_controls_counts() -> None:
    values = pd.DataFrame(
        {
            "TOX": [5.0, 5.1, 3.0, 3.1, 1.0, 1.1],
            "B2M": [5.0, 5.1, 6.0, 6.1, 1.0, 1.1],
            "IL7R": [1, 1.1, 2, 2.1, 5, 5.1],
        },
        index=[f"s{n}" for n in range(6)],
    )
    made = contrast("state=b", "state=c")
    groups = groups_of(as_expression(values, ReadOptions(unit="log2")), table("aabbcc"), made)

    found = compare(groups, list(values), made, expressed=0.5)

    np.testing.assert_allclose(found["effect"], [2.0, 0.0, -1.0])
    assert list(found.columns[-2:]) == ["effect against state=b", "effect against state=c"]


def test_detection_is_the_share_of_the_case() -> None:
    values = pd.DataFrame({"g": [0.0, 0.4, 2.0, 3.0, 9.0, 9.0]}, index=[f"s{n}" for n in range(6)])
    groups = groups_of(as_expression(values, ReadOptions(unit="log2")), table("aaaabb"), contrast())

    assert compare(groups, ["g"], contrast(), expressed=0.5)["detection"].tolist() == [0.5]


# pseudobulk


def slow_pseudobulk(data: Expression, mask: np.ndarray, units: np.ndarray) -> np.ndarray:
    rows = []
    values = (
        np.asarray(data.values.todense()) if sp.issparse(data.values) else np.asarray(data.values)
    )
    for unit in sorted(set(units[mask])):
        chosen = [n for n in range(len(units)) if mask[n] and units[n] == unit]
        if data.unit == "counts":
            total = values[chosen].sum(axis=0)
            rows.append(np.log2(total / total.sum() * 1e6 + 1))
        else:
            rows.append(data.log2()[chosen].mean(axis=0))
    return np.array(rows)


@pytest.mark.parametrize("unit", ["counts", "log2"])
@pytest.mark.parametrize("sparse", [False, True])
def test_pseudobulk_is_the_obvious_sum(unit: str, sparse: bool) -> None:
    data = matrix(30, unit=unit)
    if sparse:
        import dataclasses

        data = dataclasses.replace(data, values=sp.csr_matrix(np.asarray(data.values)))
    rng = np.random.default_rng(1)
    units, mask = rng.choice(["p1", "p2", "p3"], 30), rng.random(30) < 0.6

    found = house_rows(data, mask, units)

    np.testing.assert_allclose(found, slow_pseudobulk(data, mask, units), rtol=1e-12)


def test_blocks_do_not_change_pseudobulk(monkeypatch: pytest.MonkeyPatch) -> None:
    data = matrix(40, unit="counts")
    units = np.array([f"p{n % 5}" for n in range(40)])
    whole = house_rows(data, np.ones(40, bool), units)

    monkeypatch.setattr(sys.modules["resistype.curation.derive"], "BLOCK", 3)

    np.testing.assert_array_equal(house_rows(data, np.ones(40, bool), units), whole)


def test_cells_of_one_patient_are_one_replicate() -> None:
    states = table("aaaabbbb", patient=["p1", "p1", "p2", "p2", "p3", "p3", "p4", "p4"])

    groups = groups_of(matrix(8), states, contrast(replicate="patient"))

    assert [len(rows) for rows in groups.values] == [2, 2]


def test_a_single_patient_cannot_be_tested() -> None:
    states = table("aaaabbbb", patient=["p1"] * 4 + ["p3", "p3", "p4", "p4"])

    with pytest.raises(SamplesError, match="'state=a' has 1 replicates; at least 2 are needed"):
        groups_of(matrix(8), states, contrast(replicate="patient"))


def test_ten_copies_of_every_cell_change_no_p_value() -> None:
    data, states = (
        matrix(12, unit="counts"),
        table("aaaaaabbbbbb", patient=[f"p{n // 2}" for n in range(12)]),
    )
    frame = pd.DataFrame(np.asarray(data.values), columns=GENES, index=data.samples)
    copies = pd.concat([frame.set_axis([f"{name}-{k}" for name in frame.index]) for k in range(10)])
    many = pd.concat([states.set_axis([f"{name}-{k}" for name in states.index]) for k in range(10)])
    made = contrast(replicate="patient")

    once = compare(groups_of(data, states, made), GENES, made, expressed=0.5)
    tenfold = compare(
        groups_of(as_expression(copies, ReadOptions(unit="counts")), many, made),
        GENES,
        made,
        expressed=0.5,
    )

    np.testing.assert_allclose(tenfold["fdr"], once["fdr"], rtol=1e-9)


def test_a_contrast_in_words() -> None:
    text = str(Contrast(case="state=a", controls=("state=b", "state=c"), replicate="patient"))

    assert text == "state=a against state=b and against state=c (t-test, pseudobulk by patient)"
