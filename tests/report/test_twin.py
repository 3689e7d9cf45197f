"""The JSON twin: what it holds, the schema that is committed beside the code, and files that are
no twins.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from resistype.errors import InputError
from resistype.report import build_report, read_report, report_json, report_schema
from resistype.report import build_report as report_of
from resistype.report.model import AxisStability
from resistype.report.write import schema_path
from tests.report.page import cell_calls, hostile_calls
from tests.scheme.build import level_calls, paired_calls

CALLS = {
    "paired": paired_calls,
    "level": level_calls,
    "hostile": hostile_calls,
    "cells": cell_calls,
}


def test_the_committed_schema_is_that_of_the_model() -> None:
    """After a change of the model: python -c "from tests.report.test_twin import commit;
    commit()".
    """
    assert json.loads(schema_path().read_text(encoding="utf-8")) == report_schema()


def commit() -> None:
    """Write the schema anew."""
    text = json.dumps(report_schema(), indent=1, ensure_ascii=False) + "\n"
    schema_path().write_text(text, encoding="utf-8")


@pytest.mark.parametrize("kind", list(CALLS))
def test_a_twin_fits_the_schema(kind: str) -> None:
    from jsonschema import Draft202012Validator

    found = json.loads(report_json(report_of(CALLS[kind]())))
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)

    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "tissues"),
        (("groups", 0, "units", 0, "calls", 0, "stability"), "high"),
        (("thresholds", 0, "source"), "mine"),
        (("groups", 0, "axes", 0, "labels", 0, "color"), "red"),
        (("extra",), 1),
    ],
    ids=str,
)
def test_a_twin_that_was_changed_fits_neither_schema_nor_model(
    path: tuple[str | int, ...], value: object
) -> None:
    from jsonschema import Draft202012Validator

    found = json.loads(report_json(build_report(level_calls())))
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert list(Draft202012Validator(report_schema()).iter_errors(found))
    with pytest.raises(InputError, match="O110"):
        read_report(json.dumps(found))


@pytest.mark.parametrize("kind", list(CALLS))
def test_there_and_back(kind: str) -> None:
    report = report_of(CALLS[kind]())

    assert read_report(report_json(report)) == report


def test_a_report_of_format_1_is_read() -> None:
    row = AxisStability(
        axis="ifng", n_called=3, n_stable=2, n_withheld=1, genes=0.9, cohort=0.8, methods=0.7
    )
    report = build_report(paired_calls())
    cohort = report.cohort.model_copy(update={"stability": (row,)})
    report = report.model_copy(update={"cohort": cohort})
    words = {
        "reason": "why",
        "proportion": "share",
        "call_before_stability": "rules_say",
        "n_stable": "n_firm",
        "n_withheld": "n_taken_back",
    }

    def old(part: Any, at: str = "") -> Any:
        if isinstance(part, list):
            return [old(one, at) for one in part]
        if not isinstance(part, dict):
            return part
        own = dict(words) if at in ("labels", "evidence", "stability") else {}
        own |= {"base_rate": "reference_share"} if at == "labels" else {}
        own |= {"stability": "firmness"} if at == "cohort" else {}
        own |= {"call_before_stability": "rules_say"} if at == "calls" else {}
        return {own.get(name, name): old(one, name) for name, one in part.items()}

    text = json.dumps(old(json.loads(report_json(report))) | {"format_version": 1})

    assert all(f'"{name}"' in text for name in (*words.values(), "reference_share", "firmness"))
    assert '"base_rate"' in text
    assert read_report(text) == report


def test_a_twin_is_strict_json(tmp_path: Path) -> None:
    text = report_json(build_report(paired_calls()))
    (tmp_path / "r.json").write_text(text, encoding="utf-8")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(text, parse_constant=refuse)["format"] == "resistype-report"
    assert read_report(tmp_path / "r.json") == build_report(paired_calls())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "This is no report of resistype: Expecting value"),
        ("[" * 100_000, "This is no report of resistype: "),
        ("[]", "'format' is not 'resistype-report'"),
        ('{"format": "resistype-run"}', "'format' is not 'resistype-report'"),
        (
            '{"format": "resistype-report", "format_version": 3}',
            "The report has format 3; this version reads 2.",
        ),
        ('{"format": "resistype-report", "format_version": 1}', "title: Field required"),
    ],
)
def test_what_is_no_twin_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_report(text)

    assert str(caught.value).startswith("O110 ")
    assert said in str(caught.value)


def test_every_number_of_the_calls_is_in_the_twin() -> None:
    calls = paired_calls()
    found = json.loads(report_json(build_report(calls)))
    units = {unit["id"]: unit for unit in found["groups"][0]["units"]}
    evidence = calls.evidence()

    assert set(units) == set(calls.samples)
    for sample, part in evidence.groupby("sample"):
        values = {
            (one["axis"], one["quantity"]): one["value"] for one in units[str(sample)]["evidence"]
        }
        tests = sum(len(one["tests"]) for one in units[str(sample)]["evidence"])
        assert tests == int((part["threshold"] != "").sum())
        for row in part.itertuples():
            shown = values[row.axis, row.quantity]
            assert shown == row.value if row.value == row.value else shown is None
