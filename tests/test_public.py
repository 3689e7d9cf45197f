"""What `import resistype` gives: few names, each explained by an example that runs, and nothing
heavy loaded.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import resistype

PACKAGE = Path(resistype.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = [
    ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(
        ".__init__"
    )
    for path in SOURCES
    if path.parent.name != "napari_plugin"  # it needs napari: tests/napari_plugin/test_examples.py
]
NAMES = list(getattr(resistype, "__all__", []))
FUNCTIONS = [name for name in NAMES if name.islower() and name != "datasets"]

HEAVY = {"scanpy", "gseapy", "numba", "matplotlib", "anywidget"}
NETWORK = {
    "socket",
    "ssl",
    "http",
    "urllib",
    "urllib3",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "smtplib",
    "pooch",
}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "runpy", "code"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "allow_pickle"}
# text that a page or a widget must never hold
UNSAFE_TEXT = ("innerHTML", "document.write", "eval(")


def test_the_names_are_few_and_sorted() -> None:
    assert sorted(NAMES) == NAMES
    assert len(NAMES) == len(set(NAMES)) <= 20


def test_dir_shows_every_public_name() -> None:
    assert set(NAMES) <= set(dir(resistype))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        resistype.no_such_name  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_explained(name: str) -> None:
    thing = getattr(resistype, name)

    assert inspect.getdoc(thing)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "datasets"])
def test_every_public_name_has_an_example(name: str) -> None:
    thing = getattr(resistype, name)
    members = vars(thing).items() if inspect.isclass(thing) else ()
    texts = [
        inspect.getdoc(thing),
        *(inspect.getdoc(one) for key, one in members if not key.startswith("_")),
    ]

    assert any(">>> " in (text or "") for text in texts)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(importlib.import_module(module), optionflags=options)

    assert result.failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_have_hints_and_few_parameters(name: str) -> None:
    parameters = inspect.signature(getattr(resistype, name)).parameters.values()
    positional = [
        one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
    ]

    assert len(positional) <= 3
    assert not any(one.kind is one.VAR_KEYWORD for one in parameters)
    assert all(one.annotation is not one.empty for one in parameters)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_names_every_parameter(name: str) -> None:
    function = getattr(resistype, name)
    text = inspect.getdoc(function) or ""

    assert [one for one in inspect.signature(function).parameters if one not in text] == []


ROUTES = [
    "import resistype",
    "import resistype, resistype.score, resistype.scheme",
    "import resistype; resistype.score; from resistype.score.scores import Scores",
    "import resistype; from resistype.systems import classify",
    "from resistype.score import score; import resistype",
    "import resistype.score.run; import resistype",
    "import resistype.score as room; import resistype; import resistype.score.scores",
]


@pytest.mark.parametrize("route", ROUTES)
def test_a_function_is_the_function_even_where_its_room_has_the_same_name(route: str) -> None:
    code = (
        f"{route}\nimport json\nprint(json.dumps([callable(getattr(resistype, n)) for n in"
        f" {FUNCTIONS}]))"
    )

    assert fresh(code) == [True] * len(FUNCTIONS)


@pytest.mark.parametrize("route", ROUTES)
def test_the_package_is_a_plain_module_and_travels_by_its_name(route: str) -> None:
    """A class of its own would be pickled by value by cloudpickle (joblib, dask, ray), which a
    module cannot be.
    """
    code = f"{route}\nresistype.score\nimport json, types\n"
    code += "try:\n    import cloudpickle\nexcept ImportError:  # older joblib brings its own\n"
    code += "    from joblib.externals import cloudpickle\n"
    code += "function = eval('lambda: resistype.score', {'resistype': resistype})\n"
    code += "same = cloudpickle.loads(cloudpickle.dumps(function))() is resistype.score\n"
    code += (
        "print(json.dumps([type(resistype) is types.ModuleType, len(cloudpickle.dumps(resistype)) <"
        " 200, same]))"
    )

    assert fresh(code) == [True, True, True]


def fresh(code: str) -> object:
    """Result of a piece of Python in a new interpreter, as JSON on its last line."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_import_loads_nothing_heavy() -> None:
    loaded = fresh("import json, sys, resistype; print(json.dumps(sorted(sys.modules)))")

    assert isinstance(loaded, list)
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()


def test_looking_at_the_names_loads_nothing_heavy() -> None:
    loaded = fresh(
        "import json, sys, resistype; dir(resistype); print(json.dumps(sorted(sys.modules)))"
    )

    assert isinstance(loaded, list)
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()


def imported(tree: ast.AST) -> set[str]:
    """First parts of all modules that a source imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def called(tree: ast.AST) -> set[str]:
    """Names that a source calls, and the keywords it calls them with; a method only where it is
    unsafe by name.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            names.add(node.func.id)
        elif isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_pickle"):
            names.add(node.func.attr)
        names |= {
            word.arg
            for word in node.keywords
            if word.arg and getattr(word.value, "value", None) is True
        }
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_network_and_no_code_from_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)

    assert imported(tree) & (NETWORK | UNSAFE_MODULES) == set()
    assert called(tree) & UNSAFE_CALLS == set()
    assert [word for word in UNSAFE_TEXT if word in text] == []


def test_no_page_or_bundle_writes_raw_html() -> None:
    pages = [
        path for path in PACKAGE.rglob("*") if path.suffix in {".js", ".html", ".j2", ".jinja"}
    ]

    assert [
        path
        for path in pages
        if any(word in path.read_text(encoding="utf-8") for word in UNSAFE_TEXT)
    ] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_validation_does_not_rest_on_assert(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import urllib.request", {"urllib"}),
        ("def f():\n    from pickle import loads", {"pickle"}),
        ("eval('1')", {"eval"}),
        ("pd.read_pickle('x')", {"read_pickle"}),
        ("np.load('x', allow_pickle=True)", {"allow_pickle"}),
        ("np.load('x', allow_pickle=False)", set()),
        ("re.compile('x')", set()),
        ("model.eval()", set()),
    ],
)
def test_the_search_itself(source: str, found: set[str]) -> None:
    tree = ast.parse(source)

    assert (imported(tree) & (NETWORK | UNSAFE_MODULES)) | (called(tree) & UNSAFE_CALLS) == found
