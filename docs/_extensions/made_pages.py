"""Pages made when the docs are built: schemes with their thresholds, rooms of the API, notebooks.

They are written into `docs/made/` (never committed), so that no table can differ from its files.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from resistype.scheme import Scheme, list_schemes, load_scheme
from resistype.scheme.caveats import CAVEATS
from resistype.scheme.scheme import Axis, Threshold

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ROOMS = {
    "resistype": "What `import resistype as rt` gives",
    "resistype.expression": "Reading matrices",
    "resistype.genes": "Gene symbols",
    "resistype.library": "Signatures",
    "resistype.score": "Scores",
    "resistype.scheme": "Schemes, references, calls",
    "resistype.opinions": "Classifiers of others",
    "resistype.curation": "Curation",
    "resistype.clinical": "Clinical phenotypes",
    "resistype.agreement": "Two sets of calls compared",
    "resistype.systems": "The verb that classifies, and the systems it knows",
    "resistype.systems.bulk": "Biopsies",
    "resistype.systems.cells": "Cell systems",
    "resistype.systems.tissue": "Tissue",
    "resistype.session": "Sessions",
    "resistype.report": "Reports and figures",
    "resistype.widgets": "Widgets",
    "resistype.testing": "Checks for your own scorers, signatures and schemes",
    "resistype.datasets": "Simulated data",
    "resistype.errors": "Errors and warnings",
}


def cell(text: object) -> str:
    """Text for a cell of a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def table(head: list[str], rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(
        [*lines, *("| " + " | ".join(cell(one) for one in row) + " |" for row in rows)]
    )


def source(one: Threshold) -> str:
    """Where a threshold comes from: ours, or published with its citation and a link."""
    if one.source == "ours":
        return "ours"
    doi = getattr(one, "doi", "")
    words = one.citation or "doi " + doi
    return f"published: {words}" + (f" ([{doi}](https://doi.org/{doi}))" if doi else "")


def thresholds(named: Mapping[str, Threshold]) -> str:
    """Every threshold with its value, meaning and source."""
    rows: list[list[object]] = [
        [f"`{name}`", f"{one.value:g}", one.text, source(one)] for name, one in named.items()
    ]
    return table(["threshold", "value", "meaning", "source"], rows)


def axis_part(axis: Axis) -> Iterator[str]:
    """An axis: labels, rules in their order, thresholds."""
    yield f"## {axis.title}\n"
    rules: list[list[object]] = []
    for rule in axis.rules:
        label = axis.labels.get(rule.call)
        rules.append([f"`{rule.call}`", "; ".join(rule.when), label.text if label else rule.reason])
    rules.append([f"`{axis.otherwise_call}`", "no rule above holds", axis.otherwise])
    yield table(["call", "when all of this holds", "meaning or reason"], rules) + "\n"
    if axis.thresholds:
        yield thresholds(axis.thresholds) + "\n"


def lone_thresholds(content: BaseModel, where: str = "") -> Iterator[tuple[str, Threshold]]:
    """Thresholds in fields of their own: the stability asked for, limits on the whole cohort."""
    for name in type(content).model_fields:
        value = getattr(content, name)
        if isinstance(value, Threshold):
            yield where + name, value
        elif isinstance(value, BaseModel):
            yield from lone_thresholds(value, f"{where}{name}.")


def scheme_page(scheme: Scheme) -> str:
    """The page of a scheme."""
    link = f" [doi {scheme.doi}](https://doi.org/{scheme.doi})" if scheme.doi else ""
    parts = [f"# {scheme.title}\n", f"`{scheme.id}` {scheme.version}. {scheme.context}.\n"]
    parts.append(f"{scheme.summary.strip()}\n")
    parts += [
        f"{scheme.citation}.{link}\n",
        f":::{{note}}\n{scheme.scope}\nResearch use only.\n:::\n",
    ]
    for axis in scheme.axes:
        parts += axis_part(axis)
    if scheme.parameters:
        parts += ["## Parameters of the measurement\n", thresholds(scheme.parameters) + "\n"]
    alone = dict(lone_thresholds(scheme))
    if alone:
        parts += ["## Limits of the whole scheme\n", thresholds(alone) + "\n"]
    parts += [
        "## Quantities\n",
        table(["quantity", "what it is", "unit"], _quantities(scheme)) + "\n",
    ]
    parts += [
        "## Caveats that are printed\n",
        table(["code", "text", "when"], _caveats(scheme)) + "\n",
    ]
    return "\n".join(parts)


def _quantities(scheme: Scheme) -> list[list[object]]:
    return [[f"`{name}`", one.title, one.unit] for name, one in scheme.quantities.items()]


def _caveats(scheme: Scheme) -> list[list[object]]:
    return [
        [f"`{one.code}`", CAVEATS[one.code], "; ".join(one.when) or "always"]
        for one in scheme.caveats
    ]


def room_page(room: str, title: str) -> str:
    """The API page of a room: what its `__all__` names."""
    names = sorted(importlib.import_module(room).__all__, key=str.lower)
    parts = [f"# {title}\n", f"`{room}`\n", "```{eval-rst}", f".. py:module:: {room}", ""]
    for name in names:
        parts += [_directive(room, name), ""]
    return "\n".join([*parts, "```", ""])


def _directive(room: str, name: str) -> str:
    thing = getattr(importlib.import_module(room), name)
    twice = (
        "\n   :no-index:" if room == "resistype" else ""
    )  # its names have their page in the room they come from
    if isinstance(thing, type):
        return f".. autoclass:: {room}.{name}\n   :members:{twice}"
    if callable(thing):
        return f".. autofunction:: {room}.{name}{twice}"
    if type(thing).__name__ == "module":
        return f"``{name}``: a room of its own, see its page."
    return f".. py:data:: {room}.{name}"


def write(folder: Path) -> list[Path]:
    """Write all pages that are made; gives their paths."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = {f"schemes/{name}.md": scheme_page(load_scheme(name)) for name in list_schemes()}
    pages |= {f"api/{room}.md": room_page(room, title) for room, title in ROOMS.items()}
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    notebooks = sorted(NOTEBOOKS.glob("*.ipynb"))
    (folder / "notebooks").mkdir(exist_ok=True)
    copies = [Path(shutil.copy(one, folder / "notebooks" / one.name)) for one in notebooks]
    return [*(folder / name for name in pages), *copies]


def setup(app: Any) -> dict[str, bool]:
    """Make the pages before Sphinx looks for sources."""
    write(Path(app.confdir) / "made")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
