"""Ten thousand inputs that nobody thought of: none ends in anything but a result or an error of
ours.

Derandomised, so that a run fails for a change and not for a day; `RESISTYPE_FUZZ=random` draws new
ones. What has once failed is kept in `tests/data/corpus` and tried each time.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.trust import fuzzers
from tests.trust.figures import enough, record
from tests.trust.fuzzers import FUZZED, tried

CORPUS = Path(__file__).resolve().parents[1] / "data" / "corpus"
PER_SHARE = enough(3, 100)
RANDOM = os.environ.get("RESISTYPE_FUZZ") == "random"
DONE: dict[str, tuple[int, int, float]] = {}
KEPT = {
    "gmt": fuzzers.gmt,
    "toml": fuzzers.toml,
    "json": fuzzers.json,
    "csv": fuzzers.csv,
    "samples": fuzzers.samples,
    "commands": fuzzers.command,
    "messages": fuzzers.message,
}
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FUZZED)
def test_fuzz(name: str) -> None:
    inputs, call, share = FUZZED[name]
    ends: list[str] = []

    @settings(
        max_examples=share * PER_SHARE,
        derandomize=not RANDOM,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def run(given_: Any) -> None:
        ends.append(tried(call, given_))

    start = time.perf_counter()
    run()
    DONE[name] = (len(ends), ends.count("refused"), time.perf_counter() - start)

    assert set(ends) <= {"fine", "refused"}
    assert "refused" in ends or name == "gene names" or name == "browser messages"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_corpus(path: Path) -> None:
    content: Any = path.read_bytes().decode("utf-8", "surrogatepass")
    if path.parent.name in {"commands", "messages"}:
        content = json.loads(content)
        content = (
            (content[0], [bytes(one) for one in content[1]])
            if path.parent.name == "messages"
            else content
        )

    assert tried(KEPT[path.parent.name], content) in {"fine", "refused"}


def test_figures() -> None:
    if len(DONE) < len(FUZZED):
        return
    record(
        "fuzz",
        examples=sum(n for n, _, _ in DONE.values()),
        refused=sum(n for _, n, _ in DONE.values()),
        foreign=0,
        seconds=round(sum(seconds for _, _, seconds in DONE.values()), 1),
        corpus=len(FILES),
    )
    assert sum(n for n, _, _ in DONE.values()) >= enough(200, 9_000)
