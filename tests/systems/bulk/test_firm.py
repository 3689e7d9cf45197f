"""How firm calls are: repeats, one-sided cohorts, other platforms, batches, purity; on real
cohorts.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import CohortWarning, ReferenceDataError, SamplesError
from resistype.expression import Expression, read_expression
from resistype.scheme import Calls, load_scheme
from resistype.scheme.apply import Verdicts
from resistype.scheme.reference import find_reference
from resistype.scheme.stability import Stability, take_back
from resistype.systems import classify
from resistype.systems.bulk.context import batch_columns, batch_floors, es_of_profile
from resistype.systems.bulk.measure import CallOptions
from resistype.systems.bulk.stability import kept_genes

QUICK = CallOptions(stability=False)
LIKE_TCGA = replace(QUICK, same_as="tcga_skcm")


@cache
def gide(shared: Path) -> Expression:
    return read_expression(shared / "data" / "gide" / "Gide_melanoma_PD1.expr.parquet")


@cache
def tcga(shared: Path) -> Expression:
    return read_expression(shared / "data" / "tcga_skcm" / "log2tpm1.parquet")


@cache
def tcga_calls(shared: Path, reference: str | None) -> Calls:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CohortWarning)  # W307, of 15 odd ones of its own
        return classify(tcga(shared), reference=reference, options=LIKE_TCGA)


@cache
def firm(shared: Path) -> Calls:
    return classify(gide(shared))


# ---------------------------------------------------------------- repeats


def test_every_label_is_firm_or_taken_back(shared: Path) -> None:
    calls = firm(shared)
    assert calls.stability is not None
    for axis in calls.scheme.axes:
        overall = calls.stability.overall(axis.id)
        labelled = np.isin(calls.verdicts.calls[axis.id], list(axis.labels))
        assert (overall[labelled] >= 0.7).all()
        changed = calls.verdicts.calls[axis.id] != calls.verdicts.rule_calls[axis.id]
        assert (calls.verdicts.calls[axis.id][changed] == "indeterminate").all()
        assert (overall[changed] < 0.7).all()


def test_some_calls_are_less_firm_than_others(shared: Path) -> None:
    overall = firm(shared).stability.overall("dysfunction")  # type: ignore[union-attr]

    assert np.nanmin(overall) < 0.85
    assert np.nanmax(overall) > 0.98


def test_firmness_grows_with_distance_from_the_threshold(shared: Path) -> None:
    calls = firm(shared)
    level = np.abs(calls.columns["ifng_level"].values)
    overall = calls.stability.overall("ifng")  # type: ignore[union-attr]
    near = np.abs(level - 0.5) < 0.1

    assert overall[near].mean() < overall[level > 1.0].mean()


def test_axes_that_rest_on_no_score_do_not_count_methods(shared: Path) -> None:
    shares = firm(shared).stability.shares["methods"]  # type: ignore[union-attr]

    assert np.isnan(shares["dysfunction"]).all()
    assert np.isnan(shares["antigen_presentation"]).all()
    assert set(np.round(shares["ifng"], 6)) <= {0.0, 0.5, 1.0}


def test_stability_stands_in_every_table(shared: Path) -> None:
    calls = firm(shared)

    assert calls.to_frame()["ifng_stability"].between(0, 1).all()
    assert calls.evidence(calls.samples[0]).query("axis == 'ifng'")["stability"].between(0, 1).all()


def test_nothing_is_firm_about_no_answer(shared: Path) -> None:
    calls = firm(shared)
    assert calls.stability is not None
    for axis in calls.scheme.axes:
        unanswered = calls.verdicts.calls[axis.id] == "not_assessable"
        np.testing.assert_array_equal(np.isnan(calls.stability.overall(axis.id)), unanswered)


def test_the_same_repeats_each_time_and_in_any_order(shared: Path) -> None:
    turned = gide(shared).select(list(gide(shared).samples[::-1]))
    again = classify(turned).to_frame()

    pd.testing.assert_frame_equal(
        again.loc[list(gide(shared).samples)], firm(shared).to_frame(), check_exact=True
    )


def test_genes_left_out_depend_on_seed_and_signature_only() -> None:
    plan = load_scheme("acquired_resistance").stability
    assert plan is not None
    first = kept_genes(np.ones(30, bool), plan, seed=1, signature="a")

    assert all(len(places) == 27 for places in first)
    assert [p.tolist() for p in kept_genes(np.ones(30, bool), plan, seed=1, signature="a")] == [
        p.tolist() for p in first
    ]
    assert [p.tolist() for p in kept_genes(np.ones(30, bool), plan, seed=1, signature="b")] != [
        p.tolist() for p in first
    ]
    assert all(
        len(places) == 2 for places in kept_genes(np.ones(3, bool), plan, seed=1, signature="a")
    )


def test_frozen_calls_of_one_sample_say_how_firm_they_are(shared: Path) -> None:
    one = tcga(shared).select([tcga(shared).samples[3]])
    calls = classify(one, reference="tcga_skcm", options=CallOptions(same_as="tcga_skcm"))
    assert calls.stability is not None

    assert np.isnan(calls.stability.shares["cohort"]["ifng"]).all()
    assert 0.0 <= calls.stability.overall("ifng")[0] <= 1.0
    assert not np.isnan(calls.stability.shares["methods"]["ifng"]).any()


def test_leaving_genes_out_does_not_move_a_frozen_level(shared: Path) -> None:
    """Mean over the repeats of the level with fewer genes is the level with all, within a tenth
    of an SD.
    """
    from resistype.library import load_library
    from resistype.systems.bulk.context import Context, Rows, build_panel
    from resistype.systems.bulk.quantities import measure, measure_basic
    from resistype.systems.bulk.stability import _without_genes

    scheme, library = load_scheme("acquired_resistance"), load_library()
    some = gide(shared).select(list(gide(shared).samples[:5]))
    context = Context(
        scheme, library, build_panel(some, scheme, library), reference=find_reference("tcga_skcm")
    )
    context.basic = measure_basic(context)
    rows = Rows.alone(np.arange(5))
    whole = measure(context, rows)["ifng_level"].values
    assert scheme.stability is not None
    repeats = [
        measure(c, rows)["ifng_level"].values for c in _without_genes(context, scheme.stability)
    ]

    np.testing.assert_allclose(np.mean(repeats, axis=0), whole, atol=0.1)
    assert np.std(repeats, axis=0).max() < 0.5


def test_es_of_a_profile_by_hand() -> None:
    assert es_of_profile(np.array([1.0, 1.0])) == pytest.approx(0.5)
    assert es_of_profile(np.array([0.5])) == pytest.approx(0.0)


def test_taking_back() -> None:
    plan = load_scheme("acquired_resistance").stability
    assert plan is not None
    calls = {"a": np.array(["up", "up", "not_assessable"], dtype=object)}
    none = {"a": np.array([0, 0, 1])}
    verdicts = Verdicts(
        calls, none, {"a": np.array(["", "", "no"], dtype=object)}, ((), (), ()), dict(calls)
    )
    shares = {"genes": {"a": np.array([0.9, 0.6, 0.1])}, "cohort": {"a": np.array([np.nan] * 3)}}
    found = take_back(verdicts, Stability(shares), plan)

    assert found.calls["a"].tolist() == ["up", "indeterminate", "not_assessable"]
    assert found.rule_calls["a"].tolist() == ["up", "up", "not_assessable"]
    assert (
        found.reasons["a"][1] == "call withheld: the rules say up, but only 60% of the repeats do"
    )


# ---------------------------------------------------------------- one-sided cohorts and other
# platforms


def hot(shared: Path, n: int = 40) -> Expression:
    scores = tcga_calls(shared, None).columns["ifng_score"].values
    names = np.array(tcga(shared).samples)[np.argsort(scores)[236:]]
    return tcga(shared).select(list(np.random.default_rng(0).choice(names, n, replace=False)))


def test_a_one_sided_cohort_is_not_called_by_its_own_ranks(shared: Path) -> None:
    calls = classify(hot(shared), options=LIKE_TCGA)

    assert next(iter(calls.run_caveats)) == "ONE_SIDED_COHORT"
    assert not len(calls.base_rates.query("axis == 'ifng'"))
    assert "ONE_SIDED_COHORT" in calls.run_caveats
    assert set(calls.verdicts.calls["ifng"]) == {"not_assessable"}
    assert set(calls.verdicts.rule_calls["ifng"]) == {
        f"cross_sectional_{w}" for w in ("high", "mid", "low")
    }
    assert (
        "the cohort is shifted (95% of 40 samples lie above the median of tcga_skcm)"
        in calls.verdicts.reasons["ifng"][0]
    )


def test_a_side_that_nobody_may_ask_about_is_said_first(shared: Path) -> None:
    calls = classify(hot(shared), options=QUICK)
    code, text = next(iter(calls.run_caveats.items()))

    assert code == "SIDE_UNKNOWN"
    assert "nobody has said that these data were made like tcga_skcm (same_as=)" in text
    assert calls.reference["shift"]["state"] == "cannot_tell"
    assert "not_assessable" not in set(calls.verdicts.calls["ifng"])


def test_the_frozen_reference_is_the_way_out(shared: Path) -> None:
    with pytest.warns(CohortWarning, match="W307 1 of 40 samples are not comparable"):
        calls = classify(hot(shared), reference="tcga_skcm", options=LIKE_TCGA)

    assert (calls.verdicts.calls["ifng"] == "cross_sectional_low").mean() < 0.05
    assert (calls.verdicts.calls["ifng"] == "cross_sectional_high").mean() > 0.5


def test_the_check_can_be_left_out(shared: Path) -> None:
    calls = classify(hot(shared), options=CallOptions(stability=False, anchor=""))

    assert "ONE_SIDED_COHORT" not in calls.run_caveats
    assert "shift" not in calls.reference


def test_mixed_cohorts_are_not_called_one_sided(shared: Path) -> None:
    names = list(np.random.default_rng(4).choice(tcga(shared).samples, 40, replace=False))
    calls = classify(tcga(shared).select(names), options=LIKE_TCGA)

    assert calls.reference["shift"]["state"] == "not"
    assert 0.2 < calls.reference["shift"]["above"] < 0.8


def test_another_pipeline_cannot_be_placed_though_it_was_said_to_be_the_same(shared: Path) -> None:
    calls = classify(gide(shared), options=LIKE_TCGA)

    assert calls.reference["shift"]["reason"] == "0 of 41 samples can be compared with tcga_skcm"
    assert next(iter(calls.run_caveats)) == "SIDE_UNKNOWN"


def test_a_frozen_reference_does_not_flip_calls(shared: Path) -> None:
    whole = tcga_calls(shared, "tcga_skcm").to_frame()
    rng = np.random.default_rng(2)
    for n in (8, 20, 100):
        names = list(rng.choice(tcga(shared).samples, n, replace=False))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CohortWarning)
            part = classify(
                tcga(shared).select(names), reference="tcga_skcm", options=LIKE_TCGA
            ).to_frame()
        for axis in ("ifng", "antigen_presentation", "dysfunction"):
            assert (part[axis] == whole.loc[names, axis]).all()


def test_own_cohort_calls_do_flip(shared: Path) -> None:
    whole = tcga_calls(shared, None).to_frame()
    names = list(np.random.default_rng(2).choice(tcga(shared).samples, 12, replace=False))
    with pytest.warns(CohortWarning):
        part = classify(tcga(shared).select(names), options=QUICK).to_frame()

    assert (part["ifng"] != whole.loc[names, "ifng"]).any() or (
        part["dysfunction"] != whole.loc[names, "dysfunction"]
    ).any()


def test_another_platform_is_not_compared(shared: Path) -> None:
    """Riaz as log2(CPM+1) is measured in another way than TCGA as log2(TPM+1): what is placed among
    the reference is not assessable, the patients' own changes are called.
    """
    folder = shared / "data" / "riaz_pairs"
    with pytest.warns(CohortWarning, match="W307 109 of 109 samples are not comparable"):
        calls = classify(
            read_expression(folder / "counts.symbols.parquet"),
            samples=folder / "samples.tsv",
            baseline="Pre",
            reference="tcga_skcm",
            options=QUICK,
        )

    assert next(iter(calls.run_caveats)) == "NOT_COMPARABLE"
    assert set(calls.design["comparable"]) == {"no"}
    for axis in ("antigen_presentation", "dysfunction"):
        assert set(calls.verdicts.calls[axis]) == {"not_assessable"}
        assert all(
            "measured in another way than tcga_skcm" in r for r in calls.verdicts.reasons[axis]
        )
    assert {"up", "down", "stable"} <= set(calls.verdicts.calls["ifng"])
    assert set(calls.verdicts.calls["isg_rs"]) == {"not_assessable"}


def test_counts_cannot_be_said_to_be_tpm(shared: Path) -> None:
    data = read_expression(shared / "data" / "riaz_pairs" / "counts.symbols.parquet")
    with pytest.raises(ReferenceDataError, match="R110 You said that these data were made like"):
        classify(data, reference="tcga_skcm", options=LIKE_TCGA)


def test_what_is_said_to_be_the_same_is_what_is_compared_with(shared: Path) -> None:
    with pytest.raises(
        ReferenceDataError, match="R111 The data are said to be made like 'riaz_pre'"
    ):
        classify(gide(shared), reference="tcga_skcm", options=replace(QUICK, same_as="riaz_pre"))


# ---------------------------------------------------------------- batches


def with_floor_in(expression: Expression, genes: list[str], rows: np.ndarray) -> Expression:
    values = expression.values.copy()
    for column in expression.index.match(genes).columns:
        values[rows, column] = values.min()
    return replace(expression, values=values)


@pytest.mark.parametrize("named", [True, False])
def test_genes_at_the_floor_in_one_batch(shared: Path, named: bool) -> None:
    batch = np.array(["A", "B"])[(np.arange(41) >= 30).astype(int)]
    table = pd.DataFrame({"sample": gide(shared).samples, "plate": batch})
    data = with_floor_in(gide(shared), ["TAP1", "TAP2"], batch == "B")
    calls = classify(
        data, samples=table, options=CallOptions(stability=False, batch="plate" if named else None)
    )
    found = calls.verdicts.calls["antigen_presentation"]

    assert set(found[batch == "B"]) == {"not_assessable"}
    assert "not_assessable" not in set(found[batch == "A"])
    reason = calls.verdicts.reasons["antigen_presentation"][35]
    assert "TAP1 below 1 TPM in 100% of plate B; TAP2 below 1 TPM in 100% of plate B" in reason


@pytest.mark.parametrize(("column", "lost"), [("batch", 0), ("response", 3)])
def test_a_loss_in_some_of_a_group_is_a_fault_only_in_a_batch(
    shared: Path, column: str, lost: int
) -> None:
    """Three of eleven samples without B2M: in a batch it may be the measurement, in a group of
    patients it is called.
    """
    group = np.array(["A", "B"])[(np.arange(41) >= 30).astype(int)]
    table = pd.DataFrame({"sample": gide(shared).samples, column: group})
    data = with_floor_in(gide(shared), ["B2M"], np.arange(41) >= 38)
    calls = classify(data, samples=table, options=QUICK)
    found = calls.verdicts.calls["antigen_presentation"]

    assert (found[38:] == "defect_one_gene").sum() == lost
    assert (found[30:] == "not_assessable").sum() == (0 if lost else 11)


def test_a_batch_that_is_not_in_the_table(shared: Path) -> None:
    table = pd.DataFrame({"sample": gide(shared).samples, "plate": "A"})
    with pytest.raises(
        SamplesError,
        match="E903 The samples table has no column 'run' for the batch; its columns are: plate",
    ):
        classify(gide(shared), samples=table, options=CallOptions(stability=False, batch="run"))


def test_which_columns_may_be_a_batch() -> None:
    table = pd.DataFrame(
        {"patient": list("aabbcc"), "plate": list("xxxyyy"), "id": list("abcdef"), "one": ["z"] * 6}
    )

    assert batch_columns(table, None, patient="patient") == ["plate"]
    assert batch_columns(None, None, patient="patient") == []


def test_two_samples_are_no_batch() -> None:
    low = np.array([[True], [True], [False], [False], [False], [False]])
    table = pd.DataFrame({"plate": list("xxyyyy")})

    assert list(batch_floors(low, table, ["plate"])) == []


# ---------------------------------------------------------------- purity


def test_purity_is_a_covariate_where_it_is_known(shared: Path) -> None:
    samples = pd.read_csv(shared / "data" / "tcga_skcm" / "samples.tsv", sep="\t")
    name = next(c for c in samples.columns if "purity" in c.lower())
    table = pd.DataFrame(
        {
            "sample": samples.iloc[:, 0],
            "purity": pd.to_numeric(samples[name], errors="coerce").clip(0, 1),
        }
    )
    known = table["purity"].notna()
    some = tcga(shared).select(list(table.loc[known, "sample"].iloc[:150]))
    calls = classify(some, samples=table, options=QUICK)
    plain = classify(some, options=QUICK)

    assert "PURITY" not in calls.run_caveats
    difference = calls.quantities["mhc1_residual"] - plain.quantities["mhc1_residual"]
    assert difference.abs().max() > 0.01
    assert calls.quantities["mhc1_residual"].std() <= plain.quantities["mhc1_residual"].std() + 0.02


@pytest.mark.parametrize("value", [1.7, -0.1, "high"])
def test_a_purity_that_is_none(shared: Path, value: object) -> None:
    table = pd.DataFrame({"sample": gide(shared).samples, "purity": [value, *[0.5] * 40]})
    with pytest.raises(SamplesError, match="E922 Column 'purity' of the samples table: 1 problem"):
        classify(gide(shared), samples=table, options=QUICK)
