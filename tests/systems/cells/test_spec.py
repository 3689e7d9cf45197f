"""Cell schemes as files: what ships, that every threshold has a source, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resistype.errors import InputError, SchemeError
from resistype.library import load_library
from resistype.scheme import load_scheme as load_cell_scheme
from resistype.scheme.caveats import CAVEATS, caveat_text
from resistype.systems.cells import list_cell_schemes
from resistype.systems.cells.gate import CUTS
from tests.systems.cells.applied import apply_cell_scheme

SCHEMES = sorted(list_cell_schemes())


@pytest.mark.parametrize("name", SCHEMES)
def test_every_threshold_has_a_source(name: str) -> None:
    rows = load_cell_scheme(name).threshold_rows()

    assert rows
    for row in rows:
        assert row["source"] in ("published", "ours")
        assert row["text"]
        assert row["source"] == "ours" or row["citation"] or row["doi"]


@pytest.mark.parametrize("name", SCHEMES)
def test_signatures_of_the_scheme_are_shipped(name: str) -> None:
    library = load_library()
    for wanted in load_cell_scheme(name).signature_choices.values():
        assert any(one in library for one in wanted), wanted


@pytest.mark.parametrize("name", SCHEMES)
def test_every_scheme_says_research_use_only(name: str) -> None:
    scheme = load_cell_scheme(name)
    codes = {rule.code for rule in scheme.caveats if not rule.when}

    assert {"RUO", "NO_VALIDATION", "PSEUDOREP"} <= codes
    assert codes <= set(CAVEATS)


@pytest.mark.parametrize("name", SCHEMES)
def test_no_text_predicts(name: str) -> None:
    """No label, headline or caveat holds a word that the scheme forbids."""
    scheme = load_cell_scheme(name)
    texts = [label.text + label.headline for axis in scheme.axes for label in axis.labels.values()]
    texts += [caveat_text(rule.code) for rule in scheme.caveats]

    assert scheme.forbidden_words
    assert [
        text for text in texts if any(word in text.lower() for word in scheme.forbidden_words)
    ] == []


@pytest.mark.parametrize("name", SCHEMES)
def test_nothing_measured_is_not_assessable(name: str) -> None:
    scheme = load_cell_scheme(name)
    for patients in (True, False):
        found = apply_cell_scheme(scheme, pd.DataFrame(index=["x"]), patients=patients)
        assert set(found.calls.to_numpy().ravel()) <= {"not_assessable", "indeterminate"}
        assert all(found.reasons.to_numpy().ravel())


def test_the_gate_of_the_file_is_the_gate_of_the_code() -> None:
    scheme = load_cell_scheme("cart_product")

    assert {name: scheme.cut(f"gate_{name.lower()}") for name in CUTS} == dict(CUTS)


def test_caveats_of_biopsies_are_among_them() -> None:
    assert caveat_text("RUO") == "Research use only; not for treatment decisions."


GOOD = """
format = "resistype-cell-scheme"
format_version = 1
id = "mine"
version = "0.1.0"
title = "t"
context = "c"
summary = "s"
citation = "x"
claim = "y"
[quantities]
share = { title = "share", unit = "share" }
[thresholds.half]
value = 0.5
source = "ours"
text = "half"
[[patient_axes]]
id = "much"
title = "Much"
otherwise = "between"
[patient_axes.labels.yes]
text = "yes"
[[patient_axes.rules]]
call = "yes"
when = ["share >= half"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_own_file(tmp_path: Path) -> None:
    found = apply_cell_scheme(
        write(tmp_path, GOOD), pd.DataFrame({"share": [0.5, 0.4]}, index=["a", "b"])
    )

    assert found.calls["much"].to_dict() == {"a": "yes", "b": "indeterminate"}
    assert found.reasons["much"].to_dict() == {"a": "", "b": "between"}


BAD = {
    "unknown quantity": (
        GOOD.replace("share >= half", "shares >= half"),
        "unknown quantity 'shares'",
    ),
    "unknown threshold": (
        GOOD.replace("share >= half", "share >= third"),
        "unknown threshold 'third'",
    ),
    "unknown call": (GOOD.replace('call = "yes"', 'call = "no"'), "call 'no' is neither a label"),
    "a label that no rule gives": (
        GOOD + '[patient_axes.labels.no]\ntext = "no"\n',
        "no rule reaches the label 'no'",
    ),
    "no source": (GOOD.replace('source = "ours"\n', ""), "thresholds.half.source: Field required"),
    "published without citation": (
        GOOD.replace('"ours"', '"published"'),
        "needs 'citation' or 'doi'",
    ),
    "unknown field": (GOOD.replace("claim =", "klaim ="), "klaim: Extra inputs are not permitted"),
    "a rule that is code": (GOOD.replace("share >= half", "__import__('os')"), "is not understood"),
    "a caveat without text": (GOOD + '[[caveats]]\ncode = "HELLO"\n', "unknown code 'HELLO'"),
    "an unknown axis": (
        GOOD.replace("share >= half", "call other is yes"),
        "which is not an earlier axis",
    ),
    "a later format": (
        GOOD.replace("format_version = 1", "format_version = 2"),
        "format: Input should be",
    ),
    "no TOML": ("a = = 1", "is not valid TOML"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD.keys())
def test_bad_files(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises((SchemeError, ValueError)) as caught:
        load_cell_scheme(write(tmp_path, text))

    assert words in str(caught.value)


def test_an_unknown_scheme_lists_those_there_are() -> None:
    with pytest.raises(SchemeError, match=r"S101 There is no scheme 'car'\. Shipped: "):
        load_cell_scheme("car")


def test_numbers_that_the_scheme_does_not_know() -> None:
    with pytest.raises(InputError, match="S112 Not quantities of scheme 'cart_product': magic"):
        apply_cell_scheme("cart_product", {"magic": 1.0})
