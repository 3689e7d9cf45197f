"""The house numbers: how long a function and a file may be, how many parameters, how deep, how much is tested."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "resistype"
SOURCES = sorted(PACKAGE.rglob("*.py"))

MEDIAN_BODY, P95_BODY, MAX_BODY = 12, 36, 60
MAX_PARAMETERS, MAX_POSITIONAL = 6, 3
MAX_NESTING = 3
MAX_FILE = 500
# Names fixed by the public contract, and the verbs of the command line, whose parameters are options given by name.
MANY_PARAMETERS = {"classify", "classify_command", "score_command", "spatial_command", "_one_line"} | {
    f"{verb}_command" for verb in ("portraits", "templates", "model", "tree")
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class Measured:
    """A function and its numbers."""

    where: str
    name: str
    body: int
    parameters: int
    positional: int
    nesting: int
    catch_all: bool
    public: bool


def measure(source: str, where: str) -> Iterator[Measured]:
    """Numbers of every function of a source text, also those inside others."""
    tree = ast.parse(source)
    for node, owner in functions(tree):
        yield Measured(
            where=f"{where}:{node.lineno}",
            name=node.name,
            body=body_lines(node),
            parameters=len(parameters(node, owner)),
            positional=len(positional(node, owner)),
            nesting=nesting(node.body),
            catch_all=node.args.kwarg is not None,
            public=not node.name.startswith("_") and not (owner and owner.startswith("_")) and not compiled(node),
        )


def compiled(node: Function) -> bool:
    """Whether numba compiles it: such a function takes its arguments by position only."""
    return any(word in ast.unparse(mark) for mark in node.decorator_list for word in ("jit", "intrinsic"))


def functions(tree: ast.AST, owner: str = "") -> Iterator[tuple[Function, str]]:
    """Functions below a node, each with the name of the class it stands in."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            yield child, owner
        yield from functions(child, child.name if isinstance(child, ast.ClassDef) else "")


def body_lines(node: Function) -> int:
    """Lines of a function from its first statement after the docstring to its last."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def positional(node: Function, owner: str) -> list[str]:
    """Parameters that may be given by position, without self and cls."""
    names = [arg.arg for arg in node.args.posonlyargs + node.args.args]
    static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in node.decorator_list)
    return names[1:] if owner and not static else names


def parameters(node: Function, owner: str) -> list[str]:
    """All parameters, without self and cls."""
    return positional(node, owner) + [arg.arg for arg in node.args.kwonlyargs]


def nesting(body: list[ast.stmt]) -> int:
    """Depth of the blocks inside each other; `elif` goes no deeper, a function inside counts for itself."""
    return max((depth(statement) for statement in body), default=0)


def depth(statement: ast.stmt) -> int:
    """Depth of one statement: 0 for a plain one, 1 for a block of plain ones."""
    if isinstance(statement, ast.Match):
        return 1 + max(nesting(case.body) for case in statement.cases)
    if not isinstance(statement, BLOCKS):
        return 0
    inner = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
    inner += [handler.body for handler in getattr(statement, "handlers", [])]
    deepest = [nesting(part) for part in inner]
    orelse = getattr(statement, "orelse", [])
    if isinstance(statement, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If):
        return max(1 + deepest[0], deepest[1])
    return 1 + max(deepest)


def lines(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    return [
        number
        for path in SOURCES
        for number in measure(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]


def test_functions_are_short(measured: list[Measured]) -> None:
    bodies = [one.body for one in measured]

    assert [f"{one.where} {one.name}: {one.body} lines" for one in measured if one.body > MAX_BODY] == []
    assert statistics.median(bodies) <= MEDIAN_BODY
    assert statistics.quantiles(bodies, n=20)[-1] <= P95_BODY


def test_functions_take_few_parameters(measured: list[Measured]) -> None:
    many = [one for one in measured if one.parameters > MAX_PARAMETERS and one.name not in MANY_PARAMETERS]

    assert [f"{one.where} {one.name}" for one in many] == []
    assert [
        f"{one.where} {one.name}"
        for one in measured
        if one.positional > MAX_POSITIONAL and one.public and "/cli/" not in one.where
    ] == []


def test_functions_are_not_nested_deeply(measured: list[Measured]) -> None:
    assert [f"{one.where} {one.name}: {one.nesting}" for one in measured if one.nesting > MAX_NESTING] == []


def test_public_functions_name_all_their_parameters(measured: list[Measured]) -> None:
    assert [f"{one.where} {one.name}" for one in measured if one.catch_all and one.public] == []


def test_files_are_short() -> None:
    assert [f"{path.relative_to(ROOT)}: {lines(path)}" for path in SOURCES if lines(path) > MAX_FILE] == []


def test_there_are_at_least_as_many_lines_of_tests_as_of_source() -> None:
    assert sum(map(lines, (ROOT / "tests").rglob("*.py"))) >= sum(map(lines, SOURCES))


def test_every_module_begins_with_its_design() -> None:
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]

    assert silent == []


EXAMPLE = '''
class _Hidden:
    def method(self, a, b=1, *, c):
        """Docstring that is
        not counted."""
        if a:
            for x in b:
                pass
        elif c:
            while c:
                pass
        return a

def outer(*args, **kwargs):
    def inner(a):
        return a
    return inner
'''


def test_the_measures_themselves() -> None:
    method, outer, inner = measure(EXAMPLE, "x.py")

    assert (method.body, method.parameters, method.positional, method.nesting) == (7, 3, 2, 2)
    assert (method.public, method.catch_all) == (False, False)
    assert (outer.body, outer.parameters, outer.nesting, outer.catch_all, outer.public) == (3, 0, 0, True, True)
    assert inner.body == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pass", 0),
        ("if a:\n pass\nelif b:\n pass\nelse:\n pass", 1),
        ("if a:\n pass\nelse:\n if b:\n  pass\n c()", 2),
        ("for a in b:\n with c:\n  try:\n   if d:\n    pass\n  finally:\n   pass", 4),
        ("match a:\n case 1:\n  if b:\n   pass", 2),
        ("try:\n pass\nexcept E:\n if a:\n  pass", 2),
    ],
)
def test_nesting(source: str, expected: int) -> None:
    assert nesting(ast.parse(source).body) == expected
