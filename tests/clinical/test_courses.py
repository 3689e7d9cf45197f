"""Clinical tables that can be read, and every complaint about those that cannot."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from resistype.clinical.timelines import History, read_courses
from resistype.errors import SamplesError

GOOD = {
    "patient": "P03",
    "start": "2023-01-01",
    "best_response": "PR",
    "last_dose": "2023-06-05",
    "progression": "2023-06-01",
    "last_followup": "2023-12-01",
}
EXPECTED = History(
    patient="P03",
    start=date(2023, 1, 1),
    best_response="PR",
    last_dose=date(2023, 6, 5),
    progression=date(2023, 6, 1),
    last_followup=date(2023, 12, 1),
)
REGIMENS = "ici_mono, ici_combination, ici_chemo, ici_antiangiogenic, other, unknown"
HEAD = "E950 The clinical table cannot be used: "


def table(*rows: dict[str, object]) -> pd.DataFrame:
    """Table of good rows, each with some fields changed."""
    return pd.DataFrame([{**GOOD, **row} for row in rows])


def test_long_names() -> None:
    assert read_courses(table({})) == [EXPECTED]


def test_short_names_in_any_case_with_spaces_and_other_columns() -> None:
    short = dict(
        zip([" ID", "Start", "bor ", "last_dose", "PD", "last_fu"], GOOD.values(), strict=True)
    )

    assert read_courses(pd.DataFrame([{**short, "site": "liver"}])) == [EXPECTED]


def test_real_dates_are_taken_as_they_are() -> None:
    frame = table({})
    for column in ("start", "last_dose", "progression", "last_followup"):
        frame[column] = pd.to_datetime(frame[column])

    assert read_courses(frame) == [EXPECTED]


@pytest.mark.parametrize(
    "missing", ["", " ", "NA", "n/a", "NaN", ".", None, float("nan"), pd.NaT, pd.NA]
)
def test_what_is_not_given_is_none_and_not_an_error(missing: object) -> None:
    [history] = read_courses(
        table({"progression": missing, "best_response": missing, "last_dose": missing})
    )

    assert history == History("P03", start=date(2023, 1, 1), last_followup=date(2023, 12, 1))


def test_optional_words() -> None:
    row = {"confirmed": True, "rechallenge": "No", "stopped_for": "unknown", "regimen": "ICI_chemo"}
    [history] = read_courses(table(row))

    assert (history.confirmed, history.rechallenge, history.stopped_for, history.regimen) == (
        "yes",
        "no",
        "",
        "ici_chemo",
    )


def test_a_best_response_in_small_letters_is_known() -> None:
    assert read_courses(table({"best_response": "pr"})) == [EXPECTED]


@pytest.mark.parametrize(
    ("name", "separator"), [("t.csv", ","), ("t.tsv", "\t"), ("t.txt", "\t"), ("t.csv.gz", ",")]
)
def test_files(tmp_path: Path, name: str, separator: str) -> None:
    path = tmp_path / name
    text = "\ufeff" + separator.join(GOOD) + "\n" + separator.join(GOOD.values()) + "\n"
    content = text.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    assert read_courses(path) == [EXPECTED]
    assert read_courses(str(path)) == [EXPECTED]


BAD_ROWS = {
    "progression before the start": (
        {"progression": "2022-12-31"},
        "P03: progression 2022-12-31 is before start 2023-01-01",
    ),
    "last dose before the start": (
        {"last_dose": "2022-01-01"},
        "P03: last_dose 2022-01-01 is before start 2023-01-01",
    ),
    "follow-up before progression": (
        {"last_followup": "2023-05-31", "last_dose": "2023-05-01"},
        "P03: last_followup 2023-05-31 is before progression 2023-06-01",
    ),
    "follow-up before the last dose": (
        {"last_followup": "2023-06-02"},
        "P03: last_followup 2023-06-02 is before last_dose 2023-06-05",
    ),
    "a day of two countries": (
        {"start": "02/03/2023"},
        "P03: start '02/03/2023' is not a date such as 2023-02-24",
    ),
    "a day that does not exist": (
        {"start": "2023-02-30"},
        "P03: start '2023-02-30' is not a date such as 2023-02-24",
    ),
    "only a year": ({"start": "2023"}, "P03: start '2023' is not a date such as 2023-02-24"),
    "an Excel serial number": (
        {"start": 44958},
        "P03: start '44958' is not a date such as 2023-02-24",
    ),
    "an unknown response": (
        {"best_response": "partial"},
        "P03: best_response 'partial' is not one of CR, PR, SD, PD, NE",
    ),
    "an unknown confirmation": (
        {"confirmed": "maybe"},
        "P03: confirmed 'maybe' is not one of yes, no, unknown",
    ),
    "an unknown regimen": (
        {"regimen": "nivolumab"},
        f"P03: regimen 'nivolumab' is not one of {REGIMENS}",
    ),
    "an unknown reason to stop": (
        {"stopped_for": "tox"},
        (
            "P03: stopped_for 'tox' is not one of progression, toxicity, completion, choice, other,"
            " unknown"
        ),
    ),
    "no patient": ({"patient": " "}, "row 1: no patient"),
}


@pytest.mark.parametrize(("row", "complaint"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_bad_rows(row: dict[str, object], complaint: str) -> None:
    with pytest.raises(SamplesError) as caught:
        read_courses(table(row))

    assert str(caught.value) == f"{HEAD}1 problem\n  - {complaint}"


def test_all_complaints_come_at_once() -> None:
    rows = table({"patient": "P01", "best_response": "?"}, {"patient": "P02", "start": "x"}, {}, {})

    with pytest.raises(SamplesError) as caught:
        read_courses(rows)

    assert (
        str(caught.value) == f"{HEAD}3 problems\n"
        "  - P03: 2 rows; one row per patient is wanted\n"
        "  - P01: best_response '?' is not one of CR, PR, SD, PD, NE\n"
        "  - P02: start 'x' is not a date such as 2023-02-24"
    )


def test_many_complaints_are_counted_after_the_first_twenty() -> None:
    rows = [{"patient": f"P{number:02}", "start": "x"} for number in range(1, 31)]

    with pytest.raises(SamplesError) as caught:
        read_courses(table(*rows))

    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  - and 10 more"


BAD_COLUMNS = {
    "missing": (
        table({}).drop(columns=["patient", "last_dose", "progression"]),
        (
            f"{HEAD}4 problems\n"
            "  - no column 'patient' (or 'id')\n"
            "  - no column 'last_dose'\n"
            "  - no column 'progression' (or 'pd')\n"
            "  - columns found: start, best_response, last_followup"
        ),
    ),
    "two for one": (
        table({}).assign(id="P03"),
        (
            f"{HEAD}2 problems\n  - 2 columns for 'patient': 'patient', 'id'; keep one\n  - columns"
            " found: patient, start, best_response, last_dose, progression, last_followup, id"
        ),
    ),
    "no rows": (table({}).iloc[:0], f"{HEAD}1 problem\n  - it has no rows"),
}


@pytest.mark.parametrize(("frame", "message"), BAD_COLUMNS.values(), ids=BAD_COLUMNS.keys())
def test_bad_columns(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        read_courses(frame)

    assert str(caught.value) == message


BAD_FILES = {
    "absent": (None, "there is no such file"),
    "empty": (b"", "No columns to parse from file"),
    "more fields than the header": (
        b"patient,start\nP1,2023-01-01,PR\n",
        "its rows have more fields than its header",
    ),
}


@pytest.mark.parametrize(("content", "reason"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "clinical.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SamplesError) as caught:
        read_courses(path)

    assert (
        str(caught.value)
        == f"E952 The clinical table '{path}' cannot be read: {reason}. Give a csv or tsv file, one"
        " row per patient."
    )


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"a,b\n1,2\n1,2,3,4\n"], ids=["not text", "ragged"]
)
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clinical.csv"
    path.write_bytes(content)

    with pytest.raises(SamplesError, match=r"E952 The clinical table .* cannot be read"):
        read_courses(path)


def test_a_truncated_gz_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clinical.tsv.gz"
    path.write_bytes(gzip.compress(b"patient\tstart\n" * 500)[:-12])

    with pytest.raises(SamplesError, match=r"E952 The clinical table .* cannot be read"):
        read_courses(path)
