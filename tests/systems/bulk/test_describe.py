"""What is printed beside the calls: caveats in each mode, coverage, single genes, the record of
the run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype
from resistype.errors import CohortWarning
from resistype.scheme import Calls, load_scheme
from resistype.scheme.apply import Verdicts
from resistype.systems import classify
from resistype.systems.bulk.context import Context, Rows
from resistype.systems.bulk.record import (
    coverage_frame,
    gene_frame,
    run_caveats,
    run_record,
    sample_caveats,
)
from resistype.systems.bulk.reference import fit_reference
from resistype.systems.bulk.study import read_study
from tests.scheme.build import (
    MHC1,
    MINI_GENES,
    QUICK,
    SETS,
    cohort,
    context,
    level_calls,
    matrix,
    paired_calls,
    pairs,
    scheme,
    wide_cohort,
)

ALWAYS = {"THRESHOLD_OURS", "NO_VALIDATION", "CONTEXT"}


def about(mode: str, n: int = 40, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "name": "far", "n": n, **more}


def said(
    mode: str, n: int = 40, *, table: pd.DataFrame | None = None, **more: Any
) -> dict[str, str]:
    return run_caveats(context(matrix(0), table, own=False), about(mode, n, **more), table)


def table_of(**columns: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame(dict(columns), index=[f"s{row:02}" for row in range(12)])


# ---------------------------------------------------------------- the whole run

MODES = {
    "own cohort": {"COHORT_RELATIVE"},
    "own cohort, wide_cohort, paired with own baseline": {"COHORT_RELATIVE", "PAIR_NOISE"},
    "frozen": set(),
    "frozen, paired with own baseline": {"PAIR_NOISE"},
    "own baseline": {"PAIR_NOISE"},
}


@pytest.mark.parametrize("mode", MODES)
def test_codes_of_each_mode(mode: str) -> None:
    thin = {"PURITY", "LOW_COVERAGE"}

    assert set(said(mode)) == ALWAYS | thin | MODES[mode]
    assert set(said(mode, 29)) == ALWAYS | thin | MODES[mode] | {"SMALL_COHORT"}
    assert "SMALL_COHORT" not in said(mode, 30)


@pytest.mark.parametrize(
    ("n", "share"),
    [
        (10, "20 %"),
        (12, "17 %"),
        (20, "12 %"),
        (29, "12 %"),
        (30, "10 %"),
        (50, "7 %"),
        (100, "4 %"),
        (900, "4 %"),
    ],
)
def test_how_many_calls_move_at_a_size(n: int, share: str) -> None:
    text = said("own cohort", n)["COHORT_RELATIVE"]

    assert f"the {n} reference samples" in text
    assert f"about {share} of such calls move" in text


def test_a_frozen_reference_is_named_with_what_is_known_of_it() -> None:
    some = {"n": 3, "of": 5}
    known = said(
        "frozen", tumour_type="melanoma", quantification="TPM", unit="tpm", comparable=some
    )

    assert next(iter(known)) == "NOT_COMPARABLE"
    assert (
        "2 of 5 samples cannot be compared with far (melanoma, TPM, tpm)" in known["NOT_COMPARABLE"]
    )
    every = said("frozen", comparable={"n": 5, "of": 5})
    assert "NOT_COMPARABLE" not in every
    assert "those of far (nothing known)" in every["STATED_COMPARABLE"]


@pytest.mark.parametrize(
    ("above", "words"),
    [(0.9, "90% of 40 samples are above"), (0.15, "85% of 40 samples are below")],
)
def test_a_one_sided_cohort(above: float, words: str) -> None:
    shift = {
        "quantity": "a_score", "anchor": "far", "n": 40, "state": "one_sided", "above": above,
        "reason": "",
    }  # fmt: skip
    found = said("own cohort", shift=shift)

    assert next(iter(found)) == "ONE_SIDED_COHORT"
    assert f"{words} the median of far in a_score" in found["ONE_SIDED_COHORT"]
    assert "ONE_SIDED_COHORT" not in said("own cohort", shift=shift | {"state": "not"})
    told = said("own cohort", shift=shift | {"state": "cannot_tell", "reason": "nobody said so"})
    assert "(nobody said so)" in told["SIDE_UNKNOWN"]


def test_purity_given_is_not_asked_for() -> None:
    assert "PURITY" not in said("own cohort", table=table_of(purity=[0.5] * 12))


def test_low_coverage_names_the_sets_below_80_percent() -> None:
    assert said("frozen")["LOW_COVERAGE"].endswith("in the data: thin 33%, half 50%.")
    assert "set_a" not in said("frozen")["LOW_COVERAGE"]


def test_sets_that_are_only_looked_up_in_dna_are_not_said_to_lack_genes() -> None:
    """Genes of DNA events need not be expressed; coverage speaks of the matrix."""
    expression, samples = cohort()
    kept = [
        k
        for k, gene in enumerate(expression.genes)
        if gene not in ("JAK1", "JAK2", "IFNGR1", "IFNGR2")
    ]
    calls = classify(
        expression.restrict(np.array(kept)), samples=samples, baseline="Pre", options=QUICK
    )

    assert "ifn_sensing_dna_genes" not in calls.run_caveats.get("LOW_COVERAGE", "")
    assert "ifn_sensing_dna_genes" not in calls.coverage.index


SIMULATED: dict[str, tuple[Sequence[object], bool]] = {
    "all": ([True] * 12, True),
    "one": ([False] * 11 + [True], True),
    "none": ([False] * 12, False),
    "as text": (["False"] * 12, False),
    "as text, one": (["False"] * 11 + ["True"], True),
    "numbers": ([0.0] * 11 + [1.0], True),
    "zeros": ([0.0] * 12, False),
    "gaps": ([None] * 12, False),
    "empty": ([""] * 12, False),
    "gaps among numbers": ([0.0] * 11 + [np.nan], False),
}


@pytest.mark.parametrize("case", SIMULATED)
def test_simulated_data_say_so_and_others_do_not(case: str) -> None:
    """A column read from a file holds text; an empty cell in it marks nothing."""
    cells, expected = SIMULATED[case]

    assert ("SIMULATED" in said("own cohort", table=table_of(simulated=cells))) is expected


def test_modes_of_whole_runs() -> None:
    expression, samples = cohort()
    pair = samples[samples["patient"].isin(["P00", "P01"])]
    few = expression.select(list(pair["sample"]))
    with pytest.warns(CohortWarning, match=r"^W302 2 baseline samples give no reference"):
        own = classify(few, samples=pair, baseline="Pre", options=QUICK)

    assert paired_calls().reference["mode"] == "own cohort, paired with own baseline"
    assert level_calls().reference["mode"] == "own cohort"
    assert (own.reference["mode"], own.reference["n"]) == ("own baseline", 2)
    assert {"PAIR_NOISE", "SMALL_COHORT"} <= set(own.run_caveats)
    assert "COHORT_RELATIVE" not in own.run_caveats


# ---------------------------------------------------------------- single samples


SCHEME = load_scheme("acquired_resistance")


def moved(words: dict[str, object]) -> tuple[str, ...]:
    """Caveats of a biopsy of whose pair this is known."""
    known = {"baseline_sample": "s00", "n_baseline": 1, "n_at_timepoint": 1, **words}
    empty = dict.fromkeys(known, "") | {"n_baseline": 0, "n_at_timepoint": 0}
    design = pd.DataFrame([empty, known], index=["s00", "s01"])
    first, second = sample_caveats(SCHEME, Verdicts({}, {}, {}, (("RUO",), ("RUO",)), {}), design)
    assert first == ("RUO",)
    return second[1:]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ("lung", "skin", ("LESION",)),
        ("skin", "skin", ()),
        (" skin", "skin ", ()),
        (2, 1.0, ("LESION",)),
        (1, 1.0, ()),
        (None, "skin", ()),
        ("skin", np.nan, ()),
        (None, None, ()),
        ("", "skin", ()),
    ],
)
def test_another_lesion_is_said_only_where_both_are_known(
    now: object, before: object, expected: tuple[str]
) -> None:
    for column in ("lesion", "Site"):
        rows = {"patient": "P1", "timepoint": ["Pre", "Relapse"], column: [before, now]}
        samples = pd.DataFrame(rows, index=["s00", "s01"])
        design = read_study(matrix(0, 2), samples, ("patient", "timepoint", "Pre")).design
        assert moved(design.loc["s01"].to_dict()) == expected
        assert (
            "same_site"
            not in read_study(
                matrix(0, 2),
                samples.rename(columns={column: "lesions"}),
                ("patient", "timepoint", "Pre"),
            ).design
        )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"n_baseline": 2}, ("SEVERAL_BIOPSIES",)),
        ({"n_at_timepoint": 2}, ("SEVERAL_BIOPSIES",)),
        ({"n_at_timepoint": 2, "same_site": "no"}, ("SEVERAL_BIOPSIES", "LESION")),
        ({"same_batch": "no"}, ("OTHER_BATCH",)),
        ({"same_batch": "unknown"}, ("BATCH_UNKNOWN",)),
        ({"timepoint_kind": "on_treatment"}, ("ON_TREATMENT",)),
        ({"timepoint_kind": "after_stop", "same_batch": "no"}, ("OTHER_BATCH", "AFTER_STOP")),
        ({"timepoint_kind": "unknown"}, ("KIND_UNKNOWN",)),
        ({"timepoint_kind": "progression"}, ()),
        ({"same_batch": "yes", "same_site": "unknown"}, ()),
    ],
)
def test_what_is_known_of_a_pair_is_said(words: dict[str, object], expected: tuple[str]) -> None:
    assert moved(words) == expected


def test_without_pairs_nothing_is_said_of_pairs() -> None:
    design = pd.DataFrame({"baseline_sample": [""]}, index=["s00"])

    assert sample_caveats(SCHEME, Verdicts({}, {}, {}, (("RUO",),), {}), design) == (("RUO",),)


# ---------------------------------------------------------------- sets and genes


def test_coverage_and_shared_genes_as_sets_say() -> None:
    frame = coverage_frame(context(matrix(1), own=False))

    assert list(frame.index) == ["set_a", "thin", "set_b", "set_c", "half"]
    for name, genes in SETS.items():
        row = frame.loc[name]
        inside = [gene for gene in genes if gene in MINI_GENES]
        shared = {
            o: len(set(genes) & set(theirs))
            for o, theirs in SETS.items()
            if o != name and set(genes) & set(theirs)
        }
        assert (row["asked"], row["found"]) == (len(genes), len(inside))
        assert row["fraction"] == pytest.approx(len(inside) / len(genes))
        assert row["missing"] == ", ".join(gene for gene in genes if gene not in MINI_GENES)
        assert {
            w.split(" in ")[1]: int(w.split(" in ")[0]) for w in row["shared"].split("; ") if w
        } == shared
        assert row["at_floor"] == ""


def test_shared_sets_stand_with_the_largest_first() -> None:
    assert (
        coverage_frame(context(matrix(1), own=False)).loc["set_a", "shared"]
        == "6 in set_c; 1 in thin"
    )


def test_single_genes_now_and_at_baseline() -> None:
    expression = matrix(2, 4)
    values = expression.values.copy()
    values[:, MINI_GENES.index("TAP2")] = 0.0
    made = context(replace(expression, values=values), own=False)
    frame = gene_frame(made, pairs(4))
    first = frame[frame["signature"] == "set_b"]

    assert sorted(set(frame["signature"])) == ["half", "set_a", "set_b"]
    assert set(frame.loc[frame["signature"] == "set_a", "sample"]) == {
        "s01",
        "s03",
    }  # those with a baseline
    assert len(first) == 4 * len(MHC1)
    for row in first.itertuples():
        place, column = int(row.sample[1:]), MINI_GENES.index(row.gene)
        assert row.log2 == values[place, column]
        assert (
            np.isnan(row.log2_baseline)
            if place % 2 == 0
            else row.log2_baseline == values[place - 1, column]
        )
        assert row.at_floor_everywhere is (row.gene == "TAP2")


def test_genes_of_a_scheme_that_counts_none() -> None:
    made: Context = context(matrix(2, 4), own=False)
    kept = {name: q for name, q in made.scheme.quantities.items() if q.kind != "measured"}
    frame = gene_frame(
        replace(made, scheme=made.scheme.model_copy(update={"quantities": kept})),
        Rows.alone(np.arange(4)),
    )

    assert list(frame.columns) == [
        "sample",
        "signature",
        "gene",
        "log2",
        "log2_baseline",
        "at_floor_everywhere",
    ]
    assert frame.empty


# ---------------------------------------------------------------- the record


def test_the_record_says_what_it_takes_to_repeat_the_run() -> None:
    made = context(matrix(3), own=False)
    record = run_record(made, about("frozen"), ("read as log2",))

    assert list(record) == [
        "format",
        "format_version",
        "versions",
        "input",
        "scheme",
        "signatures",
        "reference",
    ]
    assert record["versions"]["resistype"] == resistype.__version__
    assert {"python", "numpy", "scipy", "pandas", "numba", "anndata", "joblib"} <= set(
        record["versions"]
    )
    assert record["input"] == {
        "source": "memory",
        "sha256": "",
        "n_obs": 12,
        "n_genes": 60,
        "unit": "log2",
        "read_as": "",
        "notes": ["read as log2"],
    }
    named = {
        "id": "mini",
        "version": "1.0.0",
        "sha256": made.scheme.content_hash,
        "seed": 7,
        "random_sets": 99,
    }
    assert record["scheme"] == named
    assert set(record["signatures"]) == set(SETS)
    assert record["reference"] == about("frozen")


def test_signatures_are_recorded_with_their_hash() -> None:
    made = context(matrix(3), own=False)
    for name, entry in run_record(made, about("frozen"), ())["signatures"].items():
        assert entry == {"ref": made.library[name].ref, "sha256": made.library[name].content_hash}


@pytest.mark.parametrize("make", [paired_calls, level_calls])
def test_the_record_is_strict_json(make: Any) -> None:
    """No NaN and nothing of numpy: any program can read it."""
    calls: Calls = make()
    again = json.loads(json.dumps(calls.run, allow_nan=False))

    assert again["reference"]["n"] == 32
    assert again["reference"]["sha256"] == calls.reference["sha256"]
    assert again["input"]["n_obs"] == len(calls.samples)


def test_an_edited_scheme_that_kept_its_version_shows() -> None:
    limits = scheme().parameters
    edited = scheme().model_copy(
        update={"parameters": {"level": limits["level"].model_copy(update={"value": 0.41})}}
    )

    assert len(scheme().content_hash) == 64
    assert (
        scheme().content_hash
        == type(scheme()).model_validate(scheme().model_dump(mode="json")).content_hash
    )
    assert edited.content_hash != scheme().content_hash


def test_a_frozen_run_records_universe_shift_and_lines() -> None:
    """Biopsies of which every MHC class I gene lies lower by four log2 units leave the lines of
    the reference.
    """
    expression, samples = wide_cohort()
    before = expression.select(list(samples.loc[samples["timepoint"] == "Pre", "sample"]))
    frozen = fit_reference(before, name="before", n_jobs=1)
    values = before.values.copy()
    values[
        :,
        before.index.match(
            ["B2M", "TAP1", "TAP2", "TAPBP", "NLRC5", "HLA-A", "HLA-B", "HLA-C"]
        ).columns,
    ] -= 2.0
    calls = classify(
        replace(before, values=np.clip(values, 0.0, None)),
        reference=frozen,
        options=replace(QUICK, same_as="before"),
    )
    record = json.loads(json.dumps(calls.run, allow_nan=False))["reference"]

    universe = record["universe"]
    assert universe.endswith("genes that the reference expresses are in the data (100.0%)")
    assert record["shift"]["state"] in ("not", "one_sided")
    assert record["comparable"]["n"] == record["comparable"]["stated"] == 32
    assert {"mhc1_residual", "mhc1_residual_rsd"} <= set(record["off_line"])
    assert record["off_line"]["mhc1_residual"] == pytest.approx(
        np.median(calls.quantities["mhc1_residual_rsd"])
    )
    assert set(calls.verdicts.calls["antigen_presentation"]) <= {"not_assessable", "indeterminate"}
