"""What is planted: the tables agree with each other, and everything is marked as simulated."""

from __future__ import annotations

import pandas as pd
import pytest

from resistype.clinical.definitions import clinical
from resistype.datasets import bulk as plan


def test_every_patient_has_one_biopsy_before_and_one_after() -> None:
    samples = plan.samples_table()

    assert len(samples) == 2 * plan.N_PATIENTS
    assert samples.index.is_unique
    assert (samples.groupby("patient")["timepoint"].agg(list).map(tuple) == ("Pre", "Post")).all()
    assert [
        f"{row.patient}-{row.timepoint}" for row in samples.itertuples()
    ] == samples.index.tolist()


@pytest.mark.parametrize(
    "table",
    [plan.samples_table(), plan.truth_table(), plan.clinical_table(11)],
    ids=["samples", "truth", "clinical"],
)
def test_every_table_says_that_it_is_simulated(table: pd.DataFrame) -> None:
    names = table["patient"] if "patient" in table else table["sample"]

    assert table["simulated"].all()
    assert names.str.startswith("SIM-").all()


def test_the_description_says_it_first() -> None:
    assert plan.DESCRIPTION.startswith("SIMULATED DATA.")


def test_the_truth_counts_what_was_planted() -> None:
    truth = plan.truth_table()
    counts = truth.groupby(["axis", "label"]).size().to_dict()

    assert counts == {
        ("antigen_presentation", "defect_expression"): len(plan.MHC1_LOSS),
        ("antigen_presentation", "defect_genomic"): len(plan.DNA),
        ("antigen_presentation", "intact"): (
            2 * plan.N_PATIENTS - len(plan.MHC1_LOSS) - len(plan.DNA)
        ),
        ("dysfunction", "not_assessable"): 2 * len(plan.COLD),
        ("dysfunction", "present"): len(plan.DYSFUNCTION),
        ("ifng", "down"): len(plan.IFNG_DOWN),
        ("ifng", "stable"): plan.N_PATIENTS - len(plan.IFNG_UP) - len(plan.IFNG_DOWN),
        ("ifng", "up"): len(plan.IFNG_UP),
    }
    assert not truth.duplicated(["sample", "axis"]).any()
    assert set(truth["sample"]) == set(plan.samples_table().index)


def test_nothing_but_a_lasting_state_is_planted_before_treatment() -> None:
    truth = plan.truth_table()
    before = truth[truth["sample"].str.endswith("-Pre")]

    assert set(before["label"]) == {"intact", "not_assessable"}


def test_no_patient_gets_two_effects_that_exclude_each_other() -> None:
    assert not set(plan.IFNG_UP) & set(plan.IFNG_DOWN)
    assert not set(plan.DYSFUNCTION) & set(plan.COLD)
    assert not set(plan.MHC1_LOSS) & set(plan.DNA)


def test_dna_events_stand_in_the_samples_table_of_their_patient_only() -> None:
    samples = plan.samples_table()
    given = samples[samples["genomic"] != ""]

    assert given["genomic"].to_dict() == {"SIM-P13-Pre": "none", "SIM-P13-Post": "B2M:frameshift"}


def test_the_courses_can_be_judged_and_hold_cases_where_definitions_disagree() -> None:
    calls = clinical(plan.clinical_table(11), "all").set_index("patient")

    assert len(calls) == plan.N_PATIENTS
    assert calls["nsclc_ar_2021"].value_counts().to_dict() == {"yes": 29, "no": 3}
    assert calls.loc["SIM-P08", "sitc2020"] == "primary"
    assert calls.loc["SIM-P12", ["sitc2020", "sitc_180d", "nsclc_ar_2021"]].tolist() == [
        "undefined",
        "primary",
        "yes",
    ]
    assert calls.loc[["SIM-P04", "SIM-P12"], "definitions_disagree"].all()
    assert calls.loc["SIM-P15", "sitc2020"] == "progression_after_discontinuation"


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_the_courses_are_possible_whatever_the_seed(seed: int) -> None:
    calls = clinical(plan.clinical_table(seed), "all")

    assert calls["nsclc_ar_2021"].isin(["yes", "no"]).all()
    assert calls.loc[
        calls["nsclc_ar_2021_caveats"].str.contains("UNCONFIRMED_PD"), "patient"
    ].tolist() == ["SIM-P19"]
