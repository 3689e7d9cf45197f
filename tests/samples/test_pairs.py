"""Pairs: later samples against their baselines, joined by name, with a reason for every sample
left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import SamplesError
from resistype.samples import Design, Pairing, pair_samples, read_samples
from tests.strategies import visits

Rows = tuple[tuple[str, str, str], ...]
STUDY: Rows = (
    ("a1", "P1", "Pre"),
    ("a2", "P1", "On"),
    ("b1", "P2", "On"),
    ("b2", "P2", "Pre"),
    ("b3", "P2", "On"),
    ("b4", "P2", "Post"),
    ("c1", "P3", "Pre"),
    ("c2", "P3", "Pre"),
    ("c3", "P3", "Post"),
    ("d1", "P4", "On"),
    ("e1", "P5", "Pre"),
)


def table_of(rows: Any) -> pd.DataFrame:
    return read_samples(pd.DataFrame(rows, columns=["id", "patient", "time"]))


def paired(rows: Any = STUDY, **options: Any) -> Pairing:
    return pair_samples(
        table_of(rows), **{"patient": "patient", "timepoint": "time", "baseline": "Pre", **options}
    )


def obvious(rows: Rows) -> list[tuple[str, str, bool]]:
    """Sample, its baseline, and whether it is the first of its patient at its time point; row by
    row.
    """
    out = []
    for place, (sample, patient, time) in enumerate(rows):
        baselines = [s for s, p, t in rows if p == patient and t == "Pre"]
        first = not any(p == patient and t == time for _, p, t in rows[:place])
        if time != "Pre" and baselines:
            out.append((sample, baselines[0], first))
    return out


@given(visits())
def test_pairs_are_the_obvious_ones(rows: Rows) -> None:
    pairing = paired(rows)

    found = list(
        pairing.pairs[["sample", "baseline_sample", "counted"]].itertuples(index=False, name=None)
    )
    assert found == obvious(rows)


@given(visits())
def test_every_sample_is_in_a_pair_a_baseline_or_has_a_reason(rows: Rows) -> None:
    pairing = paired(rows)

    groups = [set(pairing.pairs["sample"]), set(pairing.baselines), set(pairing.unpaired)]
    assert set.union(*groups) == {sample for sample, _, _ in rows}
    assert sum(map(len, groups)) == len(rows), "each in one group only"


@given(visits(), st.randoms(use_true_random=False))
def test_only_the_order_within_a_patient_and_time_point_matters(rows: Rows, random: Any) -> None:
    patients = sorted({patient for _, patient, _ in rows})
    random.shuffle(patients)
    sorted_rows = tuple(row for patient in patients for row in rows if row[1] == patient)

    def as_set(pairing: Pairing) -> set[tuple[Any, ...]]:
        return set(pairing.pairs.itertuples(index=False, name=None))

    assert as_set(paired(sorted_rows)) == as_set(paired(rows))


@given(visits())
def test_one_sample_stands_for_the_patient_at_each_time_point(rows: Rows) -> None:
    pairs = paired(rows).pairs
    grouped = pairs.groupby(["patient", "timepoint"])

    assert (grouped["counted"].sum() == 1).all()
    assert (grouped["sample"].size() == grouped["n_at_timepoint"].first()).all()


def test_riaz_has_43_pairs(shared: Path) -> None:
    """109 samples: 51 Pre, 58 On; 43 patients have both."""
    table = read_samples(shared / "data/riaz_pairs/samples.tsv")

    pairing = pair_samples(table, patient="patient", timepoint="timepoint", baseline="Pre")

    assert pairing.pairs.query("counted")["patient"].nunique() == 43
    assert len(pairing.pairs) == 43
    assert len(pairing.baselines) == 43
    assert len(pairing.unpaired) == 109 - 2 * 43
    for row in pairing.pairs.itertuples():
        assert row.sample.split("_")[:2] == [row.patient, "On"]
        assert row.baseline_sample.split("_")[:2] == [row.patient, "Pre"]
    assert pairing.unpaired["Pt109_On_AE527955-5"] == "patient Pt109 has no sample at 'Pre'"


def test_several_biopsies() -> None:
    pairing = paired()

    assert pairing.pairs.to_dict("list") == {
        "sample": ["a2", "b1", "b3", "b4", "c3"],
        "baseline_sample": ["a1", "b2", "b2", "b2", "c1"],
        "patient": ["P1", "P2", "P2", "P2", "P3"],
        "timepoint": ["On", "On", "On", "Post", "Post"],
        "n_baseline": [1, 1, 1, 1, 2],
        "n_at_timepoint": [1, 2, 2, 1, 1],
        "counted": [True, True, False, True, True],
    }
    assert pairing.baselines == ("a1", "b2", "c1")
    assert pairing.unpaired == {
        "c2": "another baseline of patient P3 is used (c1)",
        "d1": "patient P4 has no sample at 'Pre'",
        "e1": "patient P5 has no sample after 'Pre'",
    }


def test_the_notes_tell_what_was_found() -> None:
    assert paired().notes == (
        "5 pairs of 3 patients: each later sample against the patient's 'Pre' sample.",
        "1 patient has several baseline samples (P3); the first in the order of the table is used.",
        (
            "1 time a patient has several samples at one time point (P2 at 'On'); each has its own"
            " pair, and the first in the order of the table stands for the patient."
        ),
        "3 of 11 samples are in no pair; the reasons are kept beside their names.",
    )


def test_a_clean_study_has_one_note() -> None:
    assert paired(STUDY[:2]).notes == (
        "1 pair of 1 patient: each later sample against the patient's 'Pre' sample.",
    )


def test_an_order_puts_early_samples_aside() -> None:
    rows = (("s", "P1", "Screening"), *STUDY[:2])

    pairing = paired(rows, order=["Screening", "Pre", "On"])

    assert pairing.pairs["sample"].tolist() == ["a2"]
    assert pairing.unpaired == {"s": "time point 'Screening' is before the baseline"}


def test_a_patient_with_early_samples_only() -> None:
    rows = (("s", "P9", "Screening"), ("t", "P9", "Pre"), *STUDY[:2])

    pairing = paired(rows, order=["Screening", "Pre", "On"])

    assert pairing.unpaired["t"] == "patient P9 has no sample after 'Pre'"


@pytest.mark.parametrize("baseline", [0, "0", 0.0, np.int64(0)])
def test_numbers_are_keys_too(baseline: Any) -> None:
    """A column with a gap holds floats; 0 and 0.0 are the same week."""
    table = pd.DataFrame({"id": ["a", "b"], "patient": [7, 7.0], "time": [0.0, 12.0]})

    pairing = pair_samples(
        read_samples(table), patient="patient", timepoint="time", baseline=baseline
    )

    assert pairing.pairs[["patient", "timepoint"]].values.tolist() == [["7", "12"]]


def test_spaces_around_keys_do_not_matter() -> None:
    pairing = paired((("a", "P1 ", " Pre"), ("b", " P1", "On")))

    assert pairing.pairs["baseline_sample"].tolist() == ["a"]


def test_a_design_makes_its_pairs() -> None:
    design = Design(table_of(STUDY), "patient", "time", "Pre", order=("Pre", "On", "Post"))

    pd.testing.assert_frame_equal(design.pair().pairs, paired().pairs)


def test_the_table_is_not_changed() -> None:
    table = table_of(STUDY)
    before = table.copy()
    pair_samples(table, patient="patient", timepoint="time", baseline="Pre")

    pd.testing.assert_frame_equal(table, before)


BAD: dict[str, tuple[Rows, dict[str, Any], str]] = {
    "a baseline that does not occur": (
        STUDY,
        {"baseline": "Baseline"},
        (
            "E906 The baseline 'Baseline' does not occur in column 'time'; its values are: 'Pre',"
            " 'On', 'Post'. Name one of them as baseline."
        ),
    ),
    "a baseline in other letters": (
        STUDY,
        {"baseline": "pre"},
        (
            "E906 The baseline 'pre' does not occur in column 'time'; its values are: 'Pre', 'On',"
            " 'Post'. Name one of them as baseline."
        ),
    ),
    "no baseline given": (
        STUDY,
        {"baseline": None},
        (
            "E906 The baseline '' does not occur in column 'time'; its values are: 'Pre', 'On',"
            " 'Post'. Name one of them as baseline."
        ),
    ),
    "no such patient column": (
        STUDY,
        {"patient": "subject"},
        "E903 The samples table has no column 'subject'; its columns are: patient, time.",
    ),
    "neither column": (
        STUDY,
        {"patient": "subject", "timepoint": "visit"},
        (
            "E903 The samples table has no column 'subject' and 'visit'; its columns are: patient,"
            " time."
        ),
    ),
    "patient and time point missing": (
        (*STUDY, ("x", None, "On"), ("y", "P1", None), ("z", "", "On")),  # type: ignore[arg-type]
        {},
        (
            "E905 Pairs cannot be made: 2 problems\n"
            "  - 2 rows have no value in column 'patient' (x, z).\n"
            "  - 1 row has no value in column 'time' (y)."
        ),
    ),
    "no later sample": (
        (("a", "P1", "Pre"), ("b", "P2", "Pre")),
        {},
        (
            "E909 There is no pair: 2 patients have a sample at 'Pre', none of them a later one. "
            "Check the columns 'patient' and 'time'."
        ),
    ),
    "no patient with both": (
        (("a", "P1", "Pre"), ("b", "P2", "On")),
        {},
        (
            "E909 There is no pair: 1 patient has a sample at 'Pre', none of them a later one. "
            "Check the columns 'patient' and 'time'."
        ),
    ),
    "an order that lacks a time point": (
        STUDY,
        {"order": ["Pre", "On"]},
        "E908 Order of time points: 1 problem\n  - Time point 'Post' of the table is not in order.",
    ),
    "an order that repeats": (
        STUDY,
        {"order": ["Pre", "On", "Post", "On"]},
        (
            "E908 Order of time points: 1 problem\n  - order names a time point twice: Pre, On,"
            " Post, On."
        ),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_designs_are_named_exactly(case: str) -> None:
    rows, options, message = BAD[case]

    with pytest.raises(SamplesError) as caught:
        paired(rows, **options)

    assert str(caught.value) == message
