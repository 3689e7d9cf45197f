"""Settings as a user types them, ``key=value``, sorted into fields of a signature and filters of genes.

A field of a table is written with a dot (``source.doi=10.1016/…``). An unknown key is an error that names its nearest
neighbour; values are checked by the model of the signature later, with everything else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from resistype.errors import SignatureError, complain
from resistype.library import Scoring, Source
from resistype.library.names import near

__all__ = ["Filters", "parse_settings"]

TOP = ("version", "name", "axis", "species", "compartment", "status", "description", "expected_in_resistance")
NESTED = {"source": tuple(Source.model_fields), "scoring": tuple(Scoring.model_fields)}
SHORT = {"citation", "doi", "pmid", "licence", "identifier_status"}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which genes of a comparison make a signature.

    Parameters
    ----------
    effect
        Least difference of means, in log2 units.
    fdr
        Largest adjusted p-value (Benjamini-Hochberg).
    detection
        Least share of the case's samples in which the gene is expressed; not used for tables that do not tell it.
    expressed
        Expression from which a gene counts as expressed, in log2(x + 1).
    top
        Most genes a direction, those of the largest effect.
    down
        Whether genes lower in the case are taken too, as genes down.
    within
        Names of genes; where there are some, only genes that are among them are taken, also as orthologs: what a panel
        or another matrix can measure.

    Raises
    ------
    SignatureError
        When a number is out of its range (E222).
    """

    effect: float = 1.0
    fdr: float = 0.05
    detection: float = 0.5
    expressed: float = 0.5
    top: int = 200
    down: bool = False
    within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ranges = {"effect": (0, math.inf), "fdr": (0, 1), "detection": (0, 1), "expressed": (0, 50), "top": (1, 5000)}
        wrong = [
            f"{name} is {getattr(self, name)}; it must lie between {low} and {high}"
            for name, (low, high) in ranges.items()
            if not low <= getattr(self, name) <= high
        ]
        complain(wrong, SignatureError, code="E222", subject="Filters of genes")


def parse_settings(settings: Sequence[str]) -> tuple[dict[str, Any], Filters, dict[str, str]]:
    """Fields of a signature, filters of genes, and whatever else was set, from texts ``key=value``.

    Parameters
    ----------
    settings
        For example ``["name=My set", "axis=ifng", "source.doi=10.1000/1", "effect=0.8"]``. ``citation``, ``doi``,
        ``pmid``, ``licence`` and ``identifier_status`` need no ``source.`` before them.

    Returns
    -------
    tuple
        The fields, nested as in a signature; the filters; and the settings ``unit``, ``replicate``, ``method``,
        ``within`` and ``duplicates`` of a derivation.

    Raises
    ------
    SignatureError
        For unknown keys, missing ``=`` and values that are no numbers; all at once (E222).

    Examples
    --------
    >>> parse_settings(["axis=ifng", "doi=10.1000/1", "top=50"])[0]
    {'axis': 'ifng', 'source': {'doi': '10.1000/1'}}
    """
    found: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    rest: dict[str, str] = {}
    complaints: list[str] = []
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        table, _, inner = key.rpartition(".")
        if not equals:
            complaints.append(f"'{setting[:60]}' is no key=value")
        elif key in KINDS:
            _take_number(numbers, key, value, complaints)
        elif key in TOP:
            found[key] = value
        elif key in SHORT or inner in NESTED.get(table, ()):
            found.setdefault(table or "source", {})[inner or key] = value
        elif key in REST:
            rest[key] = value
        else:
            complaints.append(f"there is no setting '{key[:60]}'. {near(key, ALL)}")
    complain(complaints, SignatureError, code="E222", subject="Settings")
    return found, Filters(**numbers), rest


KINDS: dict[str, Any] = {field.name: type(field.default) for field in fields(Filters) if field.name != "within"}
ALL = [*TOP, *KINDS, *SHORT, *(f"{key}.{name}" for key, names in NESTED.items() for name in names)]
REST = ("unit", "replicate", "method", "within", "duplicates")
ALL += REST
WORDS = {"yes": True, "true": True, "no": False, "false": False}


def _take_number(numbers: dict[str, Any], key: str, value: str, complaints: list[str]) -> None:
    kind = KINDS[key]
    try:
        numbers[key] = WORDS[value.lower()] if kind is bool else kind(value[:40])
    except (ValueError, KeyError):
        wanted = {bool: "yes or no", int: "a whole number", float: "a number"}[kind]
        complaints.append(f"{key} is '{value[:40]}'; it must be {wanted}")
