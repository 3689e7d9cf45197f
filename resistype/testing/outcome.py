"""What a battery of checks gives back: one outcome a check, and one error that tells all that failed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["CheckError", "Outcome", "fail", "run_checks"]


class CheckError(AssertionError):
    """Something does not keep what it should; `outcomes` holds every check that was run.

    Parameters
    ----------
    message
        What was found and what was wanted.
    outcomes
        All outcomes, of those that passed too.
    """

    def __init__(self, message: str, outcomes: tuple[Outcome, ...] = ()) -> None:
        super().__init__(message)
        self.outcomes = outcomes


@dataclass(frozen=True)
class Outcome:
    """One check: its name, whether it passed, was left out with a reason, and what it found otherwise."""

    name: str
    passed: bool
    message: str = ""
    left_out: str = ""


def fail(message: str) -> NoReturn:
    """End a check with what was found and what was wanted."""
    raise CheckError(message)


def run_checks(
    checks: Iterable[Callable[[Any], None]], subject: Any, *, about: str, skip: Mapping[str, str] | None = None
) -> tuple[Outcome, ...]:
    """Run all checks on a subject.

    Parameters
    ----------
    checks
        Functions of the subject, each of which ends in `fail` when it does not hold.
    subject
        What is checked.
    about
        Words for the error.
    skip
        Names of checks that are left out, each with the reason.

    Returns
    -------
    tuple of Outcome
        In the order of the checks.

    Raises
    ------
    CheckError
        With all checks that failed.
    ValueError
        When a check that is to be left out does not exist.
    """
    reasons, found = dict(skip or {}), []
    for check in checks:
        name = check.__name__
        reason = reasons.pop(name, "")
        found.append(Outcome(name, passed=False, left_out=reason) if reason else _run(check, subject))
    if reasons:
        message = f"There is no check {', '.join(sorted(reasons))}; there are: {', '.join(one.name for one in found)}."
        raise ValueError(message)
    wrong = [one for one in found if not one.passed and not one.left_out]
    if wrong:
        lines = "\n".join(f"  - {one.name}: {one.message}" for one in wrong)
        raise CheckError(f"{about}: {len(wrong)} of {len(found)} checks failed\n{lines}", tuple(found))
    return tuple(found)


def _run(check: Callable[[Any], None], subject: Any) -> Outcome:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(subject)
    except CheckError as error:
        return Outcome(check.__name__, passed=False, message=str(error))
    except Exception as error:  # noqa: BLE001  what is checked may raise anything, and that is what is told
        return Outcome(check.__name__, passed=False, message=f"{type(error).__name__}: {str(error)[:300]}")
    return Outcome(check.__name__, passed=True)
