"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# CI tries the same examples each time: it fails for a change, not for a day. Elsewhere they are new
# each run.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

ROOT = Path(__file__).resolve().parents[1]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a case of bytes by their number: what gzip writes holds the second it was written in.

    Two processes that collect in different seconds would otherwise collect different tests, and
    pytest-xdist ends.
    """
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real cohorts and worked examples that live beside the checkout.

    Its place can be given by RESISTYPE_SHARED. Absent, the test is skipped; absent under CI=true,
    it fails.
    """
    folder = Path(os.environ.get("RESISTYPE_SHARED", ROOT.parent / "shared"))
    if (folder / "data").is_dir():
        return folder
    reason = f"the shared folder of real cohorts is not at {folder}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
