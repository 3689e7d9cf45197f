"""Inputs without end for seven ways in, and what each of them is given to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from resistype.clinical.definitions import clinical
from resistype.errors import ResistypeError
from resistype.genes import GeneIndex, clean, id_type, resolve
from resistype.library import import_signatures, read_toml
from resistype.samples import read_samples
from resistype.score import score
from resistype.session import Session
from resistype.widgets import Explorer
from resistype.widgets.base import Widget
from tests.strategies import NAMES_OF_EACH_KIND
from tests.widgets.vectors import material

SETS = {"mhc": ["B2M", "TAP1", "TAP2"], "t_cells": ["CD8A", "GZMA", "PRF1"]}
GENES = ("B2M", "TAP1", "TAP2", "CD8A", "GZMA", "PRF1", "TP53", "MYC")
NUMBERS = st.one_of(
    st.sampled_from(
        [
            0.0,
            1.0,
            2.5,
            -1.0,
            1e308,
            -1e308,
            5e-324,
            float("nan"),
            float("inf"),
            float("-inf"),
            2**53,
        ]
    ),
    st.floats(width=64),
)
WORDS = st.one_of(st.sampled_from(NAMES_OF_EACH_KIND), st.text(max_size=12))
PIECES = st.sampled_from(
    [
        *(
            'format = "resistype-signature"\n',
            "format_version = 1\n",
            'id = "mine"\n',
            'name = "Mine"\n',
        ),
        *(
            'up = ["B2M", "TAP1"]\n',
            'up = ["B2M"',
            "down = []\n",
            "[source]\n",
            "[weights]\nB2M = nan\n",
            "a.b.c = 1\n",
        ),
        *(
            "= ",
            "[[",
            "]]",
            '"""',
            "'''",
            "\\u0000",
            "inf",
            "1979-05-27",
            "{a = 1}",
            "# x\n",
            "\t",
            "\r\n",
            "\x00",
        ),
        *(
            "x\tabout\tB2M\tTAP1\n",
            "\t\t\n",
            "B2M\n",
            "{",
            "}",
            '"a": ',
            "null",
            "1e999",
            ",",
            ";",
            "sample,patient\n",
        ),
        *(
            '{"geneSymbols": ["B2M"]}',
            "source,target,weight\n",
            "a,B2M,1\n",
            "a,B2M,x\n",
            '"',
            "\u202e",
            "\ufeff",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=60))
DATES = st.one_of(
    st.dates().map(str),
    st.sampled_from(["", "NA", "31/12/2023", "2023-02-30", "yesterday", "0000-00-00"]),
)
RESPONSES = st.one_of(
    st.sampled_from(["CR", "PR", "SD", "PD", "NE", "", "cr", "XX"]), st.text(max_size=3)
)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), NUMBERS, WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def matrices(draw: st.DrawFn) -> pd.DataFrame:
    """Tables with anything in them and any names."""
    genes = draw(st.lists(st.one_of(st.sampled_from(GENES), WORDS), max_size=9))
    rows = draw(st.lists(st.lists(NUMBERS, min_size=len(genes), max_size=len(genes)), max_size=4))
    samples = draw(st.lists(WORDS, min_size=len(rows), max_size=len(rows)))
    return pd.DataFrame(np.array(rows).reshape(len(rows), len(genes)), index=samples, columns=genes)


@st.composite
def patients(draw: st.DrawFn) -> pd.DataFrame:
    """Clinical tables with columns and dates that come and go."""
    dates = ("start", "last_dose", "progression", "last_followup")
    columns = dict.fromkeys(dates, DATES) | dict.fromkeys(
        ("patient", "confirmed", "regimen"), WORDS
    )
    columns["best_response"] = RESPONSES
    kept = draw(st.lists(st.sampled_from(list(columns)), unique=True, min_size=4))
    n = draw(st.integers(0, 3))
    return pd.DataFrame({name: [draw(columns[name]) for _ in range(n)] for name in kept})


