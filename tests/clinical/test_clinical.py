"""The worked patients of the specification, the shape of the result, and the gate of the
reports.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resistype.clinical.definitions import DEFINITIONS, Phenotype, clinical, phenotype, thresholds
from resistype.errors import SamplesError

# column of the examples for each definition; the words in the cells are the outcomes themselves
EXAMPLES = {
    "sitc2020": "sitc2020_literal",
    "sitc_180d": "sitc_180d_usage",
    "sitc_ici_chemo": "sitc_chemo",
    "nsclc_ar_2021": "nsclc_ar",
    "hcc_pref": "hcc_pref",
}
TABLE = pd.DataFrame(
    [
        ("P01", "2023-01-01", "PD", "2023-02-20", "2023-02-24", "2023-06-01"),
        ("P02", "2023-01-01", "PR", "2024-03-01", "2024-03-01", "2024-09-01"),
        ("P03", "2023-01-01", "PR", "2023-06-05", "2023-06-01", "2023-12-01"),
        ("P07", "2022-01-01", "CR", "2024-01-01", "2024-06-01", "2024-09-01"),
        ("P10", "2023-01-01", "PR", "2024-09-01", "", "2024-09-01"),
    ],
    columns=["id", "start", "bor", "last_dose", "pd", "last_fu"],
)


@pytest.fixture
def examples(shared: Path) -> pd.DataFrame:
    return pd.read_csv(
        shared / "science" / "clinical_examples.csv", dtype=str, keep_default_na=False
    )


@pytest.mark.parametrize("definition", EXAMPLES)
def test_every_cell_of_the_worked_examples(examples: pd.DataFrame, definition: str) -> None:
    got = clinical(examples, definition)

    assert dict(zip(got["patient"], got[definition], strict=True)) == dict(
        zip(examples["id"], examples[EXAMPLES[definition]], strict=True)
    )


def test_the_examples_are_all_there_and_all_definitions_are_tested(examples: pd.DataFrame) -> None:
    assert len(examples) == 10
    assert list(EXAMPLES) == list(DEFINITIONS)


def test_where_the_worked_examples_disagree(shared: Path) -> None:
    got = clinical(shared / "science" / "clinical_examples.csv")

    assert got.loc[got["definitions_disagree"], "patient"].tolist() == [
        "P03",
        "P04",
        "P05",
        "P07",
        "P09",
    ]


def test_one_row_a_patient_with_five_columns_a_definition() -> None:
    got = clinical(TABLE, ["sitc_180d", "nsclc_ar_2021"])
    parts = ("", "_reason", "_days", "_months", "_caveats")

    assert got["patient"].tolist() == TABLE["id"].tolist()
    assert list(got.columns) == [
        "patient",
        *(f"{name}{part}" for name in ("sitc_180d", "nsclc_ar_2021") for part in parts),
        "definitions_disagree",
        "disagreement",
    ]


def test_the_span_that_decided_is_given_in_days_and_calendar_months() -> None:
    got = clinical(TABLE, "all").set_index("patient")

    assert got.loc["P03", ["sitc_180d_days", "sitc_180d_months"]].tolist() == [151, 5]
    assert got.loc["P07", ["nsclc_ar_2021_days", "nsclc_ar_2021_months"]].tolist() == [152, 5]
    assert got["nsclc_ar_2021_days"].isna().tolist() == [False, False, True, False, False]
    assert (
        got.loc["P07", "nsclc_ar_2021_reason"]
        == "CR, progression 152 days (5 calendar months) after the last dose"
    )


def test_caveats_are_codes() -> None:
    got = clinical(TABLE, "all").set_index("patient")

    assert got.loc["P07", "sitc2020_caveats"] == "RUO THRESHOLD_OURS UNCONFIRMED_PD"
    assert got.loc["P10", "sitc2020_caveats"] == "RUO"


def test_the_default_is_the_definition_of_acquired_resistance() -> None:
    pd.testing.assert_frame_equal(clinical(TABLE), clinical(TABLE, "nsclc_ar_2021"))


def test_disagreement_is_over_all_definitions_whichever_is_asked_for() -> None:
    got = clinical(TABLE, "hcc_pref").set_index("patient")

    assert got["definitions_disagree"].tolist() == [False, False, True, True, False]
    assert (
        got.loc["P03", "disagreement"]
        == "sitc2020: undefined; sitc_180d: primary; sitc_ici_chemo: primary; nsclc_ar_2021: yes; "
        "hcc_pref: ambiguous_short_response"
    )
    assert got.loc["P01", "disagreement"] == ""


def test_a_patient_does_not_change_the_others() -> None:
    whole = clinical(TABLE, "all")
    alone = pd.concat(
        [clinical(TABLE.iloc[[row]], "all") for row in range(len(TABLE))], ignore_index=True
    )

    pd.testing.assert_frame_equal(alone, whole)


def test_the_table_given_is_not_changed() -> None:
    before = TABLE.copy()
    clinical(TABLE, "all")

    pd.testing.assert_frame_equal(TABLE, before)


@pytest.mark.parametrize(
    ("definition", "got"),
    [
        ("recist", "'recist'"),
        (["sitc2020", "x", "y"], "'x', 'y'"),
        ([], "none"),
        (["all", "sitc2020"], "'all'"),
    ],
)
def test_unknown_definitions(definition: str | list[str], got: str) -> None:
    with pytest.raises(SamplesError) as caught:
        clinical(TABLE, definition)

    assert (
        str(caught.value) == f"E951 Unknown definition: {got}. "
        "Known are sitc2020, sitc_180d, sitc_ici_chemo, nsclc_ar_2021, hcc_pref, or 'all'."
    )


def test_thresholds_say_published_or_ours() -> None:
    table = thresholds()

    assert set(table["source"]) == {"published", "ours"}
    assert table.loc[
        (table["definition"] == "sitc_180d") & (table["name"] == "window"), "value"
    ].tolist() == [84]
    assert (table["citation"] != "").all()


@pytest.mark.parametrize(
    ("patient", "definition", "outcome", "acquired"),
    [
        ("P02", "nsclc_ar_2021", "yes", True),
        ("P02", "sitc2020", "secondary", True),
        ("P03", "sitc_180d", "primary", False),
        ("P07", "sitc2020", "progression_after_discontinuation", False),
        ("P10", "nsclc_ar_2021", "no", False),
        ("P02", "hcc_pref", "responder", False),
        ("P99", "nsclc_ar_2021", "not given", False),
    ],
)
def test_the_gate_opens_only_where_the_definition_says_acquired(
    patient: str, definition: str, outcome: str, acquired: bool
) -> None:
    got = phenotype(clinical(TABLE, "all"), patient, definition=definition)

    assert (got.outcome, got.acquired) == (outcome, acquired)


def test_the_words_of_a_report() -> None:
    calls = clinical(TABLE)

    assert (
        phenotype(calls, "P02").headline("IFNγ-up")
        == "acquired resistance subtype: IFNγ-up; clinical phenotype is acquired (nsclc_ar_2021:"
        " yes)"
    )
    assert (
        str(phenotype(clinical(TABLE, "sitc2020"), "P01", definition="sitc2020"))
        == "primary (sitc2020)"
    )
    assert (
        phenotype(calls, "P01").headline("IFNγ-up")
        == "profile resembles IFNγ-up; clinical phenotype is not acquired (nsclc_ar_2021: no)"
    )


def test_without_a_clinical_table_the_gate_is_closed() -> None:
    got = phenotype(None, "P02")

    assert got == Phenotype("nsclc_ar_2021", "not given", "not given")
    assert "acquired resistance subtype" not in got.headline("IFNγ-up")


def test_the_gate_needs_the_definition_in_the_calls() -> None:
    with pytest.raises(SamplesError) as caught:
        phenotype(clinical(TABLE, "sitc2020"), "P02")

    assert (
        str(caught.value) == "E951 The clinical calls hold no definition 'nsclc_ar_2021'. "
        "Call clinical(table, definition='nsclc_ar_2021') first."
    )
