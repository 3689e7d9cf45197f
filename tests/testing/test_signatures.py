"""The checks of signatures: shipped ones keep them, and each finds the signature that was broken
for it.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from resistype.errors import SignatureError
from resistype.library import Library, Signature, Source, load_library, to_toml
from resistype.testing import SIGNATURE_CHECKS, CheckError, check_signature, signatures
from tests.trust.figures import FULL, record

GOOD = Signature(
    id="mine",
    name="Mine",
    up=("B2M", "TAP1", "TAP2", "CD8A"),
    source=Source(citation="Somebody 2020, Journal 1:2"),
)
SHIPPED = list(load_library())
CHOSEN = SHIPPED if FULL else [*SHIPPED[::12], "impres_pairs", "ayers_tis_weighted"]


def changed(**fields: Any) -> Signature:
    return Signature.model_validate({**GOOD.model_dump(), **fields})


def given(signature: Signature) -> Any:
    return signatures._Given(signature)


@pytest.mark.parametrize("name", CHOSEN)
def test_shipped_signatures_keep_what_they_say(name: str) -> None:
    outcomes = check_signature(name)

    assert all(one.passed for one in outcomes)
    assert len(outcomes) == len(SIGNATURE_CHECKS) >= 10


def test_how_many_were_checked() -> None:
    record(
        "battery, signatures",
        checked=len(set(CHOSEN)),
        shipped=len(SHIPPED),
        checks=len(SIGNATURE_CHECKS),
    )
    assert len(set(CHOSEN)) >= 10


def loose(**fields: Any) -> Signature:
    """A signature that the model would not let pass."""
    return Signature.model_construct(**{**dict(GOOD), **fields})


class Reading:
    """Stand-ins for the parts that a broken signature cannot break by itself."""

    @staticmethod
    def another(*_: object) -> Signature:
        return changed(name="Another")

    @staticmethod
    def none(*_: object) -> list[Signature]:
        return []

    @staticmethod
    def same_hash(_: object) -> str:
        return "0" * 64

    @staticmethod
    def library() -> Library:
        return Library([changed(up=("CD8A",))])


BROKEN = {
    "check_rules": changed(up=("B2M", "NOTAGENE17")),
    "check_symbols": changed(up=("B2M", "IL8")),
    "check_provenance": changed(source=Source()),
    "check_licence": changed(source=Source(citation="x", licence="All rights reserved")),
    "check_direction": loose(down=("B2M",)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_finds_what_was_broken_for_it(name: str) -> None:
    check = next(one for one in SIGNATURE_CHECKS if one.__name__ == name)
    check(given(GOOD))

    with pytest.raises(CheckError):
        check(given(BROKEN[name]))


def zero(*_: object) -> Any:
    import numpy as np

    return np.zeros(3)


def infinite(*_: object) -> Any:
    import numpy as np

    return np.full(3, np.nan)


class Filled:
    """Scores that are numbers whatever is there."""

    def to_frame(self) -> Any:
        import pandas as pd

        return pd.DataFrame({"mine": [1.0, 2.0]})


PATCHED = {
    "check_file": ("read_toml", Reading.another),
    "check_exchange": ("import_signatures", Reading.none),
    "check_hash": ("Signature.content_hash", property(Reading.same_hash)),
    "check_published_hash": ("load_library", Reading.library),
    "check_scores": ("_scored", infinite),
    "check_raised": ("_scored", zero),
    "check_coverage": ("score", lambda *_, **__: Filled()),
}


@pytest.mark.parametrize("name", PATCHED)
def test_each_check_finds_a_package_that_was_broken_for_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = next(one for one in SIGNATURE_CHECKS if one.__name__ == name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of coverage, as `run_checks` does
        check(given(GOOD))
    place, broken = PATCHED[name]
    monkeypatch.setattr(f"resistype.testing.signatures.{place}", broken)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(CheckError):
            check(given(GOOD))


def test_every_check_has_its_broken_example() -> None:
    assert {check.__name__ for check in SIGNATURE_CHECKS} == set(BROKEN) | set(PATCHED)


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(GOOD), encoding="utf-8")

    assert all(one.passed for one in check_signature(path))
    assert all(one.passed for one in check_signature(str(path)))
    with pytest.raises(SignatureError):
        check_signature(tmp_path / "absent.toml")


def test_all_failures_are_told_at_once() -> None:
    with pytest.raises(
        CheckError, match=r"Signature 'mine@1.0.0': 3 of 12 checks failed"
    ) as caught:
        check_signature(changed(up=("B2M", "IL8"), source=Source()))

    assert "check_symbols: 1 of 2 genes are no approved symbols: IL8" in str(caught.value)
    assert "check_provenance: no citation" in str(caught.value)
