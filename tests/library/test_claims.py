"""Rules about what a file says of itself: people for names, empty words, licences, places."""

from __future__ import annotations

from typing import Any

import pytest

from resistype.library.rules import CLAIM_RULES, Draft


def found(file: str = "a.toml", **data: Any) -> dict[str, str]:
    content = {
        "id": "a",
        "description": "What it measures.",
        "source": {"citation": "A 2020"},
        **data,
    }
    draft = Draft(file, content, None, {}, {"id": 1})
    return {code: message for rule in CLAIM_RULES for _, code, _, message in rule(draft)}


def test_a_sound_file_has_no_complaint() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    "name", ["Peng_et_al", "Li et al", "Ayers et al.", "van-Dam et al 2019", "peng_et_al_2018"]
)
def test_people_are_no_names(name: str) -> None:
    assert "authors share names" in found(name=name)["L207"]


@pytest.mark.parametrize(
    "name", ["Exhaustion Peng et al", "Metal response", "et al", "Peng 2018 TIDE", ""]
)
def test_names_that_say_what_they_are(name: str) -> None:
    assert "L207" not in found(name=name)


@pytest.mark.parametrize(
    "text", ["asdf", "sdff", "fff", "ASDF", "qwerty", "zxcv", "N/A", "todo", "-", "test", "jkl"]
)
def test_descriptions_that_say_nothing(text: str) -> None:
    assert "says nothing" in found(description=text)["L208"]


@pytest.mark.parametrize(
    "text", ["Hypoxia", "ask a flask", "tgfb", "MHC", "TGFβ", "glass", "Salads", "gas"]
)
def test_short_descriptions_may_be_honest(text: str) -> None:
    assert "L208" not in found(description=text)


@pytest.mark.parametrize(
    "licence", ["`use_mit_license()` or friends to pick a license", "Your license here"]
)
def test_licences_that_were_never_written(licence: str) -> None:
    assert "L209" in found(source={"citation": "A", "licence": licence})


@pytest.mark.parametrize(
    "licence", ["MIT", "CC BY 4.0", "none stated in the source; gene symbols are facts", 7, None]
)
def test_licences_that_were(licence: object) -> None:
    assert "L209" not in found(source={"citation": "A", "licence": licence})


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ({}, "secondary", "L201"),
        ({"citation": "A"}, "verified", "L202"),
        ({"citation": "A", "identifier_status": "recalled"}, "verified", "L202"),
        ({"citation": "A", "doi": "doi:1"}, "secondary", "L203"),
    ],
)
def test_sources_that_cannot_be_followed(source: dict[str, str], status: str, code: str) -> None:
    assert code in found(source=source, status=status)


def test_a_source_that_is_no_table_is_left_to_the_model() -> None:
    assert set(found(source="A 2020")) == {"L201"}


@pytest.mark.parametrize(
    ("file", "data", "codes"),
    [
        ("ifng/a.toml", {"axis": "ifng"}, set()),
        ("ifng/a@1.0.0.toml", {"axis": "ifng", "version": "1.0.0"}, set()),
        ("ifng/a@1.0.0.toml", {"axis": "ifng", "version": "2.0.0"}, {"L205"}),
        ("ifng/b.toml", {"axis": "ifng"}, {"L205"}),
        ("control/a.toml", {"axis": "ifng"}, {"L206"}),
        ("anywhere/a.toml", {"axis": "ifng"}, set()),
    ],
)
def test_files_lie_where_they_say(file: str, data: dict[str, str], codes: set[str]) -> None:
    assert set(found(file, **data)) == codes
