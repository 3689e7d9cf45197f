"""Replay: the log of commands as a Python script, and the check that it runs on the same data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from resistype.errors import SessionError
from resistype.session.commands import Command
from resistype.session.data import SessionData


class _Replayed(Protocol):
    @property
    def data(self) -> SessionData: ...


_HEAD = """\
# An exploration of resistype calls; research use only. `calls` are the calls (or the data) that it
# was recorded on.
import resistype as rt
from resistype.session import expect

session = rt.Session(calls, embeddings)
expect(session, "{digest}")
"""


def script(log: Sequence[Command], digest: str) -> str:
    """Python that does the commands again."""
    return _HEAD.format(digest=digest) + "".join(f"{command.line}\n" for command in log)


def expect(session: _Replayed, digest: str) -> None:
    """Refuse to go on when a session looks at other data than a script was recorded on.

    Raises
    ------
    SessionError
        V107 when the data differ.
    """
    found = session.data.digest()
    if found != digest:
        message = (
            f"The script was recorded on data {digest[:12]}… and these are {found[:12]}…: "
            "rows and calls differ. "
            "Classify the same matrix again with the same scheme and options."
        )
        raise SessionError(message, code="V107")
