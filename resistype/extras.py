"""Libraries that come with an extra, and what is said where one is not installed.

Only the complaint is here. The import stands where it is used, inside `with needs(...)`, so that
readers, mypy and the tests of floors and packaging see which module reaches for what.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

from resistype.errors import MissingExtraError


@contextmanager
def needs(name: str, *, extra: str, what: str, hint: str = "") -> Iterator[None]:
    """Imports of an optional library; when one fails, the error names the extra that brings it.

    Parameters
    ----------
    name
        What is imported, as it is known to those who install it.
    extra
        The extra of resistype that brings it.
    what
        What needs it, the first words of the message.
    hint
        A sentence more: another way, or what works without it.

    Raises
    ------
    MissingExtraError
        X101 when the library is not installed, or does not load; then with what it said.

    Examples
    --------
    >>> from resistype.extras import needs
    >>> with needs("cellophane", extra="h5ad", what="Wrapping"):
    ...     import cellophane
    Traceback (most recent call last):
    resistype.errors.MissingExtraError: X101 Wrapping needs cellophane: pip install ...
    """
    try:
        yield
    except ImportError as error:
        broken = (
            "" if isinstance(error, ModuleNotFoundError) else f" Its import ended with: {error}."
        )
        more = f" {hint}" if hint else ""
        message = f"{what} needs {name}: pip install 'resistype[{extra}]'.{more}{broken}"
        raise MissingExtraError(message, code="X101") from error


def installed(name: str) -> str:
    """Version of a distribution, or that it is not installed.

    Examples
    --------
    >>> installed("cellophane")
    'not installed'
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
