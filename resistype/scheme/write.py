"""Schemes as files."""

from __future__ import annotations

from pathlib import Path

from resistype.errors import OutputError
from resistype.safe.files import replace_file
from resistype.scheme.scheme import Scheme


def write_scheme(scheme: Scheme, path: str | Path) -> Path:
    """Write a scheme, whole or not at all.

    Parameters
    ----------
    scheme
        The scheme.
    path
        A file, or a folder that gets ``<id>-<version>.toml``.

    Raises
    ------
    OutputError
        O101 when it cannot be written.
    """
    target = Path(path)
    if target.is_dir():
        target = target / f"{scheme.id}-{scheme.version}.toml"
    try:
        replace_file(target, lambda stream: stream.write(scheme.to_toml().encode()))
    except OSError as error:
        message = f"{target} could not be written: {error.strerror}."
        raise OutputError(message, code="O101") from error
    return target
