"""What a run records of the software that made it."""

from __future__ import annotations

import platform

from resistype.extras import installed

_PACKAGES = ("resistype", "numpy", "scipy", "pandas", "numba", "anndata", "joblib")


def versions() -> dict[str, str]:
    """Versions of resistype, of the packages that compute, and of Python."""
    return {name: installed(name) for name in _PACKAGES} | {"python": platform.python_version()}
