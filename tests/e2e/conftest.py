"""Fixtures: one JupyterLab a session, one browser a file, one notebook a test; pictures of what
failed.

Screenshots of the tests go to the folder RESISTYPE_E2E_OUT, where it is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import CHROMIUM, LabServer, browser_page


def missing(reason: str) -> None:
    """A missing browser is no green run on CI."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("playwright", "jupyterlab", "notebook", "nbformat", "marimo"):
        try:
            __import__(name)
        except ImportError:
            missing(f"{name} is not installed: scripts/setup")
    if not Path(CHROMIUM).exists():
        missing(f"{CHROMIUM} is missing: apt-get install chromium")
    return CHROMIUM


@pytest.fixture(
    scope="module"
)  # not longer: other rooms open browsers too, and two of Playwright do not go together
def browser(chromium: str) -> Iterator[Any]:
    with browser_page() as page:
        yield page


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    browser.console_log.clear()
    browser.external.clear()
    browser.emulate_media(color_scheme="light")
    yield browser
    report = getattr(request.node, "rep_call", None)
    if report is not None and report.failed:
        picture(browser, f"failed-{request.node.name}")


def picture(page: Any, name: str) -> None:
    """A screenshot, where a folder for them is given."""
    folder = os.environ.get("RESISTYPE_E2E_OUT")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=str(Path(folder) / f"{name[:80].replace('/', '-')}.png"), full_page=True
        )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    report = (yield).get_result()
    setattr(item, f"rep_{report.when}", report)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be evaluated in a page."""
    path = (
        Path(__file__).resolve().parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
    )
    if not path.is_file():
        missing("axe-core is not here: scripts/widgets")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def notebook(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    with LabServer(tmp_path_factory.mktemp("notebook"), classic=True) as server:
        yield server


def errors(page: Any) -> list[tuple[str, str]]:
    """What the page complained about, without what JupyterLab itself says of pages it was not
    asked for.
    """
    return [m for m in page.console_log if m[0] in ("error", "pageerror") and "favicon" not in m[1]]