COMMANDS = st.tuples(
    st.sampled_from(
        [
            *(
                "move_threshold",
                "reset_thresholds",
                "select",
                "select_patient",
                "select_region",
                "color_by",
                "hide",
            ),
            *("add_region", "remove_region", "undo", "redo", "select_call"),
        ]
    ),
    st.lists(
        st.one_of(
            st.sampled_from(["ifng", "change", "plane", "0-4,9", "axis:ifng", "up"]), NUMBERS, WORDS
        ),
        max_size=3,
    ),
)
MESSAGES = st.tuples(
    st.one_of(
        PLAIN,
        st.fixed_dictionaries(
            {
                "id": st.one_of(WORDS, st.integers()),
                "what": st.one_of(st.sampled_from(["data", "gene", "step"]), WORDS),
            },
            optional={
                "gene": PLAIN,
                "rows": PLAIN,
                "step": PLAIN,
                "name": PLAIN,
                "after": PLAIN,
                "values": PLAIN,
            },
        ),
    ),
    st.lists(st.binary(max_size=40), max_size=2),
)


def matrix(table: pd.DataFrame) -> None:
    found = score(table, SETS, method=["ssgsea", "singscore", "ucell"], n_jobs=1)
    if list(found.samples) != [str(name) for name in table.index] or list(found.signatures) != list(
        SETS
    ):
        raise LookupError("rows or lists were lost")


def genes(names: list[str]) -> None:
    resolve(names)
    id_type(names)
    found = GeneIndex(names).match(["B2M", "TAP1", *names[:2]])
    if len(found.columns) != len(found.wanted):
        raise LookupError("a gene was lost")
    if any(clean(clean(name)) != clean(name) for name in names):
        raise LookupError("cleaned twice it is another name")


@cache
def folder() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="resistype-fuzz-"))


def _file(name: str, text: str) -> Path:
    path = folder() / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def gmt(text: str) -> None:
    import_signatures(_file("a.gmt", text))


def toml(text: str) -> None:
    read_toml(_file("a.toml", text))


def json(text: str) -> None:
    import_signatures(_file("a.json", text))


def csv(text: str) -> None:
    import_signatures(_file("a.csv", text))


def samples(text: str) -> None:
    read_samples(_file("a.csv", text))


def clinical_table(table: pd.DataFrame) -> None:
    clinical(table, definition="all")


@cache
def session() -> Session:
    return Session(material())


def command(given: Any) -> None:
    name, words = given
    found = session()
    before = found.state
    try:
        getattr(found, name)(*words)
    except ResistypeError:
        if found.state is not before:
            raise LookupError("a refused command changed the session") from None
        raise
    except TypeError as error:
        if "positional argument" not in str(
            error
        ):  # too many or too few words is Python's own refusal
            raise
    if len(found.log) > 200:
        session.cache_clear()


@cache
def explorer() -> Explorer:
    return Explorer(material())


def message(given: Any) -> None:
    """Every question gets one answer, and never one that Python failed."""
    content, buffers = given
    view, sent = explorer(), []
    real = Widget.send
    Widget.send = lambda _self, content, buffers=None: sent.append(content)  # type: ignore[method-assign, assignment]
    try:
        view._asked(view, content, buffers)
    finally:
        Widget.send = real  # type: ignore[method-assign]
    if any(" in Python: " in str(one.get("error", "")) for one in sent):
        raise LookupError(f"Python failed: {sent[0]['error']}")


FUZZED: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None], int]] = {
    # what, its inputs, what they are given to, and its fraction of the examples
    "matrices": (matrices(), matrix, 8),
    "gene names": (st.lists(WORDS, max_size=8), genes, 10),
    "GMT": (TEXTS, gmt, 14),
    "TOML": (TEXTS, toml, 14),
    "JSON": (TEXTS, json, 10),
    "tables of signatures": (TEXTS, csv, 10),
    "samples tables": (TEXTS, samples, 10),
    "clinical tables": (patients(), clinical_table, 8),
    "session commands": (COMMANDS, command, 8),
    "browser messages": (MESSAGES, message, 8),
}


def tried(call: Callable[[Any], None], given: Any) -> str:
    """How it ended: ``fine``, ``refused`` by an error of ours; anything else is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(given)
        except ResistypeError:
            return "refused"
    return "fine"
