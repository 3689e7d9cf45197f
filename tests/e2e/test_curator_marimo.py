"""The Curator in marimo: mended and saved in a shadow root, with hostile words as groups of the
cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resistype.library import read_toml

from .conftest import picture
from .harness import marimo_server

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marimo") / "mine"


@pytest.fixture(scope="module")
def marimo(chromium: str, folder: Path) -> Iterator[str]:
    with marimo_server("marimo_curator.py", folder.parent, RESISTYPE_FOLDER=str(folder)) as address:
        yield address


def test_a_draft_is_mended_and_saved_in_marimo(marimo: str, folder: Path, page: Any) -> None:
    page.goto(marimo, wait_until="domcontentloaded")
    page.get_by_test_id("rt-spread").wait_for()
    page.get_by_role("button", name="WARS1", exact=True).click()
    page.get_by_test_id("rt-state").get_by_text("4 genes; not saved yet").wait_for()
    page.get_by_test_id("rt-note-0").fill("seen in marimo")
    page.get_by_test_id("rt-note-0").press("Enter")
    page.wait_for_timeout(400)
    picture(page, "curator-marimo")
    page.get_by_test_id("rt-save").click()
    page.get_by_test_id("rt-said").get_by_text("Saved mine@1.0.0").wait_for()
    saved = read_toml(folder / "mine.toml")

    assert saved.genes == ("STAT1", "IRF1", "WARS1", "B2M")
    assert saved.evidence["STAT1"].note == "seen in marimo"
    assert page.evaluate("window.__pwned") is None
    assert [one for one in page.external if "127.0.0.1" not in one] == []
