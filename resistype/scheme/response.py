"""Do labels look like treatment response? Then no model is made of them: resistype describes states, not outcomes.

The check reads names and values, word by word. It is there against an oversight, not against a person who renames a
column. "Response" is also a word of biology, so that "IFNγ response" and "stress response" may pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["looks_like_response"]

_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[\s_/.,;-]+")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# single words, in the name of a column or inside a value
_OUTCOMES = _set("""
    recist irecist imrecist mrecist bor orr dcr dcb ndb pfs dfs rfs efs ttp ttnt dor benefit nonbenefit benefiter
    benefitter respond responded responder responders nonresponder nonresponders nonresponse relapse relapsed progressed
    progressor progressors nonprogressor nonprogressors deceased survival survivor survivors nonsurvivor nonsurvivors
""")
# in the name of a column only, where they can mean nothing else
_NAMES = _set(
    "os outcome outcomes efficacy progression responses resp responds resistant refractory refractoriness pref"
)
# values as a whole, without spaces and signs
_VALUES = _set("""
    cr pr sd pd mr nr r nonr vgpr ncr mpr pcr crpr prcr sdpd pdsd icr ipr isd iupd icpd cb ncb nondcb stabledisease
    progressivedisease progression sensitive resistant nonresistant refractory nonrefractory durable nondurable alive
    dead
""")
# beside one of these, "response" is a programme of the cell
_BIOLOGY = _set("""
    ifn ifng ifna ifnb ifnγ interferon isg gamma alpha stress damage dna unfolded protein heat shock hypoxia cytokine
    innate antiviral viral oxidative hormone tgfb wound
""")


def looks_like_response(name: object, values: Iterable[object]) -> str:
    """Why labels look like treatment response; empty when they do not.

    Parameters
    ----------
    name
        Name of the column, or None.
    values
        The different labels.

    Examples
    --------
    >>> looks_like_response("best_response", ["high", "low"])
    "the column is named 'best_response'"
    >>> looks_like_response(None, ["CR", "PD"])
    "there are labels 'CR', 'PD'"
    >>> looks_like_response("state", ["IFNG response high", "low"])
    ''
    """
    reasons = []
    if name is not None and _outcome(str(name), _OUTCOMES | _NAMES):
        reasons.append(f"the column is named {str(name)[:60]!r}")
    found = [str(value) for value in values if _is_outcome(str(value))]
    if found:
        shown = ", ".join(repr(value[:60]) for value in sorted(found)[:5])
        reasons.append(f"there are labels {shown}" if len(found) > 1 else f"there is a label {shown}")
    return "; ".join(reasons)


def _is_outcome(value: str) -> bool:
    if _SIGNS.sub("", value).lower() in _VALUES or _outcome(value, _OUTCOMES):
        return True
    words = _words(value)
    early = bool({"primary", "secondary", "acquired"} & words)
    return early and bool({"resistance", "resistant", "refractory", "refractoriness"} & words)


def _outcome(text: str, outcomes: frozenset[str]) -> bool:
    words = _words(text)
    return bool(outcomes & words) or ("response" in words and not _BIOLOGY & words)


def _words(text: str) -> set[str]:
    """Words of a text in lower case, without numbers, also those written together: bestResponse, PFS6_months."""
    return {word.lower() for pattern in (_WORD, _HUMP) for word in pattern.findall(text)}
