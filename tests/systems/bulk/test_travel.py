"""Calls on cohorts that nobody here has seen: the acceptance table of the recipe, through
`classify`, on the shared data. Seeds are named; each figure stands beside what it must reach.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.expression import Expression, read_expression
from resistype.library import load_library
from resistype.scheme import Calls, Reference
from resistype.scheme.reference import find_reference
from resistype.systems import classify
from resistype.systems.bulk import CallOptions, check_reference, fit_reference

QUICK = CallOptions(stability=False)
MHC1 = load_library()["mhc1_core"].genes
DEFECTS = ("defect_expression", "defect_one_gene")
AXES = ("ifng", "antigen_presentation", "dysfunction")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What cannot be compared warns; here that is what is asked about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def tcga(shared: Path) -> Expression:
    return read_expression(shared / "data" / "tcga_skcm" / "log2tpm1.parquet")


@cache
def melanoma(shared: Path, name: str) -> Expression:
    return read_expression(
        shared / "data" / name.lower() / f"{name.title()}_melanoma_PD1.expr.parquet"
    )


@cache
def riaz(shared: Path, when: str) -> Expression:
    folder = shared / "data" / "riaz_pairs"
    table = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0)
    data = read_expression(folder / "counts.symbols.parquet")
    return data.select([name for name in data.samples if table.loc[name, "timepoint"] == when])


def cohort(shared: Path, name: str) -> Expression:
    return riaz(shared, "Pre") if name == "riaz" else melanoma(shared, name)


@cache
def halves(shared: Path) -> tuple[Reference, Expression]:
    """A reference of one half of TCGA, and the other half."""
    order = np.random.default_rng(7).permutation(472)
    names = np.array(tcga(shared).samples, dtype=object)[order]
    first = tcga(shared).select(list(names[:236]))
    return fit_reference(first, name="half", about={"tumour_type": "melanoma"}), tcga(
        shared
    ).select(list(names[236:]))


def linear(data: Expression) -> tuple[np.ndarray, str]:
    """Values in a linear unit, and its name."""
    if data.unit == "counts":
        return np.array(data.values, dtype=float), "counts"
    return 2.0 ** data.log2() - 1.0, "tpm"


def divided(data: Expression, genes: tuple[str, ...], rows: np.ndarray, fold: float) -> Expression:
    """Some genes divided in some samples; an infinite fold silences them."""
    values, unit = linear(data)
    columns = data.index.match(genes).columns
    values[np.ix_(rows, columns[columns >= 0])] /= fold
    return replace(
        data, values=np.maximum(np.round(values) if unit == "counts" else values, 0.0), unit=unit
    )  # type: ignore[arg-type]


def calls_of(calls: Calls, axis: str) -> np.ndarray:
    return calls.verdicts.calls[axis]


# ---------------------------------------------------------------- equal genes


@pytest.mark.parametrize(("gone", "same"), [(0.10, 0.98), (0.19, 0.98), (0.30, 0.97)])
def test_tcga_without_its_lowest_genes(shared: Path, gone: float, same: float) -> None:
    """Shift 0.00, 0.00, −0.01 SD; level and calls of the other axes stay; not one sample lost."""
    order = np.argsort(np.median(tcga(shared).log2(), axis=0), kind="stable")
    cut = tcga(shared).restrict(np.sort(order[int(order.size * gone) :]))
    like = replace(QUICK, same_as="tcga_skcm")
    whole, part = (classify(d, reference="tcga_skcm", options=like) for d in (tcga(shared), cut))
    shift = part.quantities["ifng_level"] - whole.quantities["ifng_level"]

    assert abs(shift.median()) <= 0.02
    assert part.design["comparable"].tolist() == whole.design["comparable"].tolist()
    for axis in AXES:
        assert np.mean(calls_of(part, axis) == calls_of(whole, axis)) >= same, axis


# ---------------------------------------------------------------- comparability


def test_who_passes_the_check(shared: Path) -> None:
    half, other = halves(shared)
    own = {
        "half": half,
        "riaz_pre": find_reference("riaz_pre"),
        "tcga_skcm": find_reference("tcga_skcm"),
    }
    passing = [("half", other, 0.94), ("riaz_pre", riaz(shared, "On"), 0.85)]
    for name, data, least in passing:
        assert (check_reference(data, own[name])["alike"] == "yes").mean() >= least
    others = [
        ("tcga_skcm", riaz(shared, "Pre")),
        *((r, melanoma(shared, c)) for r in ("tcga_skcm", "riaz_pre") for c in ("gide", "hugo")),
        ("riaz_pre", tcga(shared)),
    ]
    for name, data in others:
        assert (check_reference(data, own[name])["alike"] == "yes").mean() <= 0.02, name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("half", "other"),
        ("riaz_pre", "on"),
        ("tcga_skcm", "riaz"),
        ("tcga_skcm", "gide"),
        ("half", "hugo"),
    ],
)
def test_no_sample_is_called_more_boldly_alone_than_in_company(
    shared: Path, reference: str, name: str
) -> None:
    """Even where the user says, wrongly, that the data are the same; 20 samples each, seed 3."""
    half, other = halves(shared)
    data = {"other": other, "on": riaz(shared, "On")}.get(name) or cohort(shared, name)
    chosen = half if reference == "half" else find_reference(reference)
    told = replace(QUICK, same_as=chosen.name)
    if (chosen.about["unit"] == "counts") != (data.unit == "counts"):
        data = replace(data, values=data.log2(), unit="log2")  # its unit is not known any more
    together = classify(data, reference=chosen, options=told)
    names = np.random.default_rng(3).choice(data.samples, 20, replace=False)
    for one in names:
        alone = classify(data.select([str(one)]), reference=chosen, options=told)
        for axis in AXES:
            call, known = calls_of(alone, axis)[0], calls_of(together, axis)[together.row(str(one))]
            assert call in (known, "not_assessable", "indeterminate"), (one, axis)


def test_nine_samples_are_not_assessable_alone_and_together(shared: Path) -> None:
    nine = riaz(shared, "Pre").select(list(riaz(shared, "Pre").samples[:9]))
    with pytest.warns(UserWarning, match="W307 9 of 9 samples are not comparable with tcga_skcm"):
        together = classify(nine, reference="tcga_skcm", options=QUICK)
    for name in (*nine.samples, None):
        one = (
            together
            if name is None
            else classify(nine.select([name]), reference="tcga_skcm", options=QUICK)
        )
        for axis in (*AXES, "isg_rs"):
            assert set(calls_of(one, axis)) == {"not_assessable"}
            assert all("measured in another way" in r for r in one.verdicts.reasons[axis])


# ---------------------------------------------------------------- one-sided cohorts


def test_one_sided_cohorts_of_the_same_pipeline_are_seen(shared: Path) -> None:
    """40 of the inflamed half of the other half of TCGA, and 40 at random: 50 draws, seed 7."""
    half, other = halves(shared)
    level = classify(other, reference=half, options=replace(QUICK, same_as="half"))
    scores = level.columns["ifng_score"].values
    rng, caught, false = np.random.default_rng(7), 0, 0
    hot = np.flatnonzero(scores >= np.median(scores))
    for _ in range(50):
        for pool, is_hot in ((hot, True), (np.arange(236), False)):
            rows = rng.choice(pool, 40, replace=False)
            part = other.select([other.samples[row] for row in rows])
            shift = classify(
                part, reference=half, options=replace(QUICK, same_as="half")
            ).reference["shift"]
            seen = shift["state"] == "one_sided"
            caught, false = caught + (seen and is_hot), false + (seen and not is_hot)

    assert caught / 50 >= 0.95
    assert false / 50 <= 0.01


# ---------------------------------------------------------------- antigen presentation


def test_a_gene_that_is_noise_everywhere_says_nothing(shared: Path) -> None:
    """B2M about 0.1 TPM in all: never equal, never at one floor."""
    data = melanoma(shared, "gide")
    values = 2.0 ** data.log2() - 1.0
    noise = np.abs(np.random.default_rng(7).normal(0.1, 0.05, 41))
    values[:, data.index.match(("B2M",)).columns[0]] = noise
    calls = classify(replace(data, values=values, unit="tpm"), options=QUICK)

    assert Counter(calls_of(calls, "antigen_presentation")) == {"not_assessable": 41}
    assert (
        "B2M below 1 TPM in 100% of the cohort" in calls.verdicts.reasons["antigen_presentation"][0]
    )


def test_two_genes_silent_in_most_of_one_batch(shared: Path) -> None:
    data = melanoma(shared, "gide")
    batch = np.where(np.arange(41) < 14, "S", "bam")
    noisy = divided(data, ("TAP1", "TAP2"), np.arange(12), 1e6)
    table = pd.DataFrame({"sample": data.samples, "batch": batch})
    calls = classify(noisy, samples=table, options=QUICK)
    lost = calls_of(calls, "antigen_presentation") == "not_assessable"

    assert (int(lost[batch == "S"].sum()), int(lost[batch != "S"].sum())) == (14, 0)


@pytest.mark.parametrize(("name", "intact"), [("riaz", 42), ("gide", 34), ("hugo", 24)])
def test_untouched_cohorts_have_no_defect(shared: Path, name: str, intact: int) -> None:
    calls = classify(cohort(shared, name), options=QUICK)
    found = Counter(calls_of(calls, "antigen_presentation"))

    assert not any(found[defect] for defect in DEFECTS)
    assert abs(found["intact"] - intact) <= 1


@pytest.mark.parametrize(
    ("genes", "fold"),
    [
        (MHC1, 8.0),
        (MHC1, 16.0),
        (("B2M",), 16.0),
        (("TAP1",), 16.0),
        (("B2M",), np.inf),
        (("TAP1",), np.inf),
    ],
    ids=["eight /8", "eight /16", "B2M /16", "TAP1 /16", "B2M silent", "TAP1 silent"],
)
def test_planted_losses_in_a_tenth_of_a_cohort(
    shared: Path, genes: tuple[str, ...], fold: float
) -> None:
    """Riaz pre, Gide and Hugo, three draws each, seed 7; the rest of the cohort stays called."""
    rng, hits, false, n_false = np.random.default_rng(7), [], 0, 0
    for name in ("riaz", "gide", "hugo"):
        data = cohort(shared, name)
        for _ in range(3):
            rows = rng.choice(data.n_obs, max(2, data.n_obs // 10), replace=False)
            calls = classify(divided(data, genes, rows, fold), options=QUICK)
            found = np.isin(calls_of(calls, "antigen_presentation"), DEFECTS)
            hits += found[rows].tolist()
            rest = np.setdiff1d(np.arange(data.n_obs), rows)
            false, n_false = false + int(found[rest].sum()), n_false + rest.size

    least = {8.0: 0.9, 16.0: 0.95 if len(genes) > 1 else 0.85, np.inf: 0.95}[fold]
    assert np.mean(hits) >= least
    assert false / n_false <= 0.01


def test_silencing_together_with_interferon_is_never_intact(shared: Path) -> None:
    data = melanoma(shared, "gide")
    both = (*MHC1, *load_library()["hallmark_ifng_without_ap"].genes)
    calls = classify(divided(data, both, np.array([5]), 16.0), options=QUICK)

    assert calls_of(calls, "antigen_presentation")[5] == "low_with_interferon"


def test_the_real_case_of_coordinated_silencing(shared: Path) -> None:
    data = read_expression(shared / "data" / "su2c_nsclc" / "su2c_io_combo.expr.parquet")
    calls = classify(data, options=QUICK)
    headline = calls.headline("SU2CLC_MSK_A2009")

    assert (
        calls_of(calls, "antigen_presentation")[calls.row("SU2CLC_MSK_A2009")]
        == "low_with_interferon"
    )
    assert "MHC class I low together with the IFNγ response" in headline


def test_a_key_gene_that_no_sample_has(shared: Path) -> None:
    data = melanoma(shared, "gide")
    keep = np.array([gene != "TAP1" for gene in data.genes])
    calls = classify(data.restrict(np.flatnonzero(keep)), options=QUICK)

    assert set(calls_of(calls, "antigen_presentation")) == {"not_assessable"}
    reason = calls.verdicts.reasons["antigen_presentation"][0]
    assert reason == "a key gene was not measured (TAP1 is not in the data)"


def test_dna_and_expression_are_put_together_in_words(shared: Path) -> None:
    data = melanoma(shared, "gide")
    lost = divided(data, MHC1, np.array([0]), 16.0)
    table = pd.DataFrame(
        {"sample": data.samples, "genomic": ["B2M:frameshift"] * 2 + ["none"] * 39}
    )
    calls = classify(lost, samples=table, options=QUICK)

    assert set(calls_of(calls, "antigen_presentation")[:2]) == {"defect_genomic"}
    assert "DNA_AND_EXPRESSION" in calls.caveats(data.samples[0])
    assert "DNA_WITHOUT_EXPRESSION" in calls.caveats(data.samples[1])


# ---------------------------------------------------------------- T cells, absolutely


def test_without_t_cells_there_is_no_dysfunction(shared: Path) -> None:
    """No T-cell gene above 0.3 TPM: a quarter of them are not above the 25th percentile only."""
    data = melanoma(shared, "gide")
    genes = load_library()["ss_cyt_davoli"].genes
    values = 2.0 ** data.log2() - 1.0
    rng = np.random.default_rng(7)
    for column in data.index.match(genes).columns:
        values[:, column] = np.abs(rng.normal(0.1, 0.05, 41))
    calls = classify(replace(data, values=values, unit="tpm"), options=QUICK)

    assert Counter(calls_of(calls, "dysfunction")) == {"not_assessable": 41}
    assert "no T cells to judge" in calls.verdicts.reasons["dysfunction"][0]


def test_without_an_absolute_scale_the_gates_are_said_to_be_missing_first(shared: Path) -> None:
    data = melanoma(shared, "gide")
    moved = replace(data, values=data.log2() + 6.0, unit="log2")
    calls = classify(moved, options=QUICK)

    assert list(calls.run_caveats)[:2] == ["SIDE_UNKNOWN", "NO_ABSOLUTE_SCALE"]
    assert "present" in set(calls_of(calls, "dysfunction"))
