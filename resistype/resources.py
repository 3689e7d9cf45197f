"""Where the data folder `signatures/` is: in the installed package, or beside it in a checkout.

The wheel carries `signatures/` as `resistype/signatures/`. An editable install does not, and would
give an empty library without a word; so the checkout is the second place looked at, and there is no
third.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from resistype.errors import ResistypeError


@cache
def signatures_dir() -> Path:
    """Folder of the shipped signatures, schemes, references and gene tables.

    Raises
    ------
    ResistypeError
        When neither the package nor the checkout holds the folder.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "signatures", package.parent / "signatures"):
        if (candidate / "schemes").is_dir():
            return candidate
    message = (
        f"The folder 'signatures' is neither in the installed package ({package}) nor beside it. "
        "The installation is incomplete; install resistype again."
    )
    raise ResistypeError(message, code="X102")
