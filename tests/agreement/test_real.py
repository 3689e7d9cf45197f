"""TCGA and Riaz: another method, another reference, another version of a list; kappa and every
reason checked.

The cohorts are public and lie beside the checkout; none of them is shipped. Version 2 of the IFNγ
list is made here by leaving out every fourth gene: it stands for a revision, not for a better list.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from resistype.agreement import Agreement, Matrices, carriers, compare_calls
from resistype.expression import Expression, read_expression
from resistype.library import Library, Signature, load_library
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions

from .agreement_check import check_kappa, check_reasons

pytestmark = [pytest.mark.slow]
LIST = "hallmark_ifng_without_ap"


def revised() -> Library:
    """The IFNγ list without every fourth gene, as version 2."""
    old = load_library()[LIST]
    dropped, given = set(sorted(old.genes)[::4]), old.model_dump(mode="json")
    given["up"] = [
        gene
        for gene in given["up"]
        if (gene["symbol"] if isinstance(gene, dict) else gene) not in dropped
    ]
    return Library([Signature.model_validate({**given, "version": "2.0.0"})], source="revised")


@dataclass
class Cohort:
    """A cohort with its calls as they are usually made."""

    name: str
    expression: Expression
    samples: dict[str, Any]
    other: str
    base: Calls

    def again(self, reference: str | None = None, **options: Any) -> Calls:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return classify(
                self.expression, reference=reference, options=CallOptions(**options), **self.samples
            )


@pytest.fixture(scope="module", params=["riaz", "tcga"])
def cohort(request: pytest.FixtureRequest, shared: Path) -> Cohort:
    folder = shared / "data"
    if request.param == "riaz":
        path, other = folder / "riaz_pairs" / "counts.symbols.parquet", "riaz_pre"
        samples: dict[str, Any] = {
            "samples": folder / "riaz_pairs" / "samples.tsv",
            "baseline": "Pre",
        }
    else:
        path, samples, other = folder / "tcga_skcm" / "log2tpm1.parquet", {}, "tcga_skcm"
    expression = read_expression(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = classify(expression, **samples)
    return Cohort(request.param, expression, samples, other, base)


def compared(cohort: Cohort, other: Calls, names: tuple[str, str]) -> Agreement:
    began = time.monotonic()
    found = compare_calls(cohort.base, other, names=names)
    seconds = time.monotonic() - began
    print(
        f"\n{cohort.name}: {names[0]} against {names[1]}, {len(found.samples)} samples in"
        f" {seconds:.2f} s"
    )
    print(
        found.summary()[
            ["n", "same", "kappa", "kappa_low", "kappa_high", "kappa_called", "n_called"]
        ].round(3)
    )
    check_kappa(found)
    check_reasons(found)
    return found


def test_ssgsea_against_singscore(cohort: Cohort) -> None:
    found = compared(cohort, cohort.again(method="singscore"), ("ssGSEA", "singscore"))

    assert found.axis("ifng").kappa.value > 0.9
    assert found.axis("dysfunction").kappa.value == 1.0  # it rests on means of genes, not on scores
    assert found.differences.set_index("what").loc["scores by"].tolist() == ["ssgsea", "singscore"]


def test_own_cohort_against_frozen_reference(cohort: Cohort) -> None:
    found = compared(
        cohort,
        cohort.again(reference=cohort.other, same_as=cohort.other),
        ("own cohort", cohort.other),
    )
    kinds = {kind for change in found.changes for kind in change.kinds}

    assert {"score", "unstable"} <= kinds
    assert "reference" in set(found.differences["what"])


def test_version_1_against_version_2_of_a_list_and_the_genes_that_carried_it(
    cohort: Cohort,
) -> None:
    found = compared(cohort, cohort.again(library=revised()), ("v1", "v2"))
    matrices = Matrices(cohort.expression, library_second=revised())
    asked = [
        change
        for change in found.changes
        if any(crossing.quantity for crossing in change.crossings)
    ]

    assert f"list {LIST}" in set(found.differences["what"])
    assert asked
    for change in asked:
        table = carriers(found, change, matrices)
        named = table[(table["gene"] != "") & table["note"].ne("")]
        assert len(table) > 1
        assert set(named["note"]) <= {"only in the first list"}
        assert table["note"].str.startswith("the score itself moves by").any()
