"""What a scorer did with a bad input: a mechanical rule, the same for every scorer."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import numpy as np
import pandas as pd

TOLERANCE = 1e-6
CODE = re.compile(r"^[A-Z][0-9]{3} ")
# Words that begin the sentence on what to do next.
REMEDY = re.compile(
    r"\b(pass|give|select|open|name|rename|correct|choose|check|use|write|save|keep|remove|leave|say|add|load|type|needs?|wanted"
    # or what was wanted in the place of what was got
    r"|such as|one of|is needed|are needed|known are|counted from|before|no column|no rows|no"
    r" patient|has no value"
    r"|match|compared|do not fill|list them|cast|there"
    r" are|move|split|look|fetch|run)\b|\b(are|has): ",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Verdict:
    """``error``, ``told`` (a warning, a log line or words in the result), ``same`` or
    ``silent``; and the words.
    """

    kind: str
    words: str = ""
    error: str = ""

    @property
    def code(self) -> str:
        found = CODE.match(self.words)
        return found[0].strip() if found else ""


def judge(
    call: Callable[[], tuple[pd.DataFrame, str]],
    wanted: pd.DataFrame,
    usual: frozenset[str] = frozenset(),
) -> Verdict:
    """Run a scorer and compare.

    Parameters
    ----------
    call
        Gives scores (samples × lists) and what the result itself says.
    wanted
        Scores of the clean input.
    usual
        What is said of the clean input too, and so tells nobody of a change.
    """
    said: list[str] = []
    handle = logging.Logger.handle

    def heard(self: logging.Logger, one: logging.LogRecord) -> None:
        if one.levelno >= logging.WARNING:
            said.append(one.getMessage())

    # of whatever logger, propagating or not
    logging.Logger.handle = heard  # type: ignore[method-assign]
    try:
        with (
            warnings.catch_warnings(record=True) as caught,
            redirect_stdout(io.StringIO()),
            redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("always")
            found, words = call()
    except Exception as error:  # noqa: BLE001  whatever a scorer raises is its answer
        return Verdict("error", str(error), type(error).__name__)
    finally:
        logging.Logger.handle = handle  # type: ignore[method-assign]
    said += [
        str(one.message)
        for one in caught
        if not issubclass(one.category, DeprecationWarning | FutureWarning)
    ]
    said = [one for one in said + ([words] if words else []) if one not in usual]
    if said:
        return Verdict("told", "\n".join(said))
    return Verdict("same" if differs(found, wanted) == "" else "silent", differs(found, wanted))


def differs(found: pd.DataFrame, wanted: pd.DataFrame) -> str:
    """How scores differ from those of the clean input; empty when they do not.

    A row or a list that is gone differs; so does every score that was not there, or moved by more
    than a millionth.
    """
    found = found.set_axis([str(name) for name in found.index], axis=0)
    lost = [name for name in wanted.columns if name not in found.columns]
    if lost or not len(found):
        return f"lists lost: {lost}" if lost else "no rows"
    if found.index.has_duplicates or found.columns.has_duplicates:
        return "rows or lists twice"
    rows = [name for name in wanted.index if name in found.index]
    if len(rows) < min(len(wanted), 2) and len(found) > 1:
        near = len(found) == len(wanted) and np.allclose(
            found[wanted.columns], wanted, atol=TOLERANCE
        )
        return "" if near else "other rows"
    one, other = (
        table.loc[rows, wanted.columns].to_numpy(dtype=np.float64) for table in (found, wanted)
    )
    apart = ~(np.abs(one - other) <= TOLERANCE)
    return f"{int(apart.sum())} of {apart.size} scores differ" if apart.any() else ""


def complete(verdict: Verdict) -> list[str]:
    """What an error of ours lacks: its code, a place or a count, what to do."""
    text = verdict.words
    lacks = [] if CODE.match(text) else ["code"]
    body = CODE.sub("", text)
    if not (
        re.search(r"[0-9]", body)
        or re.search(
            r"'[^']+'|\"[^\"]+\"|\b(no|none|every|all|empty|rows|columns|got)\b|[a-z_]+\.[a-z_]+:|/\w+",
            body.lower(),
        )
    ):
        lacks.append("place or count")
    if not REMEDY.search(body):
        lacks.append("remedy")
    return lacks
