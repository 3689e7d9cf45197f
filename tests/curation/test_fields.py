"""Settings as a user types them: fields, filters, the rest, and every kind of mistake at once."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from resistype.curation import Filters, parse_settings
from resistype.curation.draft import KINDS, NESTED, TOP
from resistype.errors import SignatureError
from resistype.library import Signature


def test_fields_are_nested_as_in_a_signature() -> None:
    fields, _, _ = parse_settings(
        ["name=My set", "axis=ifng", "doi=10.1/x", "source.note=a=b", "scoring.method=mean"]
    )

    assert fields == {
        "name": "My set",
        "axis": "ifng",
        "source": {"doi": "10.1/x", "note": "a=b"},
        "scoring": {"method": "mean"},
    }


def test_filters_become_numbers() -> None:
    _, filters, _ = parse_settings(
        ["effect=0.5", "fdr=0.1", "top=20", "detection=0", "expressed=1", "down=yes"]
    )

    assert filters == Filters(effect=0.5, fdr=0.1, top=20, detection=0.0, expressed=1.0, down=True)


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("TRUE", True), ("no", False), ("False", False)]
)
def test_yes_and_no(word: str, value: bool) -> None:
    assert parse_settings([f"down={word}"])[1].down is value


def test_the_rest_is_left_to_the_derivation() -> None:
    assert parse_settings(["unit=tpm", "replicate=patient", "method=wilcoxon", "within=a.txt"])[
        2
    ] == {
        "unit": "tpm",
        "replicate": "patient",
        "method": "wilcoxon",
        "within": "a.txt",
    }


def test_nothing_set_is_all_defaults() -> None:
    assert parse_settings([]) == ({}, Filters(), {})


def test_spaces_around_do_not_matter() -> None:
    assert parse_settings([" axis = ifng "])[0] == {"axis": "ifng"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("axis", "'axis' is no key=value"),
        ("axes=ifng", "there is no setting 'axes'. Did you mean axis"),
        ("source.paper=x", "there is no setting 'source.paper'"),
        ("up=B2M", "there is no setting 'up'."),
        ("id=x", "there is no setting 'id'"),
        ("effect=big", "effect is 'big'; it must be a number"),
        ("top=1.5", "top is '1.5'; it must be a whole number"),
        ("down=maybe", "down is 'maybe'; it must be yes or no"),
        ("x" * 500 + "=1", "there is no setting 'xxx"),
    ],
)
def test_mistakes_are_explained(setting: str, message: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        parse_settings([setting])
    assert caught.value.code == "E222"
    assert len(caught.value.message) < 500


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(SignatureError, match="3 problems"):
        parse_settings(["axes=ifng", "effect=big", "name"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"effect": -1.0},
        {"fdr": 1.5},
        {"fdr": float("nan")},
        {"detection": 2.0},
        {"top": 0},
        {"expressed": -1.0},
    ],
)
def test_filters_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SignatureError, match="it must lie between") as caught:
        Filters(**wrong)
    assert caught.value.code == "E222"


def test_every_filter_can_be_set() -> None:
    assert {*KINDS, "within"} == {field.name for field in dataclasses.fields(Filters)}


def test_what_cannot_be_set_is_made_by_the_draft() -> None:
    assert set(Signature.model_fields) - {*TOP, *NESTED} == {
        "id",
        "up",
        "down",
        "weights",
        "pairs",
        "dropped",
        "symbol_updates",
        "derived_from",
        "evidence",
    }
