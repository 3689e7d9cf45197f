"""Reads a page back: a strict parser, and the tables, sections and samples on it. Calls and
cells to draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser

import pandas as pd

from resistype.samples.table import as_key
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.cells import CellColumns, CellInputs, cart_product
from tests.scheme.build import QUICK, cohort
from tests.systems.cells.study import simulate
from tests.widgets.hostile import HOSTILE as STRINGS

HOSTILE = tuple(str(as_key(one)) for one in STRINGS)  # as names of samples and patients are read
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


@dataclass
class Element:
    """One tag with its attributes and what stands in it."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    @property
    def kind(self) -> set[str]:
        """Its classes."""
        return set((self.attributes.get("class") or "").split())

    def all(self, tag: str) -> list[Element]:
        """Elements of that tag within, in the order of the page."""
        below = [c for c in self.children if isinstance(c, Element)]
        return [e for c in below for e in ([c] if c.tag == tag else []) + c.all(tag)]

    def cells_of(self) -> list[tuple[bool, list[tuple[bool, str]]]]:
        """Rows of a body of evidence: whether it decided; for each cell whether it names a
        quantity, and its words.
        """
        rows = []
        for row in self.all("tr"):
            cells = [c for c in row.children if isinstance(c, Element) and c.tag == "td"]
            words = [
                (
                    "q" in c.kind,
                    "".join(t if isinstance(t, str) else "" for t in c.children).strip(),
                )
                for c in cells
            ]
            rows.append(("d" in row.kind, words))
        return rows

    def cells(self) -> list[list[str]]:
        """Cells of every row of the body of a table."""
        rows = [row for body in self.all("tbody") for row in body.all("tr")]
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in rows]


class Page(HTMLParser):
    """Builds a tree and complains of every tag that is not closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self.open = [self.root]
        self.seen: list[Element] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{element.tag}> is never closed" for element in self.open[1:]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        element = Element(tag, dict(attrs))
        self.seen.append(element)
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1].tag}>")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data}")

    def section(self, name: str) -> Element:
        """The section of that id."""
        return next(e for e in self.root.all("section") if e.attributes.get("id") == name)

    def after(self, name: str, heading: str) -> list[list[str]]:
        """Cells of the first table after a heading of a section."""
        flat = [c for c in self.section(name).children if isinstance(c, Element)]
        start = next(k for k, e in enumerate(flat) if e.tag in {"h2", "h3"} and e.text == heading)
        return next(e for e in flat[start:] if e.tag == "table").cells()

    def unit(self, number: int) -> Element:
        """The line of a sample under Evidence, by its place."""
        return [e for e in self.section("units").all("details") if "s" in e.kind][number]


# ---------------------------------------------------------------- what is drawn


@cache
def hostile_calls() -> Calls:
    """Names of samples, patients, time points and of the batch column that have broken pages
    elsewhere.
    """
    expression, samples = cohort()
    later = expression.select(list(samples.loc[samples["timepoint"] == "Post", "sample"]))
    names = [*HOSTILE, *(f"S{number}" for number in range(32 - len(HOSTILE)))]
    values = later.values.copy()
    values[:16, later.index.match(["B2M"]).columns] = 0.0
    data = replace(
        later,
        values=values,
        samples=tuple(names),
        obs=pd.DataFrame(index=names),
        notes=(HOSTILE[2],),
    )
    table = pd.DataFrame(
        {
            "id": names,
            "patient": names[::-1],
            "timepoint": HOSTILE[0],
            HOSTILE[1]: [HOSTILE[3]] * 16 + ["other"] * 16,
        }
    )
    return classify(replace(data, source=HOSTILE[4]), samples=table, options=QUICK)


@cache
def hostile_pairs() -> Calls:
    """The same names on patients with a baseline, so that they stand in the pairs and the steps
    too.
    """
    expression, samples = cohort()
    people = [*HOSTILE, *(f"S{number}" for number in range(32 - len(HOSTILE)))]
    table = samples.assign(patient=[name for name in people for _ in range(2)])
    return classify(expression, samples=table, baseline="Pre", options=QUICK)


@cache
def cell_calls() -> Calls:
    """Five simulated patients with two samples each."""
    cells = simulate(n_patients=5).cells.iloc[::4].reset_index(drop=True)
    columns = CellColumns(timepoint="time", state="state", clone="clone")
    return cart_product(cells, inputs=CellInputs(columns=columns))
