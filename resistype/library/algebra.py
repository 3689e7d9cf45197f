"""Sets made of other sets: ``a@1.0.0 - b@1.0.0 + c@1.0.0``, read from left to right.

``-`` takes genes away, ``+`` adds them, ``&`` keeps the shared ones; operators stand between spaces, because an id
may hold a hyphen. The order of genes is that of the first set that has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from resistype.library.signature import Signature

__all__ = ["evaluate"]

OPERATOR = re.compile(r" ([-+&]) ")


def evaluate(text: str, library: Mapping[str, Signature]) -> tuple[str, ...] | str:
    """Genes that a derivation gives, or a sentence about why it gives none.

    Parameters
    ----------
    text
        The derivation.
    library
        Where its sets are.

    Returns
    -------
    tuple of str or str
        The genes, in the order of the sets; or the complaint.

    Examples
    --------
    >>> from resistype.library import load_library
    >>> evaluate("mhc1_core - imv_apm", load_library())
    ('TAPBP', 'NLRC5')
    """
    first, *rest = OPERATOR.split(text.strip())
    refs = [first, *rest[1::2]]
    unknown = [ref for ref in refs if ref not in library]
    if unknown:
        return f"derived_from names {', '.join(unknown)}, which the library does not hold."
    genes = dict.fromkeys(library[first].genes)
    for operator, ref in zip(rest[::2], rest[1::2], strict=True):
        other = library[ref].genes
        if operator == "+":
            genes |= dict.fromkeys(other)
        else:
            keep = operator == "&"
            genes = {gene: None for gene in genes if (gene in set(other)) is keep}
    return tuple(genes)
