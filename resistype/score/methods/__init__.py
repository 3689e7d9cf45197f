"""The scoring methods, one page each, and the list of them."""

from __future__ import annotations

from resistype.errors import InputError
from resistype.score.method import Method
from resistype.score.methods.aucell import AUCELL
from resistype.score.methods.gene_pairs import GENE_PAIRS
from resistype.score.methods.gsva import GSVA
from resistype.score.methods.plage import PLAGE
from resistype.score.methods.score_genes import SCORE_GENES
from resistype.score.methods.singscore import SINGSCORE
from resistype.score.methods.ssgsea import SSGSEA
from resistype.score.methods.ucell import UCELL
from resistype.score.methods.weighted import WEIGHTED
from resistype.score.methods.zscore import ZSCORE

__all__ = ["METHODS", "get_method"]

METHODS: tuple[Method, ...] = (
    SSGSEA,
    SINGSCORE,
    UCELL,
    AUCELL,
    ZSCORE,
    WEIGHTED,
    GENE_PAIRS,
    GSVA,
    PLAGE,
    SCORE_GENES,
)


def get_method(name: str) -> Method:
    """The method of that name.

    Raises
    ------
    InputError
        E607 when there is none; the message lists those there are.

    Examples
    --------
    >>> get_method("ssgsea").spec
    'ssgsea/1'
    """
    for method in METHODS:
        if method.id == name:
            return method
    known = ", ".join(method.id for method in METHODS)
    message = f"There is no scoring method {name!r}. Choose one of: {known}."
    raise InputError(message, code="E607")
