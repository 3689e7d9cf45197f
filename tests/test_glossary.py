"""The words of the field, and no word of prediction, in what a user meets.

Looked through are public names and arguments, columns of written tables and keys of written JSON,
the page of a report, the help of the command line, the texts of schemes and signatures, and the
pages of docs. The list is curated: words that have a better one, not every word that changed.
"""

from __future__ import annotations

import ast
import functools
import html
import json
import re
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import resistype as rt
from resistype.cli.app import app
from resistype.scheme import list_schemes
from tests.imports import modules
from tests.measures import Function, every_argument, faces
from tests.test_every_system import EVERY

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "resistype"

# Old identifiers, whole: public names, arguments, columns, keys; and what they are called now.
IDENTIFIERS = {
    "recall": "reapply_rules",
    "recalled": "unsourced",
    "Material": "SessionData",
    "read_courses": "read_timelines",
    "Course": "CloneTracking",
    "clone_courses": "track_clones",
    "Desk": "SignatureEditor",
    "Drawn": "FigureResult",
    "DrawnRegion": "Annotation",
    "RefusedError": "UnsafeInputError",
    "ReferenceError_": "ReferenceDataError",
    "Verdict": "RuleResult",
    "Verdicts": "RuleResult",
    "Firmness": "Stability",
    "CellCalls": "Calls",
    "RegionCalls": "Calls",
    "CellScheme": "Scheme",
    "load_cell_scheme": "load_scheme",
    "Labelling": "CallSet",
    "best_cut": "optimal_cutoff",
    "cut_from_controls": "cutoff_from_controls",
    "report_twin": "report_json",
    "why": "reason",
    "firm": "stable",
    "taken_back": "unstable",
    "rules_say": "call_before_stability",
    "by_rule": "rule_calls",
    "one_sided": "cohort_shift",
    "off_line": "off the regression line",
    "line_shift": "line_offset",
    "used_first": "counted",
    "rim": "invasive margin",
    "random_p": "empirical p",
}
# Parts of an identifier between underscores.
PARTS = {
    "share": "fraction, or proportion for a count over a count",
    "shares": "proportions",
    "why": "reason",
}
# Old phrases of pages, helps and docs.
PHRASES = {
    r"(one|a) (row|column|line|file) an? (sample|patient|axis|cell|gene|region|signature)": "per",
    r"share of": "fraction of, or proportion of",
    r"gr[ea]y zone": "indeterminate zone",
    r"taken? back": "call withheld",
    r"own (cohort|baseline)": "this cohort; the patient's baseline",
    r"second opinion": "external classifier",
    r"(nothing|no programme) called": "no call",
    r"lies to one side": "shifted cohort",
    r"at the floor": "not detected",
    r"(damaged|spoilt) by a spreadsheet": "gene symbols converted to dates",
    r"json twin|twin of the report": "JSON version of the report",
    r"stand-ins?": "pseudonyms",
    r"(?<!gene )random sets": "matched random gene sets",
    r"off the line": "off the regression line",
    r"firm(ness)?": "stable, stability",
    r"the shelf": "library folder",
    r"kept out": "excluded",
}
# Where an old word is right: the name of a method, a word of another meaning, the name of a file.
EXEMPT = (
    r"nearest template prediction",
    r"market share",
    r"confirm\w*",
)

PREDICTION = (
    r"predict\w*",
    r"prognos\w*",
    r"probabilit\w+ of (response|benefit|survival)",
    r"likely to (respond|benefit|progress)",
    r"will (respond|benefit|progress)",
    r"recommended (drug|therapy|treatment)",
)
# Said of a method by its published name, of an estimator's verb, of a regression, or to deny it.
NOT_PREDICTING = (
    r"nearest template prediction",
    r"`\.?predict(_proba)?(\(.*?\))?`",
    r"(nothing( here)?|never|not|no|nor|neither|cannot) (a )?predict\w*",
    r"T cells predict",  # the line through the cohort: expression, never an outcome
    r"(log2 units|SD) (above|below) the prediction",
    r"predicts? (nothing|no)",
    r"no (word of )?(prediction|prognosis)",
    r"(nothing|never)[^.]{0,40} who will respond",
    r"(offered as a predictor of response|as a predictor is disputed)",
)


def words_of(
    text: str, patterns: Iterator[str] | tuple[str, ...], exempt: tuple[str, ...]
) -> list[str]:
    """What stands in a text of the patterns, each with the words round it, but for the exempt."""
    flat = re.sub(r"\s+", " ", text)
    for allowed in exempt:
        flat = re.sub(
            rf"\b{allowed}" if allowed[0].isalpha() else allowed, "…", flat, flags=re.IGNORECASE
        )
    pattern = re.compile("|".join(rf"\b(?:{part})\b" for part in patterns), re.IGNORECASE)
    return [flat[max(0, hit.start() - 30) : hit.end() + 30] for hit in pattern.finditer(flat)]


def old_identifiers(names: set[str]) -> dict[str, str]:
    """Old identifiers among names, each with its successor."""
    old = {name: IDENTIFIERS[name] for name in names & IDENTIFIERS.keys()}
    for name in names:
        for part in set(name.lower().split("_")) & PARTS.keys():
            old[name] = PARTS[part]
    return old


def phrases(text: str) -> list[str]:
    """Old phrases in a text."""
    return words_of(text, tuple(PHRASES), EXEMPT)


def predictions(text: str) -> list[str]:
    """Words of prediction in a text."""
    return words_of(text, PREDICTION, NOT_PREDICTING)


# keys of a scheme that list what it must not say
FORBIDDING = {"never", "forbidden_words", "forbidden_without_baseline"}

# What a user meets


