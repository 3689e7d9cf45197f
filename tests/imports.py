"""Reads the imports of a package from its source.

Those inside functions, under TYPE_CHECKING and by `import_module` count too, so none is hidden.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# parts of a library that cost more than the rest of it: never at the top of a module
LATE = {"scipy.stats"}


@dataclass(frozen=True)
class Import:
    """One import: where it stands, what it imports, and whether only a function call runs it."""

    module: str
    target: str
    line: int
    lazy: bool


def modules(package: Path) -> dict[str, Path]:
    """Dotted name of every module of a package, with its file."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> list[Import]:
    """Every import of every module; `from a import b` counts as `a.b` where that is a module."""
    known = modules(package)
    return [item for name, path in known.items() for item in _imports_of(name, path, set(known))]


def _imports_of(module: str, path: Path, known: set[str]) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    lazy = {id(inner) for node in ast.walk(tree) if _is_put_off(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for target in _targets(node, module, path, known):
            yield Import(module, target, node.lineno, lazy=id(node) in lazy)  # type: ignore[attr-defined]
    for call in _by_name(tree):
        for target in _literals(call.args[0], module, tree) or ():
            yield Import(module, target, call.lineno, lazy=id(call) in lazy)


def by_name(package: Path) -> list[tuple[str, Path, int, bool]]:
    """Module, file and line of every `import_module`, and whether its target can be read."""
    trees = {
        module: (path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        for module, path in modules(package).items()
    }
    return [
        (module, path, call.lineno, bool(_literals(call.args[0], module, tree)))
        for module, (path, tree) in trees.items()
        for call in _by_name(tree)
    ]


def _by_name(tree: ast.Module) -> list[ast.Call]:
    names = {"import_module", "__import__"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    return [
        call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in names
    ]


def _literals(node: ast.expr, module: str, tree: ast.Module) -> list[str]:
    """What an expression can be, read from the source; nothing where that cannot be told.

    Literals, `__name__`, an entry of a table at the top of the module, and f-strings of these.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name) and node.id == "__name__":
        return [module]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _table(node.value.id, tree)
    if not isinstance(node, ast.JoinedStr):
        return []
    whole = [""]
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        whole = [start + end for start in whole for end in _literals(inner, module, tree)]
    return whole


def _table(name: str, tree: ast.Module) -> list[str]:
    """Values of a dictionary of texts at the top of a module."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Dict):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        texts = [
            part.value if isinstance(part, ast.Constant) else None for part in node.value.values
        ]
        if ast.unparse(target) == name and all(isinstance(text, str) for text in texts):
            return [str(text) for text in texts]
    return []


def _is_put_off(node: ast.AST) -> bool:
    """A function, or `if TYPE_CHECKING:`: what stands there is not imported with the module."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _targets(node: ast.AST, module: str, path: Path, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        parents = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        kept = parents[: len(parents) - node.level + 1]
        base = ".".join([*kept, *([node.module] if node.module else [])])
    names = [f"{base}.{alias.name}" for alias in node.names]
    return sorted({name if name in known | LATE else base for name in names})


def cycles(package: Path) -> list[list[str]]:
    """Groups of modules that import each other in a circle."""
    known = modules(package)
    edges: dict[str, set[str]] = {name: set() for name in known}
    for found in imports(package):
        if found.target in known and found.target != found.module:
            edges[found.module].add(found.target)
    reach = {name: _reachable(name, edges) for name in edges}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other])) for name in edges
    }
    return [list(group) for group in sorted(groups) if group]


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(edges[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += edges[name]
    return seen
