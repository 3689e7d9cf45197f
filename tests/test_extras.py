"""Every optional library is asked for in the same words, by the extra that really brings it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from resistype.cli import doctor
from resistype.errors import MissingExtraError
from resistype.extras import needs
from tests.imports import imports, modules

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# names to import that differ from names to install, and what anndata cannot be without
INSTALLED_AS = {"sklearn": "scikit-learn", "zarr": "anndata"}
WHOLE_ROOMS = (
    "resistype.widgets",
    "resistype.napari_plugin",
)  # nothing of them works without their extra
# imports outside of `with needs(...)`, each with the reason why the library is there by then
AFTER_ANOTHER = {
    ("resistype.expression.limits", "h5py"): "the file is open",
    ("resistype.expression.store", "zarr"): "a part of a store that is open",
    ("resistype.opinions.fit", "sklearn"): "asked for at the beginning of the fit",
    ("resistype.opinions.tree", "sklearn"): "only scikit-learn asks",
}


def plain(requirement: str) -> str:
    """Name of a requirement without its version and extras, as pip compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[ \[<>=!~;]", requirement, maxsplit=1)[0]).lower()


def brings(extra: str) -> set[str]:
    """Distributions that an extra asks for, those of the extras inside of it too."""
    found: set[str] = set()
    for one in PROJECT["optional-dependencies"][extra]:
        if plain(one) == "resistype":
            found |= {name for inner in re.findall(r"[\w-]+", one)[1:] for name in brings(inner)}
        else:
            found |= {plain(one), *re.findall(r"\[([\w-]+)\]", one)}
    return found


@dataclass(frozen=True)
class Asked:
    """One `with needs(...)` of the source: where, the extra that is named, and what is imported."""

    where: str
    extra: str
    imported: tuple[str, ...]
    lines: range


def asked() -> Iterator[Asked]:
    """Every `with needs(...)`, and every `if TYPE_CHECKING:` as one without an extra."""
    for module, path in modules(ROOT / "resistype").items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            extra = extra_of(node)
            if extra is None:
                continue
            targets = tuple(name for inner in node.body for name in imported(inner))  # type: ignore[attr-defined]
            yield Asked(module, extra, targets, range(node.lineno, node.end_lineno + 1))  # type: ignore[attr-defined]


def extra_of(node: ast.AST) -> str | None:
    """The extra that a statement asks for; "" where it imports for types only, None for any
    other statement.
    """
    if isinstance(node, ast.If):
        return "" if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else None
    call = node.items[0].context_expr if isinstance(node, ast.With) else None
    if not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "needs"
    ):
        return None
    [extra] = [one.value for one in call.keywords if one.arg == "extra"]
    return str(ast.literal_eval(extra))


def imported(node: ast.stmt) -> list[str]:
    """First parts of what an import statement imports; empty for any other statement."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [str(node.module).partition(".")[0]] if isinstance(node, ast.ImportFrom) else []


FOUND = list(asked())
ASKED = [one for one in FOUND if one.extra]


@pytest.mark.parametrize(
    "one", ASKED, ids=[f"{one.where}-{'-'.join(one.imported)}" for one in ASKED]
)
def test_the_extra_that_is_named_brings_what_is_imported(one: Asked) -> None:
    names = {INSTALLED_AS.get(name, name) for name in one.imported}

    assert names
    assert names - brings(one.extra) == set()


def test_every_import_of_an_extra_is_asked_for() -> None:
    core = {plain(one) for one in PROJECT["dependencies"]} | {
        "resistype",
        "click",
    }  # typer brings click
    bare = set()
    for found in imports(ROOT / "resistype"):
        name = found.target.partition(".")[0]
        inside = any(found.module == one.where and found.line in one.lines for one in FOUND)
        if (
            name not in sys.stdlib_module_names | core
            and not inside
            and not found.module.startswith(WHOLE_ROOMS)
        ):
            bare.add((found.module, name))

    assert bare == set(AFTER_ANOTHER)
    assert len(ASKED) >= 15


def test_the_doctor_looks_at_every_extra() -> None:
    extras = PROJECT["optional-dependencies"].keys() - {"all"}

    assert set(doctor._EXTRAS) == extras
    assert [extra for extra, names in doctor._EXTRAS.items() if {*names} - brings(extra)] == []


def test_all_is_every_extra_but_the_two_that_bring_programs_of_their_own() -> None:
    extras = PROJECT["optional-dependencies"].keys() - {"all", "napari", "dask"}

    assert brings("all") == set().union(*(brings(extra) for extra in extras))


def test_a_missing_library_is_named_with_its_extra() -> None:
    with (
        pytest.raises(MissingExtraError) as caught,
        needs("cellophane", extra="h5ad", what="Wrapping cells"),
    ):
        import cellophane  # type: ignore[import-not-found]  # noqa: F401

    assert (
        str(caught.value) == "X101 Wrapping cells needs cellophane: pip install 'resistype[h5ad]'."
    )
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_another_code_and_a_hint() -> None:
    with (
        pytest.raises(MissingExtraError) as caught,
        needs("cellophane", extra="gsea", what="Wrapping", hint="Or take paper."),
    ):
        import cellophane  # noqa: F401

    assert (
        str(caught.value)
        == "X101 Wrapping needs cellophane: pip install 'resistype[gsea]'. Or take paper."
    )


def test_a_library_that_is_there_and_does_not_load_says_why() -> None:
    with pytest.raises(MissingExtraError) as caught, needs("numpy", extra="h5ad", what="Wrapping"):
        from numpy import cellophane  # type: ignore[attr-defined]  # noqa: F401

    assert str(caught.value).startswith(
        "X101 Wrapping needs numpy: pip install 'resistype[h5ad]'. Its import ended with: cannot"
        " import name 'cellop"
    )


def test_what_is_there_is_imported() -> None:
    with needs("numpy", extra="h5ad", what="Wrapping"):
        import numpy as np

    assert np.zeros(1).size == 1


def test_other_errors_pass() -> None:
    with (
        pytest.raises(ValueError, match="of its own"),
        needs("numpy", extra="h5ad", what="Wrapping"),
    ):
        raise ValueError("of its own")
