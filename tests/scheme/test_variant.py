"""Variants of a run: another method, another list; and what no reference may be taken for."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from resistype import datasets
from resistype.errors import CohortWarning, InputError, ReferenceDataError, SchemeError
from resistype.library import Library, load_library
from resistype.scheme import load_scheme
from resistype.scheme.reference import find_reference
from resistype.scheme.variant import anchor_for, by_method, merged_library, reference_for
from resistype.score import score
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.reference import fit_reference, in_genes

SCHEME = "acquired_resistance"
FAST = CallOptions(n_jobs=1, stability=False)


def shorter(name: str, version: str = "2.0.0") -> Library:
    """The shipped list without a third of its genes, as a new version."""
    old = load_library()[name]
    entries = [gene for number, gene in enumerate(old.genes) if number % 3]
    kept = {
        field: [g for g in getattr(old, field) if _symbol(g) in entries] for field in ("up", "down")
    }
    return Library([old.model_copy(update={**kept, "version": version})], source="mine")


def _symbol(gene: object) -> str:
    return str(getattr(gene, "symbol", gene))


def test_every_score_is_taken_by_the_other_method_and_the_version_says_so() -> None:
    scheme = load_scheme(SCHEME)
    other = by_method(scheme, "singscore")
    kinds = {name: (q.kind, q.method) for name, q in other.quantities.items()}

    assert other.version == f"{scheme.version}+singscore"
    assert {method for kind, method in kinds.values() if kind == "score"} == {"singscore"}
    assert {n: q for n, q in other.quantities.items() if q.kind != "score"} == {
        n: q for n, q in scheme.quantities.items() if q.kind != "score"
    }


@pytest.mark.parametrize("method", [None, "ssgsea"])
def test_the_method_in_use_changes_nothing(method: str | None) -> None:
    scheme = load_scheme(SCHEME)

    assert by_method(scheme, method) is scheme


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match=r"E607 .*nope"):
        by_method(load_scheme(SCHEME), "nope")


def test_a_scheme_without_scores_has_no_variant_by_method() -> None:
    scheme = load_scheme(SCHEME)
    plain = scheme.model_copy(update={"quantities": {"ifng_mean": scheme.quantities["ifng_mean"]}})
    with pytest.raises(SchemeError, match="S141 Scheme 'acquired_resistance' takes no scores"):
        by_method(plain, "singscore")


def test_scores_of_the_calls_are_those_of_the_method() -> None:
    demo = datasets.demo()
    calls = classify(
        demo.expression,
        samples=demo.samples,
        baseline="Pre",
        options=replace(FAST, method="singscore"),
    )
    wanted = score(demo.expression, ["benci_isg_rs"], method="singscore", n_jobs=1).to_frame()[
        "benci_isg_rs"
    ]

    np.testing.assert_allclose(
        calls.quantities["isg_rs_score"], wanted.to_numpy(), rtol=0, atol=1e-12
    )
    assert calls.run["scheme"]["version"] == "1.1.0+singscore"


def test_a_library_of_ones_own_stands_in_for_the_shipped_list() -> None:
    demo, own = datasets.demo(), shorter("benci_isg_rs")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CohortWarning)
        calls = classify(
            demo.expression,
            samples=demo.samples,
            baseline="Pre",
            options=replace(FAST, library=own),
        )
    wanted = score(demo.expression, own, n_jobs=1).to_frame()["benci_isg_rs"]

    np.testing.assert_allclose(
        calls.quantities["isg_rs_score"], wanted.to_numpy(), rtol=0, atol=1e-12
    )
    assert calls.coverage.loc["benci_isg_rs", "version"] == "benci_isg_rs@2.0.0"
    assert calls.coverage.loc["mhc1_core", "version"] == "mhc1_core@1.0.0"


def test_the_merged_library_has_every_name_once() -> None:
    own = shorter("benci_isg_rs", "0.9.0")
    merged = merged_library(own)

    assert set(merged) == set(load_library())
    assert merged["benci_isg_rs"].version == "0.9.0"
    assert merged_library(None) is load_library()


def test_a_reference_gives_its_scores_by_the_other_method() -> None:
    reference, scheme = find_reference("tcga_skcm"), by_method(load_scheme(SCHEME), "singscore")
    library, every = load_library(), np.ones(len(reference.universe), dtype=bool)
    fitted = in_genes(
        reference_for(reference, scheme, library), every, scheme=scheme, library=library, n_jobs=1
    )

    assert fitted.scheme == f"{SCHEME}@1.1.0+singscore"
    for name, stored in (("ifng_score", "ifng_score@singscore"), ("ifng_mean", "ifng_mean")):
        np.testing.assert_allclose(
            np.sort(fitted.values[name]), np.sort(reference.values[stored]), atol=5e-4
        )
    assert set(fitted.base_rates["basis"]) == {"reference samples"}


def test_a_reference_without_such_scores_is_refused_where_it_is_used() -> None:
    demo = datasets.demo()
    with pytest.raises(
        ReferenceDataError, match=r"R104 .*not for acquired_resistance@1\.1\.0\+ucell"
    ):
        classify(demo.expression, reference="tcga_skcm", options=replace(FAST, method="ucell"))


def test_a_reference_scored_with_another_list_is_refused() -> None:
    demo = datasets.demo()
    with pytest.raises(
        ReferenceDataError,
        match="R107 Reference 'tcga_skcm' was scored with other lists of benci_isg",
    ):
        classify(
            demo.expression,
            reference="tcga_skcm",
            options=replace(FAST, library=shorter("benci_isg_rs")),
        )


def test_the_same_list_under_another_version_is_no_other_list() -> None:
    old = load_library()["benci_isg_rs"]
    same = merged_library(Library([old.model_copy(update={"version": "1.0.1"})]))
    reference = find_reference("tcga_skcm")

    assert reference_for(reference, load_scheme(SCHEME), same) is reference


def test_an_anchor_without_such_scores_is_left_out_with_a_warning() -> None:
    scheme = by_method(load_scheme(SCHEME), "ucell")
    with pytest.warns(CohortWarning, match="W306 The anchor 'tcga_skcm' has no scores like these"):
        assert anchor_for("tcga_skcm", scheme, load_library()) is None
    assert anchor_for("", scheme, load_library()) is None


def test_a_reference_can_be_fitted_for_a_variant() -> None:
    demo = datasets.demo()
    before = demo.expression.loc[demo.samples.query("timepoint == 'Pre'").index]
    variant = by_method(load_scheme(SCHEME), "ucell")
    reference = fit_reference(before, variant, name="mine", n_jobs=1)

    assert reference.scheme.endswith("+ucell")
    assert reference_for(reference, variant, load_library()) is reference
