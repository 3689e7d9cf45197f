"""What a run records of the software that made it."""

from __future__ import annotations

import platform

from resistype._version import __version__
from resistype.extras import installed

_PACKAGES = ("numpy", "scipy", "pandas", "numba", "anndata", "joblib")


def versions() -> dict[str, str]:
    """Versions of resistype, of the packages that compute, and of Python."""
    found = {name: installed(name) for name in _PACKAGES}
    return {"resistype": __version__, **found, "python": platform.python_version()}