def public_names(package: Path) -> set[str]:
    """Names on the faces, their arguments, and the public members of their classes."""
    shown = set().union(*faces(package).values())
    names = set(shown)
    for path in modules(package).values():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if getattr(node, "name", "") in shown:
                names |= set(_members(node))
    return {name for name in names if not name.startswith("_")}


def _members(node: ast.AST) -> Iterator[str]:
    if isinstance(node, Function):
        yield from (argument.arg for argument in every_argument(node))
    if isinstance(node, ast.ClassDef):
        for child in node.body:
            if isinstance(child, Function) and not child.name.startswith("_"):
                yield child.name
                yield from _members(child)
            elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
                yield child.target.id


def keys(value: Any) -> Iterator[str]:
    """All keys of a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.fixture(scope="module", params=[name for name in EVERY if name != "my_stress"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The written folder of a run."""
    path = tmp_path_factory.mktemp("run") / "out"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = EVERY[request.param](request.param)
        run.write(path)
        run.report(path / "report.html")
    return path


@functools.cache
def helps() -> dict[str, str]:
    """The help of every verb, by its name."""
    texts = {}

    def visit(command: Any, name: str) -> None:
        context = command.context_class(command, info_name=name)
        texts[name] = command.get_help(context)
        if hasattr(command, "list_commands"):
            for verb in command.list_commands(context):
                visit(command.get_command(context, verb), f"{name} {verb}")

    visit(get_command(app), "resistype")
    return texts


def pages() -> dict[str, str]:
    """The pages that people wrote, without their code."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {
        path.relative_to(ROOT).as_posix(): re.sub(
            r"```.*?```|`[^`\n]*`", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        for path in paths
    }


def catalogue() -> dict[str, str]:
    """Texts of the shipped schemes, but for their lists of forbidden words, and of signatures."""
    texts = {item.id: f"{item.name} {item.description}" for item in rt.load_library().values()}
    for name, path in list_schemes().items():
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        told = {key: part for key, part in data.items() if key not in FORBIDDING}
        texts[f"scheme {name}"] = json.dumps(told, ensure_ascii=False)
    return texts


def read(page: Path) -> str:
    """What a reader sees of a page."""
    text = re.sub(
        r"<(style|script)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def test_public_names_are_the_words_of_the_field() -> None:
    assert old_identifiers(public_names(PACKAGE)) == {}


def test_columns_and_keys_are_the_words_of_the_field(folder: Path) -> None:
    names: set[str] = set()
    for path in folder.rglob("*.tsv"):
        names |= set(path.read_text(encoding="utf-8").split("\n")[0].split("\t"))
    for path in folder.rglob("*.json"):
        names |= set(keys(json.loads(path.read_text(encoding="utf-8"))))

    assert len(names) > 20
    assert old_identifiers(names) == {}


def test_the_report_speaks_the_words_of_the_field(folder: Path) -> None:
    text = read(folder / "report.html")

    assert len(text) > 1000
    assert phrases(text) == []
    assert predictions(text) == []


def test_the_command_line_speaks_the_words_of_the_field() -> None:
    assert len(helps()) > 10
    assert {name: phrases(text) for name, text in helps().items() if phrases(text)} == {}
    assert {name: predictions(text) for name, text in helps().items() if predictions(text)} == {}


def test_the_pages_speak_the_words_of_the_field() -> None:
    assert {name: phrases(text) for name, text in pages().items() if phrases(text)} == {}
    assert {name: predictions(text) for name, text in pages().items() if predictions(text)} == {}


def test_no_scheme_or_signature_predicts() -> None:
    texts = catalogue()

    assert texts.keys() >= {f"scheme {name}" for name in EVERY if name != "my_stress"}
    assert len(texts) > len(EVERY) + 100
    assert {name: predictions(text) for name, text in texts.items() if predictions(text)} == {}


# Each look can find


@pytest.mark.parametrize(
    ("names", "old"),
    [
        ({"why"}, {"why"}),
        ({"share_high"}, {"share_high"}),
        ({"class_shares"}, {"class_shares"}),
        ({"reason", "shared", "fraction_high", "firmware"}, set()),
    ],
)
def test_old_identifiers_are_found(names: set[str], old: set[str]) -> None:
    assert old_identifiers(names).keys() == old


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("One row a sample, one column\nan axis.", 2),
        ("One row per sample.", 0),
        ("Values in the grey zone", 1),
        ("The share of genes found", 1),
        ("Two cohorts share a gene; confirmed", 0),
    ],
)
def test_old_phrases_are_found(text: str, n: int) -> None:
    assert len(phrases(text)) == n


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("This predicts response.", 1),
        ("A prognostic score", 1),
        ("The probability of response is 0.8", 1),
        ("These patients will respond", 1),
        ("Nothing here predicts response; it is not a prediction.", 0),
        ("MHC class I is lower than the T cells predict", 0),
        ("The T cells predict; this score predicts benefit", 1),
        ("by nearest template prediction (Hoshida 2010)", 0),
        ("`predict` of an estimator; a new cohort like these", 0),
    ],
)
def test_words_of_prediction_are_found(text: str, n: int) -> None:
    assert len(predictions(text)) == n


def test_public_names_are_read_to_their_members(tmp_path: Path) -> None:
    root = tmp_path / "resistype"
    root.mkdir()
    (root / "__init__.py").write_text('__all__ = ["A", "f"]\n', encoding="utf-8")
    (root / "a.py").write_text(
        "class A:\n    why: str\n    def share(self, taken_back): pass\n    def _firm(self): pass\n"
        "def f(rim): pass\ndef _g(by_rule): pass\n",
        encoding="utf-8",
    )

    assert public_names(root) == {"A", "f", "why", "share", "self", "taken_back", "rim"}
