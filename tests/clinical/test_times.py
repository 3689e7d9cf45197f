"""Times in days or months in place of dates: the cohorts that have them can be phenotyped."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resistype.cli import main
from resistype.clinical import clinical
from resistype.clinical.timelines import TimeColumns, read_courses
from resistype.errors import SamplesError

OF_ORCESTRA = {
    "patient": "patientid",
    "best_response": "recist",
    "progression": "survival_time_pfs",
    "progressed": "event_occurred_pfs",
    "last_followup": "survival_time_os",
}
COHORTS = {
    "gide/Gide_melanoma_PD1.clinical.tsv": ("months", OF_ORCESTRA),
    "cohorts/miao_kidney.clinical.tsv": ("months", OF_ORCESTRA),
    "cohorts/van_allen_melanoma.clinical.tsv": ("months", OF_ORCESTRA),
    "su2c_nsclc/su2c_io_combo.clinical.tsv": ("months", OF_ORCESTRA),
    "riaz_pairs/samples.tsv": (
        "days",
        {
            "best_response": "BOR",
            "progression": "PFS",
            "censored": "PFS_SOR",
            "last_followup": "OS",
        },
    ),
}


@pytest.mark.parametrize("name", COHORTS)
def test_the_cohorts_have_phenotypes(name: str, shared: Path) -> None:
    """Every patient against the rows of the table, counted one by one."""
    unit, columns = COHORTS[name]
    path = shared / "data" / name
    rows = pd.read_csv(path, sep="\t").drop_duplicates(columns.get("patient", "patient"))
    histories = {one.patient: one for one in read_courses(path, TimeColumns(columns, unit))}
    found = clinical(path, "all", columns=columns, time_unit=unit).set_index("patient")

    assert set(histories) == set(rows[columns.get("patient", "patient")]) == set(found.index)
    for row in rows.to_dict("records"):
        one = histories[row[columns.get("patient", "patient")]]
        days = row[columns["progression"]] * (30.436875 if unit == "months" else 1)
        event = row.get(columns.get("progressed", ""), 1 - row.get(columns.get("censored", ""), 0))
        if pd.isna(days):
            assert one.progression is None
        elif event == 1:
            assert (one.progression - one.start).days == round(days)
        else:
            assert one.progression is None
            assert (one.last_followup - one.start).days >= round(days)
    assert {"responder", "PRef"} <= set(found["hcc_pref"])


def test_days_and_months_are_the_dates_that_they_mean() -> None:
    dates = pd.DataFrame(
        {
            "patient": ["1", "2", "3"],
            "start": ["2000-01-01"] * 3,
            "best_response": ["PR", "PD", "SD"],
            "last_dose": ["2000-06-01", "2000-02-01", ""],
            "progression": ["2000-08-01", "2000-02-15", ""],
            "last_followup": ["2001-01-01", "2000-09-01", "2000-12-01"],
        }
    )
    start = pd.Timestamp("2000-01-01")
    numbers = dates.drop(columns="start").assign(
        **{
            name: (pd.to_datetime(dates[name]) - start).dt.days
            for name in ("last_dose", "progression", "last_followup")
        }
    )
    twice = pd.concat([numbers, numbers.iloc[:1]])  # two biopsies of the first patient

    found = clinical(twice, "all", time_unit="days")
    months = numbers.assign(
        **{n: numbers[n] / (365.2425 / 12) for n in ("last_dose", "progression", "last_followup")}
    )

    pd.testing.assert_frame_equal(found, clinical(dates, "all"))
    pd.testing.assert_frame_equal(clinical(months, "all", time_unit="months"), found)


@pytest.mark.parametrize(("field", "yes"), [("progressed", 1), ("censored", 0)])
def test_a_time_that_is_no_event_is_follow_up(field: str, yes: int) -> None:
    row = {"patient": "1", "best_response": "PR", "progression": 400, "last_followup": 300}
    times = TimeColumns({field: "cell"}, "days")
    (seen,) = read_courses(pd.DataFrame([row | {"cell": yes, "last_followup": 450}]), times)
    (not_seen,) = read_courses(pd.DataFrame([row | {"cell": 1 - yes}]), times)
    (unknown,) = read_courses(pd.DataFrame([row | {"cell": None}]), times)

    assert str(seen.progression - seen.start).startswith("400 days")
    assert str(seen.last_followup - seen.start).startswith("450 days")
    assert not_seen.progression is None
    assert str(not_seen.last_followup - not_seen.start).startswith("400 days")
    assert unknown.progression is None
    assert str(unknown.last_followup - unknown.start).startswith("300 days")


BAD = {
    "no such field": ({"columns": {"pfs": "t"}, "time_unit": "days"}, "'pfs' is no field"),
    "no such column": (
        {"columns": {"progression": "PFS"}, "time_unit": "days"},
        "no column 'PFS' for 'progression'",
    ),
    "no such unit": ({"time_unit": "weeks"}, "'weeks' is not one of days, months"),
    "an event of dates": ({"columns": {"progressed": "t"}}, "'progressed' belongs to times"),
    "a date among days": ({"time_unit": "days"}, "progression '2023-02-24' is no number of days"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_meant_is_refused(case: str) -> None:
    words, message = BAD[case]
    row = {"patient": "1", "best_response": "PR", "progression": "2023-02-24", "t": 1}
    if "time_unit" not in words:
        row |= {"start": "2023-01-01", "last_dose": "", "last_followup": ""}

    with pytest.raises(SamplesError, match=message):
        clinical(pd.DataFrame([row]), **words)


def test_the_command_line_takes_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.DataFrame({"id": ["1", "2"], "BOR": ["PR", "PD"], "PFS_days": [400, 50]})
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    words = ["--column", "progression=PFS_days", "--column", "patient=id"]

    with pytest.raises(SystemExit) as end:
        main(["clinical", str(tmp_path / "t.tsv"), *words, "--time-unit", "days",
              "--definition", "all", "--out", str(tmp_path / "out.tsv")])  # fmt: skip

    assert end.value.code == 0
    found = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    assert found["hcc_pref_days"].tolist() == [400, 50]
    assert "2 patients" in capsys.readouterr().out
