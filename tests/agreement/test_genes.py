"""Genes that carried a change: each left out in turn, by score() itself, one gene at a time."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resistype import datasets
from resistype.agreement import Agreement, Change, Crossing, Matrices, carriers, compare_calls
from resistype.agreement.genes import SAME
from resistype.errors import SamplesError
from resistype.expression import as_expression
from resistype.library import Library, Signature, load_library
from resistype.scheme import Calls
from resistype.score import score
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

OPTIONS = CallOptions(n_jobs=1, stability=False)
LIST = "hallmark_ifng_without_ap"


def called(expression: pd.DataFrame, options: CallOptions = OPTIONS) -> Calls:
    demo = datasets.demo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classify(expression, samples=demo.samples, baseline="Pre", options=options)


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    return datasets.demo().expression


@pytest.fixture(scope="module")
def base(matrix: pd.DataFrame) -> Calls:
    return called(matrix)


def with_quantity(found: Agreement, quantity: str) -> Change:
    return next(c for c in found.changes if any(x.quantity == quantity for x in c.crossings))


def made(sample: str, quantity: str) -> Change:
    """A change in which one number crossed."""
    crossing = Crossing("ifng", f"{quantity} >= change", "score", quantity)
    return Change(
        sample, "ifng", "stable", "up", ("score",), ("stable", "up"), (crossing,), "made for a test"
    )


def without_every_third() -> tuple[Library, set[str]]:
    """The IFNγ list as version 2, and the genes it lost."""
    old = load_library()[LIST]
    dropped = set(sorted(old.genes)[::3])
    given = old.model_dump(mode="json")
    given["up"] = [
        gene
        for gene in given["up"]
        if (gene["symbol"] if isinstance(gene, dict) else gene) not in dropped
    ]
    return Library([Signature.model_validate({**given, "version": "2.0.0"})]), dropped


@pytest.mark.parametrize("method", ["singscore", "zscore"])
def test_influence_is_the_fall_of_the_score_without_the_gene(
    matrix: pd.DataFrame, base: Calls, method: str
) -> None:
    other = called(matrix, replace(OPTIONS, method=method))
    found = compare_calls(base, other)
    change = made("SIM-P20-Post", "ifng_change")
    table = carriers(found, change, Matrices(matrix), top=4)
    table = table[(table["quantity"] == "ifng_score") & (table["gene"] != "")]
    expression, genes = as_expression(matrix), load_library()[LIST].genes
    rows = [change.sample, str(base.design.loc[change.sample, "baseline_sample"])]
    used = expression.select(rows)

    assert len(table) == 4
    for row in table.itertuples():
        sets = {"all": list(genes), "without": [gene for gene in genes if gene != row.gene]}
        for side, name, shown in ((base, "ssgsea", row.first), (other, method, row.second)):
            scores = score(used, sets, method=name, n_jobs=1).to_frame()
            falls = scores["all"] - scores["without"]
            spread = side.quantities["ifng_score"].std(ddof=1)
            assert shown == pytest.approx((falls.iloc[0] - falls.iloc[1]) / spread, abs=1e-9)
        assert row.difference == pytest.approx(row.second - row.first)


def test_a_gene_that_was_raised_is_the_first_named(matrix: pd.DataFrame, base: Calls) -> None:
    sample = "SIM-P20-Pre"
    raised = [gene for gene in load_library()[LIST].genes if gene in matrix.columns][:12]
    changed = matrix.copy()
    changed.loc[sample, raised] = changed.loc[sample].max() + 1
    found = compare_calls(base, called(changed))
    table = carriers(found, made(sample, "ifng_level"), Matrices(matrix, changed), top=5)

    assert set(table["gene"]) - {""} <= set(raised)
    assert (table["difference"] > 0).all()


def test_genes_of_one_list_only_are_marked(matrix: pd.DataFrame, base: Calls) -> None:
    own, dropped = without_every_third()
    found = compare_calls(base, called(matrix, replace(OPTIONS, library=own)))
    change = made("SIM-P20-Post", "ifng_level")
    table = carriers(found, change, Matrices(matrix, library_second=own), top=400)
    marked = table[table["note"] == "only in the first list"]

    assert set(marked["gene"]) == {g for g in dropped if g in matrix.columns}
    assert marked["second"].isna().all()
    with pytest.raises(
        SamplesError,
        match=r"E997 'second' was scored with hallmark_ifng_without_ap@2\.0\.0; the library",
    ):
        carriers(found, change, Matrices(matrix))


def test_where_the_score_is_the_same_no_gene_is_blamed(matrix: pd.DataFrame, base: Calls) -> None:
    found = compare_calls(base, base)
    moved = replace(base, columns={**base.columns})
    other = compare_calls(base, shifted_level(moved))
    change = with_quantity(other, "ifng_level")
    table = carriers(other, change, Matrices(matrix))

    assert found.changes == ()
    assert table["gene"].tolist() == [""]
    assert table["note"].tolist() == [SAME]
    assert table["difference"].tolist() == [0.0]


def shifted_level(calls: Calls) -> Calls:
    """The same scores against a reference that lies 0.4 SD lower."""
    from resistype.scheme.apply import Column, apply_rules

    level = calls.columns["ifng_level"]
    columns = {**calls.columns, "ifng_level": Column(level.values + 0.4, level.reason)}
    return replace(calls, columns=columns, verdicts=apply_rules(calls.scheme, columns))


def test_a_mean_of_genes_falls_by_what_the_gene_adds(matrix: pd.DataFrame, base: Calls) -> None:
    changed = matrix.copy()
    genes = [gene for gene in load_library()["dysfunction_core"].genes if gene in changed.columns]
    sample = next(s for s, call in base.to_frame()["dysfunction"].items() if call == "absent")
    changed.loc[sample, genes] = changed.loc[sample, genes] * 16
    found = compare_calls(base, called(changed))
    change = next(c for c in found.changes if c.sample == sample and c.axis == "dysfunction")
    table = carriers(found, change, Matrices(matrix, changed), top=3)
    row = table[(table["quantity"] == "dysfunction_mean") & (table["gene"] != "")].iloc[0]
    log2 = as_expression(changed).select([sample]).log2()[0]
    places = {gene: k for k, gene in enumerate(as_expression(changed).genes)}
    values = np.array([log2[places[gene]] for gene in genes])
    rest = np.delete(values, genes.index(row["gene"]))
    spread = called(changed).quantities["dysfunction_mean"].std(ddof=1)

    assert row["second"] == pytest.approx((values.mean() - rest.mean()) / spread, abs=1e-9)


def test_another_matrix_is_refused(matrix: pd.DataFrame, base: Calls) -> None:
    found = compare_calls(base, called(matrix, replace(OPTIONS, method="singscore")))
    change = made("SIM-P20-Post", "ifng_level")
    others = matrix.rename(index=lambda name: f"other-{name}")
    with pytest.raises(SamplesError, match="E996 The matrix of 'first' has no sample"):
        carriers(found, change, Matrices(others))
