"""Versions of what computes, for the foot of a page."""

from __future__ import annotations

import platform

from resistype.extras import installed

__all__ = ["package_versions"]

_PACKAGES = ("resistype", "numpy", "scipy", "pandas", "numba", "anndata", "joblib")


def package_versions() -> dict[str, str]:
    """Versions of resistype, of the packages that compute, and of Python.

    Examples
    --------
    >>> list(package_versions())[0]
    'resistype'
    """
    return {name: installed(name) for name in _PACKAGES} | {"python": platform.python_version()}
