"""One line of an examination by `resistype doctor`."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Finding"]


class Finding(NamedTuple):
    """What was looked at, whether it is ok, absent (an extra that is not there) or a fault, and what to do."""

    what: str
    state: str
    detail: str
