# ruff: noqa: E501  a line of the table is a line here
"""Makes the page of figures from what the tests left: `python -m tests.trust.page FIGURES
SECONDS STATUS PAGE`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HEAD = """# Trust, by figures

Written by `scripts/trust`; do not edit. Each line is what tests of the marker `trust` counted in one run; what they
count and how, stands in `tests/trust` and `tests/testing`. Why these things and not others: [threat model](threat_model.md).

"""
# name of the figures: what was promised, and which of them are shown
LINES: dict[str, tuple[str, str]] = {
    "battery, signatures": ("every shipped signature keeps the checks of `resistype.testing`", "{checked} of {shipped}, {checks} checks each"),
    "battery, schemes": ("every shipped scheme too", "{checked}, {checks} checks each"),
    "bad inputs, named": ("at least 60 named bad inputs at every entry point", "{cases}, {widgets} of them of the widgets and {napari} of napari: refused or told but for **{silent}**"),
    "bad matrices, python": ("none changes a score in silence, in Python", "{cases}: {error} errors, {told} told, {same} same, **{silent} silent**"),
    "bad matrices, command line": ("none on the command line", "{cases}: {error} errors, {told} told, {same} same, **{silent} silent**"),
    "fuzz": ("10,000 examples under five minutes, nothing but our own errors", "{examples} in {seconds} s, {refused} refused, **{foreign} foreign exceptions**; {corpus} kept inputs"),
    "hostile files": ("60 hostile files refused in 2 s and 256 MiB, nothing outside read; 10 good ones accepted", "**{refused} of {files}** refused, {crashed} crashes, {read_outside} reads outside, slowest {slowest_seconds} s, most {most_mib} MiB; {good_accepted} of {good} good ones accepted"),
    "names": ("no file outside of its folder by any name", "{names} names, {ways} ways: **{written_outside} outside**"),
    "rendering": ("25 strings in every sink, in a browser too: none live", "{payloads} strings, {sinks} sinks: **{live} live**; {pages_in_a_browser} pages in Chromium: **{live_in_a_browser} live**"),
    "saved notebook": ("no planted name in a notebook that was run, used and saved", "{planted} names, {widgets} widgets: **{found} found**; warnings and errors that Python itself prints do name samples"),
    "formulas": ("40 cells of tables: no formula, and each comes back", "{cells} cells: **{live} formulas**"),
    "faults": ("40 faults on four engines: the same digest after going on", "**{same_digest} of {injected}**, {engines} engines; longest call after a lost worker {longest_call_after_a_lost_worker} s"),
    "lost workers": ("no call waits more than 10 s and one block on a dead worker, on each engine that has workers", "{runs} runs, longest wait {waits}; one block {block} s; **{missed} beyond**"),
    "re-saves": ("25 kills during a re-save: no older file lost", "{kills} kills, {formats} formats: **{lost} lost**"),
    "archives": ("files of every release load", "{releases} release, {files} files"),
    "flips of reference.json": ("flipped bits of a reference noticed", "{flips} flips of the JSON: {silent} silent"),
    "flips of reference.npz": ("", "{flips} flips of the arrays: {silent} silent"),
    "flips of model.json": ("flipped bits of a model noticed", "{flips} flips of the JSON: {silent} silent"),
    "flips of model.npz": ("", "{flips} flips of the arrays: {silent} silent"),
    "offline": ("no socket by import, scoring, report or command line", "{routes} routes: **{sockets} sockets**"),
    "supply chain": ("a core of at most 25 distributions; everything locked with hashes", "{core_distributions} distributions (**aim {aim} missed**); {locked} locked"),
}  # fmt: skip
# What other commands measure and each file says how to measure again: section of the page, file
# beside this one.
MORE = {"The same bad inputs in other scorers": "peers.md", "From disk": "fromdisk.md"}


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Figures by name; the last of each counts."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {one.pop("name"): one for one in map(json.loads, lines)}


def measured(name: str, words: str, figures: dict[str, dict[str, Any]]) -> str:
    """The figures of a line in words."""
    if name not in figures:
        return "not measured"
    found = figures[name]
    if found.get("core_distributions", 99) <= found.get("aim", 0):
        words = words.replace(" (**aim {aim} missed**)", "")
    return words.format(**found)


def page(figures: dict[str, dict[str, Any]], seconds: float, status: int) -> str:
    """The page as text; what was not measured in this run says so."""
    rows = ["| promised | measured |", "|---|---|"]
    rows += [
        f"| {promise} | {measured(name, words, figures)} |"
        for name, (promise, words) in LINES.items()
    ]
    kinds = [
        f"{key[6:]} {n}" for key, n in figures.get("faults", {}).items() if key.startswith("kind: ")
    ]
    versions = ", ".join(
        f"{name} {version(name)}"
        for name in ("numpy", "numba", "anndata", "h5py", "zarr", "joblib")
    )
    load = os.getloadavg()[0]
    about = (
        f"Run of {datetime.now(UTC):%Y-%m-%d}, {seconds:.0f} s,"
        f" {'all tests passed' if status == 0 else '**some tests failed**'}; {os.cpu_count()}"
        f" cores, load {load:.1f} at the end, {platform.system()} {platform.machine()}, Python"
        f" {platform.python_version()}, {versions}."
    )
    here = Path(__file__).parent
    more = [
        f"## {title}\n\n{(here / name).read_text(encoding='utf-8').strip()}"
        for title, name in MORE.items()
    ]
    parts = [HEAD + about, "\n".join(rows), f"Faults by kind: {', '.join(kinds)}." if kinds else ""]
    return "\n\n".join([*(one for one in parts if one), *more]) + "\n"


def main() -> None:
    """Write the page."""
    figures, seconds, status, target = sys.argv[1:]
    Path(target).write_text(
        page(read(Path(figures)), float(seconds), int(status)), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
